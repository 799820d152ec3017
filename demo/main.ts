import { BitcoindNotFound, StartFailed } from '../regtest/index.ts';
import { settleAccounts } from './accounting.ts';
import { StoryFailed } from './failed.ts';
import { type DemoCommand, HELP, parseOptions } from './options.ts';
import { runProcesses } from './processes/run.ts';
import { DemoRefused, runDemo } from './run.ts';
import { screenOn } from './screen.ts';

/** `npm run demo`: see {@link HELP}. */
async function main(args: readonly string[]): Promise<number> {
  const command = parseOptions(args);
  if (!command.ok) {
    process.stderr.write(`${command.error}\n\n${HELP}`);
    return 2;
  }
  if (command.value.type === 'help') {
    process.stdout.write(HELP);
    return 0;
  }
  try {
    return (await play(command.value)) ? 0 : 1;
  } catch (error) {
    if (!isExpected(error)) throw error;
    process.stderr.write(`${error.message}\n`);
    return 1;
  }
}

function play(command: Exclude<DemoCommand, { type: 'help' }>): Promise<boolean> {
  const screen = screenOn(process.stdout, process.env);
  if (command.type === 'run') return runDemo(command.options, screen);
  return runProcesses(command.options, screen, settleAccounts);
}

/** What can go wrong without a bug in the demo: the message says it all. */
function isExpected(error: unknown): error is Error {
  return [DemoRefused, StoryFailed, BitcoindNotFound, StartFailed].some((kind) => error instanceof kind);
}

process.exitCode = await main(process.argv.slice(2));
