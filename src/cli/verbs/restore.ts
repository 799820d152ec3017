import { access } from 'node:fs/promises';
import { resolve } from 'node:path';
import type { SettingName } from '../../daemon/config/schema.ts';
import { fileFailure } from '../files.ts';
import type { Verb } from '../session.ts';
import { checkedSettings, dataDirOf, type GivenSettings, settingsGiven, withSettings } from '../settings.ts';
import { progress, startDetached } from '../starting.ts';

interface Options extends GivenSettings {
  readonly wordsFile?: string;
  readonly backup?: string;
}

/** `restore`: a node from its words and its last channel backup. */
export const restoreVerb: Verb = (program, cli) => {
  const command = withSettings(
    program
      .command('restore')
      .description(
        'bring a node back from its words and its last channel backup, in a new data directory, and start it',
      )
      .option('--words-file <file>', 'the words; without it they are asked for on the terminal')
      .option(
        '--backup <file>',
        'the last channel backup; without it only coins outside of channels are found',
      ),
  );
  cli.action(command, async ({ io, output, flags }, options: Options) => {
    const dataDir = dataDirOf(flags, io);
    // a seed that was used: without a birthday its coins would not be found, and its keys be used again
    const given = new Map<SettingName, unknown>([['birthday', 0], ...settingsGiven(options)]);
    const { config, text } = checkedSettings(given, dataDir, io);
    const backup = options.backup === undefined ? undefined : resolve(options.backup);
    if (backup !== undefined)
      await access(backup).catch((error) => Promise.reject(fileFailure(backup, error)));
    const { makeNode, passphraseOf, wordsOf } = await import('../newNode.ts');
    const phrase = await wordsOf(io, options.wordsFile);
    const passphrase = await passphraseOf(io, config.passphraseFile, true);
    await makeNode(dataDir, { phrase, passphrase, text, wordsFile: undefined });
    output.progress(
      `reading the chain from ${backup === undefined ? `block ${config.birthday}` : 'the birthday of the node'} on; this may take a while`,
    );
    const started = await startDetached(
      {
        dataDir,
        passphrase: config.passphraseFile === undefined ? passphrase : undefined,
        args: backup === undefined ? [] : ['--restore-backup', backup],
      },
      io,
      progress(output),
    );
    output.result({ ...started, dataDir, backup: backup ?? null }, () => [
      `${started.role} ${started.nodeId} is back, process ${started.pid}`,
      backup === undefined
        ? 'Channels are not found without a backup: only their other parties can close them now.'
        : "Its channels are closed by their other traders: connect to them with 'wattlane connect'.",
    ]);
  });
};
