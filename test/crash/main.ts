import { parseArgs } from 'node:util';
import { ROLES } from '../../src/base/role.ts';
import { matrix } from './matrix.ts';
import { printReport } from './report.ts';

const { values } = parseArgs({
  options: {
    scenario: { type: 'string' },
    at: { type: 'string' },
    party: { type: 'string' },
    sample: { type: 'string' },
    again: { type: 'string', default: '60' },
    two: { type: 'string', default: '60' },
    power: { type: 'string', default: '90' },
    minutes: { type: 'string' },
    seed: { type: 'string', default: '1' },
    lanes: { type: 'string', default: '2' },
    help: { type: 'boolean', default: false },
  },
});

const countOf = (text: string) => (text === 'all' ? text : Number(text));

if (values.help) {
  console.log(
    'npm run test:crash -- [--at RUN] [--scenario NAME] [--party consumer|producer|utility] [--sample COUNT] [--again COUNT|all] [--two COUNT|all] [--power COUNT|all] [--minutes M] [--seed S] [--lanes N]',
  );
} else {
  const party = ROLES.find((role) => role === values.party);
  const report = await matrix({
    ...(values.scenario === undefined ? {} : { scenario: values.scenario }),
    ...(values.minutes === undefined ? {} : { minutes: Number(values.minutes) }),
    ...(values.at === undefined ? {} : { at: values.at }),
    ...(party === undefined ? {} : { party }),
    ...(values.sample === undefined ? {} : { sample: Number(values.sample) }),
    again: values.at === undefined ? countOf(values.again) : 0,
    two: values.at === undefined ? countOf(values.two) : 0,
    power: values.at === undefined ? countOf(values.power) : 0,
    seed: Number(values.seed),
    lanes: Number(values.lanes),
    print: (line) => console.log(line),
  });
  printReport(report, (line) => console.log(line));
  process.exitCode = report.failures.length > 0 ? 1 : 0;
}
