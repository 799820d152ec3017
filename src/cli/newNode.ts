import { unlink } from 'node:fs/promises';
import { join } from 'node:path';
import { makeDir } from '../daemon/files.ts';
import { createSeed, seedPath } from '../daemon/seed/seed.ts';
import { writeNew } from './files.ts';
import { seedFailure } from './secrets.ts';
import { CONFIG_FILE } from './settings.ts';

export { newPhrase, seedPath } from '../daemon/seed/seed.ts';
export { passphraseOf, wordsOf } from './secrets.ts';

interface NewNode {
  readonly phrase: string;
  readonly passphrase: string;
  /** Of the settings file. */
  readonly text: string;
  readonly wordsFile: string | undefined;
}

/** The words are on the disk before the seed is: there is never a seed whose words nobody has. */
export async function makeNode(
  dataDir: string,
  { phrase, passphrase, text, wordsFile }: NewNode,
): Promise<void> {
  await makeDir(dataDir);
  await writeNew(join(dataDir, CONFIG_FILE), text);
  try {
    if (wordsFile !== undefined) await writeNew(wordsFile, `${phrase}\n`);
    const created = await createSeed(seedPath(dataDir), { phrase, passphrase });
    if (!created.ok) throw seedFailure(created.error);
  } catch (error) {
    // nothing of a node that was not made stays; a words file that was there before is not ours to remove
    await unlink(join(dataDir, CONFIG_FILE)).catch(() => {});
    throw error;
  }
}
