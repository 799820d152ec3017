import { join } from 'node:path';
import { usageError } from '../exit.ts';
import type { Io } from '../io.ts';
import { facts } from '../output/table.ts';
import { isInteractive } from '../prompt.ts';
import type { Verb } from '../session.ts';
import {
  CONFIG_FILE,
  checkedSettings,
  dataDirOf,
  type GivenSettings,
  settingsGiven,
  withSettings,
} from '../settings.ts';

interface Options extends GivenSettings {
  readonly wordsFile?: string;
  readonly passphraseFile?: string;
}

/** `init`: a new node's data directory. */
export const initVerb: Verb = (program, cli) => {
  const command = withSettings(
    program
      .command('init')
      .description('make the data directory of a new node: its seed and its settings')
      .option(
        '--words-file <file>',
        'write the words of the seed there, for its owner alone, in place of showing them',
      ),
  );
  cli.action(command, async ({ io, output, flags }, options: Options) => {
    const dataDir = dataDirOf(flags, io);
    const { config, text } = checkedSettings(settingsGiven(options), dataDir, io);
    const { wordsFile } = options;
    if (wordsFile === undefined && !isInteractive(io))
      throw usageError(
        'there is no terminal to show the words of the seed on',
        'Say where to write them with --words-file.',
      );
    // only here: the curve and the word list take long to load
    const { makeNode, newPhrase, passphraseOf, seedPath } = await import('../newNode.ts');
    const passphrase = await passphraseOf(io, config.passphraseFile, true);
    const phrase = newPhrase();
    await makeNode(dataDir, { phrase, passphrase, text, wordsFile });
    if (wordsFile === undefined) showWords(io, phrase);
    const made = {
      role: config.role,
      network: config.network,
      dataDir,
      settingsFile: join(dataDir, CONFIG_FILE),
      seedFile: seedPath(dataDir),
      wordsFile: wordsFile ?? null,
    };
    output.result(made, () => [
      `${made.role} on ${made.network} in ${dataDir}`,
      ...facts([
        ['settings', made.settingsFile],
        ['seed', made.seedFile],
        ...(wordsFile === undefined ? [] : [['words', wordsFile] as const]),
      ]).map((line) => `  ${line}`),
      `'wattlane --data-dir ${dataDir} start' starts it`,
    ]);
  });
};

const WORDS_IN_A_ROW = 4;

/** On the terminal only, and once. */
function showWords({ stderr }: Io, phrase: string): void {
  const words = phrase.split(' ').map((word, at) => `${String(at + 1).padStart(2)} ${word.padEnd(10)}`);
  const rows = Array.from({ length: words.length / WORDS_IN_A_ROW }, (_, row) =>
    words.slice(row * WORDS_IN_A_ROW, (row + 1) * WORDS_IN_A_ROW).join('  '),
  );
  stderr.write(
    `\nThe words of this node. Write them down, on paper, in this order; they are not shown again.\nWith them and a channel backup the node can be restored. Whoever reads them has its coins.\n\n  ${rows.join('\n  ')}\n\n`,
  );
}
