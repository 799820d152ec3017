import { wordlists } from 'bip39';
import { readUintBE, uintBE, utf8 } from '../base/bytes.ts';
import { invariant } from '../base/invariant.ts';
import { err, ok, type Result } from '../base/result.ts';
import { pbkdf2Sha512, sha256 } from '../crypto/hash.ts';

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
  const checksumBits = entropy.length / 4;
  const checksum = (sha256(entropy)[0] as number) >> (8 - checksumBits);
  const bits = (readUintBE(entropy) << BigInt(checksumBits)) | BigInt(checksum);
  const count = 3 * checksumBits;
  const indexOf = (place: number) => Number((bits >> BigInt(11 * (count - 1 - place))) & 0x7ffn);
  return Array.from({ length: count }, (_, place) => ENGLISH[indexOf(place)]).join(' ');
}

/** The phrase in its one spelling (lower case, single spaces), if it has 12 or 24 words of the list and the checksum holds. */
export function checkMnemonic(phrase: string): Result<string, MnemonicError> {
  const words = phrase.normalize('NFKD').trim().toLowerCase().split(/\s+/);
  if (words.length !== 12 && words.length !== 24)
    return err({ code: 'mnemonicLength', words: wordCount(words) });
  const stranger = words.findIndex((word) => !INDEX_OF.has(word));
  if (stranger >= 0) return err({ code: 'mnemonicWord', position: stranger + 1 });
  const canonical = words.join(' ');
  return mnemonicFromEntropy(entropyOf(words)) === canonical
    ? ok(canonical)
    : err({ code: 'mnemonicChecksum' });
}

/** The 64-byte BIP39 seed of a phrase that passes {@link checkMnemonic}. */
export function seedFromMnemonic(phrase: string, passphrase = ''): Result<Uint8Array, MnemonicError> {
  const checked = checkMnemonic(phrase);
  if (!checked.ok) return checked;
  const salt = `mnemonic${passphrase.normalize('NFKD')}`;
  return ok(pbkdf2Sha512(utf8(checked.value), utf8(salt), 2048, 64));
}

function wordCount(words: readonly string[]): number {
  return words[0] === '' ? 0 : words.length;
}

/** What 12 or 24 words of the list stand for, whatever their checksum says. */
function entropyOf(words: readonly string[]): Uint8Array {
  const bits = words.reduce((all, word) => (all << 11n) | BigInt(INDEX_OF.get(word) as number), 0n);
  const checksumBits = words.length / 3;
  return uintBE(bits >> BigInt(checksumBits), 4 * checksumBits);
}
