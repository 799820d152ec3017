import { randomBytes } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { err, ok, type Result } from '../../base/result.ts';
import { checkMnemonic, type MnemonicError, mnemonicFromEntropy } from '../../wallet/mnemonic.ts';
import { makeDir, writeDurably } from '../files.ts';
import { DEFAULT_COST, parseSeedFile, type ScryptCost, seedFileText } from './format.ts';
import { openSealed, sealPhrase } from './seal.ts';

/** Why there is no seed. Holds no word of a phrase and nothing of a passphrase. */
export type SeedError =
  | { readonly code: 'seedExists'; readonly path: string }
  | { readonly code: 'noSeed'; readonly path: string }
  /** The file is damaged, or not one of this program. */
  | { readonly code: 'badSeedFile'; readonly path: string; readonly reason: string }
  | { readonly code: 'wrongPassphrase' }
  | { readonly code: 'noPassphrase' }
  | { readonly code: 'badPhrase'; readonly why: MnemonicError }
  /** The disk: `reason` is the system's word for it, for example `EACCES`. */
  | { readonly code: 'seedIo'; readonly path: string; readonly reason: string };

/** Where a data directory keeps its seed. */
export function seedPath(dataDir: string): string {
  return join(dataDir, 'seed.json');
}

/** A new phrase of 24 words, from the operating system's randomness. */
export function newPhrase(): string {
  return mnemonicFromEntropy(Uint8Array.from(randomBytes(32)));
}

/**
 * Writes a phrase (BIP39, 12 or 24 words), encrypted under a passphrase, to a new file of mode 0600; a file that exists
 * is never touched. The directory is made.
 *
 * @param cost of scrypt; default 2^17, about half a second
 */
export async function createSeed(
  path: string,
  { phrase, passphrase }: { readonly phrase: string; readonly passphrase: string },
  cost: ScryptCost = DEFAULT_COST,
): Promise<Result<void, SeedError>> {
  const checked = checkMnemonic(phrase);
  if (!checked.ok) return err({ code: 'badPhrase', why: checked.error });
  if (passphrase === '') return err({ code: 'noPassphrase' });
  const text = seedFileText(await sealPhrase(checked.value, passphrase, cost));
  return onDisk(path, async () => {
    await makeDir(dirname(path));
    await writeDurably(path, text, { replace: false });
  });
}

/** The phrase in the file. */
export async function openSeed(path: string, passphrase: string): Promise<Result<string, SeedError>> {
  const text = await onDisk(path, () => readFile(path, 'utf8'));
  if (!text.ok) return text;
  const file = parseSeedFile(text.value);
  if (!file.ok) return err({ code: 'badSeedFile', path, reason: file.error });
  const phrase = await openSealed(file.value, passphrase);
  if (phrase === undefined) return err({ code: 'wrongPassphrase' });
  const checked = checkMnemonic(phrase);
  return checked.ok ? checked : err({ code: 'badSeedFile', path, reason: 'it holds no phrase' });
}

/** Encrypts the file's phrase anew, under another passphrase. The old file is there until the new one is whole. */
export async function changePassphrase(
  path: string,
  { from, to }: { readonly from: string; readonly to: string },
  cost: ScryptCost = DEFAULT_COST,
): Promise<Result<void, SeedError>> {
  if (to === '') return err({ code: 'noPassphrase' });
  const phrase = await openSeed(path, from);
  if (!phrase.ok) return phrase;
  const text = seedFileText(await sealPhrase(phrase.value, to, cost));
  return onDisk(path, () => writeDurably(path, text, { replace: true }));
}

/** What happened and what to do, for people. */
export function describeSeedError(error: SeedError): string {
  switch (error.code) {
    case 'seedExists':
      return `there is a seed at ${error.path} already, and it is never overwritten: take another data directory`;
    case 'noSeed':
      return `there is no seed at ${error.path}: make one with 'wattlane init', or 'wattlane restore' from its words`;
    case 'badSeedFile':
      return `${error.path} cannot be read as a seed: ${error.reason}; restore it from its words`;
    case 'wrongPassphrase':
      return 'this is not the passphrase of the seed';
    case 'noPassphrase':
      return 'there is no passphrase: give --passphrase-file, WATTLANE_PASSPHRASE or a terminal to ask at';
    case 'badPhrase':
      return `these words are no BIP39 phrase: ${describeMnemonic(error.why)}`;
    case 'seedIo':
      return `${error.path}: ${error.reason}`;
  }
}

function describeMnemonic(why: MnemonicError): string {
  if (why.code === 'mnemonicLength') return `they are ${why.words}, not 12 or 24`;
  if (why.code === 'mnemonicWord') return `word ${why.position} is not in the list`;
  return 'the checksum does not fit, so one of them is another';
}

async function onDisk<T>(path: string, work: () => Promise<T>): Promise<Result<T, SeedError>> {
  try {
    return ok(await work());
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    if (code === 'EEXIST') return err({ code: 'seedExists', path });
    if (code === 'ENOENT') return err({ code: 'noSeed', path });
    if (code === undefined) throw error;
    return err({ code: 'seedIo', path, reason: code });
  }
}
