import { resolve } from 'node:path';
import type { Verb } from '../session.ts';
import { dataDirOf, settingOf } from '../settings.ts';
import { daemonEnded, progress, startDetached } from '../starting.ts';

interface Options {
  readonly foreground: boolean;
  readonly restored: boolean;
  readonly restoreBackup?: string;
  readonly passphraseFile?: string;
}

/** `start`: the daemon, in the background or in this terminal. */
export const startVerb: Verb = (program, cli) => {
  const command = program
    .command('start')
    .description('start the daemon; comes back when it answers')
    .option('--foreground', 'stay in this terminal, and log to stderr', false)
    .option(
      '--passphrase-file <file>',
      "holds the passphrase; default the settings', else the terminal is asked",
    )
    .option(
      '--restored',
      'the data directory was copied back and may be old: publish nothing before a peer has confirmed it',
      false,
    )
    .option(
      '--restore-backup <file>',
      'with an empty data directory: bring the channels of this backup back',
    );
  cli.action(command, async ({ io, output, flags }, options: Options) => {
    const dataDir = dataDirOf(flags, io);
    const { passphraseOf, requireSeed } = await import('../secrets.ts');
    await requireSeed(dataDir);
    const args = [
      ...(options.passphraseFile === undefined ? [] : ['--passphrase-file', resolve(options.passphraseFile)]),
      ...(options.restored ? ['--restored'] : []),
      ...(options.restoreBackup === undefined ? [] : ['--restore-backup', resolve(options.restoreBackup)]),
    ];
    if (options.foreground) return foreground(['--data-dir', dataDir, ...args]);
    const given =
      options.passphraseFile ??
      io.env.WATTLANE_PASSPHRASE_FILE ??
      (await settingOf(dataDir, 'passphraseFile')) ??
      io.env.WATTLANE_PASSPHRASE;
    const passphrase = given === undefined ? await passphraseOf(io, undefined, false) : undefined;
    const started = await startDetached({ dataDir, passphrase, args }, io, progress(output));
    output.result({ ...started, dataDir }, ({ role, nodeId, pid, logFile }) => [
      `${role} ${nodeId} is up, process ${pid}`,
      `  log  ${logFile}`,
    ]);
  });
};

async function foreground(args: readonly string[]): Promise<void> {
  const { runDaemon } = await import('../../daemon/run.ts');
  const code = await runDaemon(args);
  if (code !== 0) throw daemonEnded(code, 'the daemon ended: its last line says why');
}
