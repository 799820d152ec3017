import { writeFile } from 'node:fs/promises';
import { cpus } from 'node:os';
import { parseArgs } from 'node:util';
import { findChromium, MISSING } from '../../test/web/support/chromium.ts';
import { describePage } from './report.ts';
import { runPage } from './run.ts';

const HELP = `The wallet's page in a real browser, against three daemons that trade.

  npm run bench:page                    10,000 units of history, then 60 s at 60 units/s
  npm run bench:page -- --history N     so many units before the page is opened
  npm run bench:page -- --rate N        units per second
  npm run bench:page -- --seconds N     how long
  npm run bench:page -- --json FILE     the figures to a file as well

The browser: $CHROMIUM, else the first chromium or google-chrome of the PATH.
`;

async function main(): Promise<void> {
  const { values } = parseArgs({
    options: {
      history: { type: 'string', default: '10000' },
      rate: { type: 'string', default: '60' },
      seconds: { type: 'string', default: '60' },
      json: { type: 'string' },
      help: { type: 'boolean', default: false },
    },
  });
  if (values.help) {
    process.stdout.write(HELP);
    return;
  }
  const [history = 0, rate = 0, seconds = 0] = [values.history, values.rate, values.seconds].map(Number);
  if (!(history >= 1 && rate >= 1 && seconds >= 4))
    throw new RangeError('--history and --rate: 1 or more, --seconds: 4 or more');
  const chromium = findChromium();
  if (chromium === undefined) throw new Error(MISSING);
  const progress = (line: string) => process.stderr.write(`${line}\n`);
  const report = { cores: cpus().length, ...(await runPage({ chromium, history, rate, seconds, progress })) };
  process.stdout.write(`${describePage(report).join('\n')}\n`);
  if (values.json !== undefined) await writeFile(values.json, `${JSON.stringify(report, null, 2)}\n`);
}

await main();
