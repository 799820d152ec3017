import { randomBytes, scrypt } from 'node:crypto';
import { xchacha20poly1305 } from '@noble/ciphers/chacha';
import { fromHex, toHex, utf8 } from '../../base/bytes.ts';
import { headerBytes, PADDED_LENGTH, type ScryptCost, type SeedFile, type SeedHeader } from './format.ts';

/** The phrase under a passphrase, with a fresh salt and nonce. */
export async function sealPhrase(phrase: string, passphrase: string, cost: ScryptCost): Promise<SeedFile> {
  const header = {
    scrypt: { ...cost, salt: toHex(randomBytes(32)) },
    nonce: toHex(randomBytes(24)),
  };
  const padded = new Uint8Array(PADDED_LENGTH);
  padded.set(utf8(phrase));
  const key = await keyOf(passphrase, header);
  const sealed = cipher(key, header).encrypt(padded);
  key.fill(0);
  padded.fill(0);
  return { header, sealed };
}

/** The phrase, or `undefined` under another passphrase. */
export async function openSealed(
  { header, sealed }: SeedFile,
  passphrase: string,
): Promise<string | undefined> {
  const key = await keyOf(passphrase, header);
  const opened = opening(() => cipher(key, header).decrypt(sealed));
  key.fill(0);
  if (opened === undefined) return undefined;
  const phrase = Buffer.from(opened).toString('utf8').replace(/\0+$/, '');
  opened.fill(0);
  return phrase;
}

function cipher(key: Uint8Array, header: SeedHeader) {
  return xchacha20poly1305(key, fromHex(header.nonce), headerBytes(header));
}

/** The cipher throws when the tag does not fit, and for nothing else: lengths were checked. */
function opening(work: () => Uint8Array): Uint8Array | undefined {
  try {
    return work();
  } catch {
    return undefined;
  }
}

/** Accents typed in two ways are one passphrase (as in BIP39: NFKD). */
function keyOf(passphrase: string, { scrypt: { N, r, p, salt } }: SeedHeader): Promise<Uint8Array> {
  const maxmem = 128 * r * (N + p + 2) + 1024 * 1024;
  return new Promise((resolve, reject) => {
    scrypt(utf8(passphrase.normalize('NFKD')), fromHex(salt), 32, { N, r, p, maxmem }, (error, key) =>
      error === null ? resolve(Uint8Array.from(key)) : reject(error),
    );
  });
}
