import { parseArgs } from 'node:util';
import { hunt, MUTANTS } from './mutants.ts';

const { values } = parseArgs({
  options: {
    schedules: { type: 'string', default: '400' },
    only: { type: 'string' },
    help: { type: 'boolean', default: false },
  },
});

if (values.help) {
  console.log('npm run test:mutants -- [--schedules MOST] [--only NAME]');
} else {
  for (const mutant of MUTANTS.filter(({ name }) => values.only === undefined || name === values.only)) {
    const { by, schedules, seconds } = await hunt(mutant, Number(values.schedules));
    const outcome = by === undefined ? 'NOT CAUGHT' : `caught by ${by}`;
    console.log(`${mutant.name}: ${mutant.what}`);
    console.log(`  ${outcome}; ${schedules} schedules, ${seconds.toFixed(1)} s`);
    if (by === undefined) process.exitCode = 1;
  }
}
