import { Command, CommanderError } from 'commander';
import { VERSION } from '../daemon/version.ts';
import { connectDaemon } from './connection.ts';
import type { Daemon } from './daemon.ts';
import { CliError, EXIT } from './exit.ts';
import type { Io } from './io.ts';
import { report } from './report.ts';
import { type Cli, type GlobalFlags, sessionOf } from './session.ts';
import { GROUPS } from './verbs/index.ts';

const ENDING = `
Exit codes: 0 done, 1 failed, 2 the command is wrong, 3 no daemon answers, 4 refused, 5 no such thing,
6 a peer or an answer did not come, 130 interrupted.

A [channel] is its number, its id or the first digits of its id. It can be left out where there is only one.
Amounts are satoshi unless they say otherwise: 12345, 12345sat, 1500msat, 0.5mBTC, 0.001BTC.
The way from nothing to a channel: docs/run-a-node.md.
`;

/** The command tree: every verb with its arguments and options. Help and completion are made from it. */
export function commandTree(cli: Cli): Command {
  const program = new Command('wattlane')
    .description('Payment channels for energy: the command line of a Wattlane node.')
    .version(VERSION, '--version', 'the version of this program')
    .option('--data-dir <dir>', 'where the node keeps its data ($WATTLANE_DATA_DIR)')
    .option('--rpc <url>', 'the daemon, where it is not the one of the data directory ($WATTLANE_RPC)')
    .option('--token-file <file>', 'the token to show the daemon ($WATTLANE_TOKEN_FILE)')
    .option('--json', 'results as JSON', false)
    .option('--no-color', 'no colours')
    .addHelpText('after', ENDING)
    .configureHelp({ showGlobalOptions: false });
  for (const { title, verbs } of GROUPS) {
    program.commandsGroup(title);
    for (const verb of verbs) verb(program, cli);
  }
  program.commandsGroup('Help:').helpCommand('help [command]', 'explain a command');
  settle(program, cli.io);
  return program;
}

/** The same behaviour for the whole tree: failures are thrown, help goes where results go. */
function settle(command: Command, io: Io): void {
  command.exitOverride().configureOutput({
    writeOut: (text) => io.stdout.write(text),
    writeErr: (text) => io.stderr.write(text),
    outputError: () => {},
    getOutHelpWidth: () => io.stdout.columns || 100,
    getErrHelpWidth: () => io.stderr.columns || 100,
  });
  // help writes defaults as JSON, which has no bigint
  for (const option of command.options)
    if (typeof option.defaultValue === 'bigint') option.defaultValueDescription = String(option.defaultValue);
  for (const each of command.commands) settle(each, io);
}

/** Runs one command; the exit code. */
export async function run(argv: readonly string[], io: Io): Promise<number> {
  const json = argv.includes('--json');
  let connected: Promise<Daemon> | undefined;
  const cli: Cli = {
    io,
    action: (command, handler) => {
      command.action(async (...parsed: unknown[]) => {
        const flags = command.optsWithGlobals<GlobalFlags & Record<string, unknown>>();
        const daemon = () => {
          connected ??= connectDaemon(flags, io);
          return connected;
        };
        // commander gives the arguments, the options and the command
        await handler(sessionOf(io, flags, daemon), ...(parsed.slice(0, -1) as never[]));
      });
    },
  };
  try {
    await commandTree(cli).parseAsync([...argv], { from: 'user' });
    return EXIT.done;
  } catch (error) {
    const failure = failureOf(error);
    if (failure === undefined) return EXIT.done;
    report(io, failure, json);
    return EXIT[failure.kind];
  } finally {
    await connected?.then((daemon) => daemon.close()).catch(() => {});
  }
}

/** `undefined` for what is no failure: help that was asked for. */
function failureOf(error: unknown): CliError | undefined {
  if (error instanceof CliError) return error;
  if (!(error instanceof CommanderError)) throw error;
  if (error.exitCode === 0) return undefined;
  if (error.code === 'commander.help') return new CliError('usage', 'usage', 'a command is missing');
  const [message = '', ...more] = error.message.replace(/^error: /, '').split('\n');
  return new CliError('usage', 'usage', message, more);
}
