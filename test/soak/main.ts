import { parseArgs } from 'node:util';
import { soak } from './soak.ts';

const { values } = parseArgs({
  options: {
    minutes: { type: 'string', default: '1' },
    seed: { type: 'string', default: '1' },
    schedule: { type: 'string' },
    schedules: { type: 'string' },
    real: { type: 'boolean', default: false },
    help: { type: 'boolean', default: false },
  },
});

if (values.help) {
  console.log('npm run test:soak -- [--minutes M] [--schedules COUNT] [--seed S] [--schedule N] [--real]');
} else {
  const failed = await soak({
    minutes: Number(values.minutes),
    seed: Number(values.seed),
    ...(values.schedule === undefined ? {} : { only: Number(values.schedule) }),
    ...(values.schedules === undefined ? {} : { schedules: Number(values.schedules) }),
    real: values.real,
    print: (line) => console.log(line),
  });
  process.exitCode = failed.length > 0 ? 1 : 0;
}
