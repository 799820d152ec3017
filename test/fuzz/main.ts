import { parseArgs } from 'node:util';
import { allDecoders } from './decoders.ts';
import { fuzz } from './fuzz.ts';

const { values } = parseArgs({
  options: {
    seconds: { type: 'string', default: '60' },
    seed: { type: 'string', default: '1' },
    help: { type: 'boolean', default: false },
  },
});

if (values.help) {
  console.log('npm run test:fuzz -- [--seconds S] [--seed S]');
} else {
  const results = fuzz(await allDecoders(), {
    seed: Number(values.seed),
    seconds: Number(values.seconds),
    print: (line) => console.log(line),
  });
  process.exitCode = results.some(({ findings }) => findings.length > 0) ? 1 : 0;
}
