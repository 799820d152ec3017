import { entropyToMnemonic, mnemonicToEntropy, mnemonicToSeedSync, wordlists } from 'bip39';
import { toHex } from '../base/bytes.ts';
import { invariant } from '../base/invariant.ts';
import { err, ok, type Result } from '../base/result.ts';

/** What is wrong with a phrase. Never holds a word of it; positions count from 1. */
export type MnemonicError =
  | { readonly code: 'mnemonicLength'; readonly words: number }
  | { readonly code: 'mnemonicWord'; readonly position: number }
  | { readonly code: 'mnemonicChecksum' };

const ENGLISH = wordlists.english ?? [];
const INDEX_OF = new Map(ENGLISH.map((word, index) => [word, index]));

/** The phrase of 16 bytes (12 words) or 32 bytes (24 words) of entropy (BIP39, English list). The caller brings the randomness. */
export function mnemonicFromEntropy(entropy: Uint8Array): string {
  invariant(entropy.length === 16 || entropy.length === 32, 'a phrase needs 16 or 32 bytes of entropy');
  return entropyToMnemonic(toHex(entropy), ENGLISH);
}

/** The phrase in its one spelling (lower case, single spaces), if it has 12 or 24 words of the list and the checksum holds. */
export function checkMnemonic(phrase: string): Result<string, MnemonicError> {
  const words = phrase.normalize('NFKD').trim().toLowerCase().split(/\s+/);
  if (words.length !== 12 && words.length !== 24)
    return err({ code: 'mnemonicLength', words: wordCount(words) });
  const stranger = words.findIndex((word) => !INDEX_OF.has(word));
  if (stranger >= 0) return err({ code: 'mnemonicWord', position: stranger + 1 });
  const canonical = words.join(' ');
  return checksumHolds(canonical) ? ok(canonical) : err({ code: 'mnemonicChecksum' });
}

/** The 64-byte BIP39 seed of a phrase that passes {@link checkMnemonic}. */
export function seedFromMnemonic(phrase: string, passphrase = ''): Result<Uint8Array, MnemonicError> {
  const checked = checkMnemonic(phrase);
  if (!checked.ok) return checked;
  return ok(Uint8Array.from(mnemonicToSeedSync(checked.value, passphrase)));
}

function wordCount(words: readonly string[]): number {
  return words[0] === '' ? 0 : words.length;
}

function checksumHolds(phrase: string): boolean {
  try {
    mnemonicToEntropy(phrase, ENGLISH);
    return true;
  } catch {
    return false; // words and length are right: only the checksum is left to fail
  }
}
