import { createInterface } from 'node:readline';
import { parseArgs } from 'node:util';
import { guard } from '../regtest/guard.ts';
import { BitcoindNotFound } from '../regtest/index.ts';
import { NoPage, readPage } from '../src/page/files.ts';
import { buildProgram } from '../tools/program.ts';
import { buildPage, PAGE_DIR } from './build.ts';
import { type Hub, startHub } from './hub.ts';

const HELP = `The demo wallet: a regtest bitcoind, three daemons and a page, on this machine alone.

  npm run demo:wallet                    start it, open the printed address in a browser
  npm run demo:wallet -- --port 8080     the page at this port, default a free one
  npm run demo:wallet -- --keep DIR      keep everything in DIR for the next start, default: nothing is kept

  Enter    print a new one-time address
  Ctrl-C   stop everything that it started

The bitcoind used: $BITCOIND, else the one on the PATH, else one fetched from Debian's packages.
Exit codes: 0 stopped, 1 it failed, 2 the command is not as above.
`;

/** The command line is wrong. */
class UsageError extends Error {}

interface Command {
  readonly help: boolean;
  readonly port: number;
  readonly keep: string | undefined;
}

function commandOf(args: readonly string[]): Command {
  try {
    const { values } = parseArgs({
      args: [...args],
      options: { help: { type: 'boolean' }, port: { type: 'string' }, keep: { type: 'string' } },
    });
    const { help = false, port = '0', keep } = values;
    if (!/^\d{1,5}$/.test(port) || Number(port) > 65_535) throw new UsageError('--port takes 0 to 65535');
    return { help, port: Number(port), keep };
  } catch (error) {
    throw new UsageError(error instanceof Error ? error.message : String(error));
  }
}

async function main(): Promise<number> {
  const command = commandOf(process.argv.slice(2));
  if (command.help) {
    process.stdout.write(HELP);
    return 0;
  }
  const begun = performance.now();
  const progress = (text: string) => {
    const seconds = ((performance.now() - begun) / 1000).toFixed(1);
    process.stderr.write(`  ${seconds.padStart(5)} s  ${text}\n`);
  };
  progress('building page and daemons');
  const stopping = stopSignal();
  const program = await buildProgram('lab/party/main.ts');
  guard({ pid: undefined, directory: program.directory });
  await buildPage();
  const files = await readPage(PAGE_DIR);
  const log = (text: string) => process.stderr.write(`demo: ${text}\n`);
  const { port, keep } = command;
  const starting = startHub({ files, port, keep, partyProgram: program.path, progress, log });
  const isStopped = stopping.then(() => true);
  if (!(await Promise.race([isStopped, starting.then(() => false)]))) {
    progress('ready');
    await run(await starting, stopping, keep);
  }
  process.stderr.write('stopping\n');
  await starting.then((hub) => hub.stop());
  return 0;
}

/** Until someone asks it to stop. */
async function run(hub: Hub, stopping: Promise<void>, keep: string | undefined): Promise<void> {
  const tell = () => process.stdout.write(`\nOpen in a browser, once: ${hub.page.newAddress()}\n`);
  tell();
  process.stdout.write('Enter prints another address, Ctrl-C stops everything');
  process.stdout.write(keep === undefined ? ' and forgets it.\n' : `; it stays in ${keep}.\n`);
  const lines = createInterface({ input: process.stdin });
  lines.on('line', tell);
  await stopping;
  lines.close();
}

/** One Ctrl-C may arrive twice, by way of npm: only what comes later than this is a second one. */
const ONE_SIGNAL_MS = 500;

/** Resolves with the first signal; the second ends the process at once, and with it, by their guards, all others. */
function stopSignal(): Promise<void> {
  return new Promise((resolve) => {
    let asked: number | undefined;
    const onSignal = () => {
      if (asked !== undefined && performance.now() - asked > ONE_SIGNAL_MS) process.exit(1);
      asked ??= performance.now();
      resolve();
    };
    for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) process.on(signal, onSignal);
  });
}

/** What a failure is to whoever sits at the terminal: words where it is theirs to mend. */
function saidOf(error: unknown): string {
  if (!(error instanceof Error)) return String(error);
  if ('code' in error && error.code === 'EADDRINUSE')
    return 'the port of the page is taken: choose another one with --port';
  const isTheirs =
    error instanceof UsageError || error instanceof BitcoindNotFound || error instanceof NoPage;
  return isTheirs ? error.message : (error.stack ?? error.message);
}

try {
  process.exit(await main());
} catch (error) {
  process.stderr.write(`${saidOf(error)}\n`);
  process.exit(error instanceof UsageError ? 2 : 1);
}
