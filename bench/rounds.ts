import { writeFile } from 'node:fs/promises';
import { parseArgs } from 'node:util';
import { describe } from './report.ts';
import { runBench } from './run.ts';

const HELP = `The speed of a round and the sizes of what is sent (bench/README.md says how to read it).

  npm run bench -- [--json FILE] [--repetitions N]

  --json FILE        write the figures to FILE as well
  --repetitions N    repetitions over which medians are taken, default 30
  --help             this text
`;

async function main(): Promise<void> {
  const { values } = parseArgs({
    options: {
      json: { type: 'string' },
      repetitions: { type: 'string', default: '30' },
      help: { type: 'boolean', default: false },
    },
  });
  if (values.help) {
    process.stdout.write(HELP);
    return;
  }
  const repetitions = Number(values.repetitions);
  if (!Number.isSafeInteger(repetitions) || repetitions < 1) throw new RangeError('--repetitions: 1 or more');
  const report = await runBench({ repetitions, roundsInRow: 20, warmUp: 200 });
  process.stdout.write(`${describe(report).join('\n')}\n`);
  if (values.json !== undefined) await writeFile(values.json, `${JSON.stringify(report, null, 2)}\n`);
}

await main();
