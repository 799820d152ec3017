import { writeSync } from 'node:fs';
import { toHex } from '../base/bytes.ts';
import { StoreError } from '../store/port.ts';
import { EXIT_CODES, helpText, printedConfig } from './config/help.ts';
import { loadConfig } from './config/load.ts';
import type { Config } from './config/schema.ts';
import { addressText, isLoopback } from './config/values.ts';
import { type Daemon, startDaemon } from './daemon.ts';
import type { Adapters } from './edges.ts';
import { createLog, type Log } from './log.ts';
import { StartRefused, seedRefused } from './refused.ts';
import { askAt, findPassphrase } from './seed/passphrase.ts';
import { VERSION } from './version.ts';

/** Runs `wattlaned` in this process and resolves with its exit code. `adapters` as {@link startDaemon} takes them. */
export async function runDaemon(args: readonly string[], adapters: Adapters = {}): Promise<number> {
  const command = await loadConfig(args, process.env);
  if (!command.ok) {
    const lines = command.error.map(({ message }) => `wattlaned: ${message}\n`);
    process.stderr.write(`${lines.join('')}wattlaned --help lists all settings\n`);
    return EXIT_CODES.badConfig;
  }
  switch (command.value.type) {
    case 'help':
      process.stdout.write(helpText());
      return EXIT_CODES.orderly;
    case 'version':
      process.stdout.write(`wattlaned ${VERSION}\n`);
      return EXIT_CODES.orderly;
    case 'printConfig':
      process.stdout.write(printedConfig(command.value.config));
      return EXIT_CODES.orderly;
    case 'run':
      return run(command.value.config, adapters);
  }
}

async function run(config: Config, adapters: Adapters): Promise<number> {
  const log = createLog(config, { write: (line) => process.stderr.write(line) });
  const stop = stopOnSignals(log);
  const bugs = endOnBugs(log);
  try {
    if (!isLoopback(config.rpcListen))
      log.warn(
        { address: addressText(config.rpcListen) },
        'other machines reach the RPC: put TLS in front of it',
      );
    const secret = { passphrase: await passphraseOf(config) };
    const daemon = await startDaemon(config, secret, { log, adapters, signal: stop.signal });
    tellReady(daemon);
    stop.signal.addEventListener('abort', () => void daemon.stop());
    if (stop.signal.aborted) await daemon.stop();
    const { error } = await daemon.ended;
    if (error === undefined) return EXIT_CODES.orderly;
    log.fatal({ error }, 'ended by a failure');
    return exitCodeOf(error);
  } catch (error) {
    if (error instanceof StartRefused && error.code === 'stopped') return EXIT_CODES.orderly;
    log.fatal({ error }, 'not started');
    return exitCodeOf(error);
  } finally {
    stop.release();
    bugs.release();
  }
}

/** A bug that nobody caught ends the process at once, as a crash does: what is on the disk is whole. */
function endOnBugs(log: Log): { release(): void } {
  const onBug = (error: unknown) => {
    log.fatal({ error }, 'a bug: ending at once');
    process.exit(EXIT_CODES.failure);
  };
  process.on('uncaughtException', onBug).on('unhandledRejection', onBug);
  return {
    release: () => {
      process.off('uncaughtException', onBug).off('unhandledRejection', onBug);
    },
  };
}

/** The first signal asks for an orderly stop, the second ends the process at once: nothing is lost by that. */
function stopOnSignals(log: Log): { readonly signal: AbortSignal; release(): void } {
  const controller = new AbortController();
  const onSignal = (signal: NodeJS.Signals) => {
    log.info({ signal }, controller.signal.aborted ? 'second signal: ending at once' : 'signal');
    if (controller.signal.aborted) process.exit(EXIT_CODES.failure);
    controller.abort();
  };
  process.on('SIGINT', onSignal).on('SIGTERM', onSignal);
  return {
    signal: controller.signal,
    release: () => {
      process.off('SIGINT', onSignal).off('SIGTERM', onSignal);
    },
  };
}

async function passphraseOf({ passphraseFile }: Config): Promise<string> {
  const { stdin, stderr } = process;
  const found = await findPassphrase({
    file: passphraseFile,
    variable: process.env.WATTLANE_PASSPHRASE,
    ask: stdin.isTTY
      ? () => askAt(stdin, (text) => stderr.write(text), 'Passphrase of the seed: ')
      : undefined,
  });
  // a child process need not know it; /proc goes on showing it to this user and to root
  delete process.env.WATTLANE_PASSPHRASE;
  if (!found.ok) throw seedRefused(found.error);
  return found.value;
}

/** One line of JSON, for scripts: written when peers and calls are answered, so that nobody has to wait with a timer. */
function tellReady({ config, node, address, rpcUrl }: Daemon): void {
  const ready = {
    ready: true,
    pid: process.pid,
    role: config.role,
    nodeId: toHex(node.id),
    address,
    rpc: rpcUrl,
  };
  writeSync(config.readyFd, `${JSON.stringify(ready)}\n`);
}

function exitCodeOf(error: unknown): number {
  if (error instanceof StoreError) {
    if (error.code === 'locked') return EXIT_CODES.locked;
    return error.code === 'corrupt' || error.code === 'notAStore' ? EXIT_CODES.corrupt : EXIT_CODES.failure;
  }
  if (!(error instanceof StartRefused)) return EXIT_CODES.failure;
  switch (error.code) {
    case 'wrongPassphrase':
    case 'noPassphrase':
      return EXIT_CODES.wrongPassphrase;
    case 'noSeed':
    case 'badSeedFile':
      return EXIT_CODES.noSeed;
    case 'wrongNetwork':
    case 'otherSeed':
      return EXIT_CODES.wrongNetwork;
    default:
      return EXIT_CODES.failure;
  }
}
