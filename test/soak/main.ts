import { parseArgs } from 'node:util';
import type { Theme } from './setting.ts';
import { soak } from './soak.ts';

const { values } = parseArgs({
  options: {
    minutes: { type: 'string', default: '1' },
    seed: { type: 'string', default: '1' },
    schedule: { type: 'string' },
    schedules: { type: 'string' },
    theme: { type: 'string' },
    real: { type: 'boolean', default: false },
    first: { type: 'boolean', default: false },
    help: { type: 'boolean', default: false },
  },
});

if (values.help) {
  console.log(
    'npm run test:soak -- [--minutes M] [--schedules COUNT] [--seed S] [--schedule N] [--theme any|breach|tower|race|restored] [--real] [--first]',
  );
} else {
  const failed = await soak({
    minutes: Number(values.minutes),
    seed: Number(values.seed),
    ...(values.schedule === undefined ? {} : { only: Number(values.schedule) }),
    ...(values.schedules === undefined ? {} : { schedules: Number(values.schedules) }),
    ...(values.theme === undefined ? {} : { theme: values.theme as Theme }),
    real: values.real,
    first: values.first,
    print: (line) => console.log(line),
  });
  process.exitCode = failed.length > 0 ? 1 : 0;
}
