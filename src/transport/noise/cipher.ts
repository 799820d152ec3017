import { chacha20poly1305 } from '@noble/ciphers/chacha';
import { hkdf } from '@noble/hashes/hkdf';
import { sha256 } from '@noble/hashes/sha2';

/** What ChaCha20-Poly1305 adds to a text, bytes. */
export const TAG_LENGTH = 16;
/** Uses of one key, after which the next takes its place: 500 messages, as each has a length of its own. */
const USES_OF_A_KEY = 1000;

/** ChaCha20-Poly1305 (RFC 8439) of records: a key of 32 bytes, a nonce of 12, and nothing beside the text. */
export interface Aead {
  /** The text sealed, with its tag behind it. */
  seal(key: Uint8Array, nonce: Uint8Array, plaintext: Uint8Array): Uint8Array;
  /** The inverse; `undefined` for anything that was not sealed so. Never throws. */
  open(key: Uint8Array, nonce: Uint8Array, sealed: Uint8Array): Uint8Array | undefined;
}

/** One direction of a connection after the handshake (BOLT 8). */
export interface CipherState {
  readonly key: Uint8Array;
  readonly chainingKey: Uint8Array;
  /** How often the key was used; it is the nonce. */
  readonly nonce: number;
}

export interface Sealed {
  readonly state: CipherState;
  readonly bytes: Uint8Array;
}

/** BOLT 8's HKDF: two keys of 32 bytes. */
export function twoKeys(salt: Uint8Array, material: Uint8Array): readonly [Uint8Array, Uint8Array] {
  const bytes = hkdf(sha256, material, salt, undefined, 64);
  return [bytes.slice(0, 32), bytes.slice(32)];
}

/** Seals under the next nonce. */
export function sealNext(aead: Aead, state: CipherState, plaintext: Uint8Array): Sealed {
  return { state: used(state), bytes: aead.seal(state.key, nonceBytes(state.nonce), plaintext) };
}

/** Opens what was sealed under the next nonce; `undefined` when it was not. */
export function openNext(aead: Aead, state: CipherState, sealed: Uint8Array): Sealed | undefined {
  const bytes = aead.open(state.key, nonceBytes(state.nonce), sealed);
  return bytes === undefined ? undefined : { state: used(state), bytes };
}

/** `plaintext` sealed under `key` and `nonce`, with its tag; `data` is authenticated with it. */
export function encrypt(key: Uint8Array, nonce: number, data: Uint8Array, plaintext: Uint8Array): Uint8Array {
  return chacha20poly1305(key, nonceBytes(nonce), data).encrypt(plaintext);
}

/** The inverse of {@link encrypt}; `undefined` for anything that was not sealed so. Never throws. */
export function decrypt(
  key: Uint8Array,
  nonce: number,
  data: Uint8Array,
  sealed: Uint8Array,
): Uint8Array | undefined {
  return opened(key, nonceBytes(nonce), data, sealed);
}

function opened(
  key: Uint8Array,
  nonce: Uint8Array,
  data: Uint8Array | undefined,
  sealed: Uint8Array,
): Uint8Array | undefined {
  try {
    return chacha20poly1305(key, nonce, data).decrypt(sealed);
  } catch {
    return undefined;
  }
}

/** In JavaScript: works everywhere. */
export const portableAead: Aead = {
  seal: (key, nonce, plaintext) => chacha20poly1305(key, nonce).encrypt(plaintext),
  open: (key, nonce, sealed) => opened(key, nonce, undefined, sealed),
};

function used({ key, chainingKey, nonce }: CipherState): CipherState {
  if (nonce + 1 < USES_OF_A_KEY) return { key, chainingKey, nonce: nonce + 1 };
  const [nextChainingKey, nextKey] = twoKeys(chainingKey, key);
  return { key: nextKey, chainingKey: nextChainingKey, nonce: 0 };
}

/** Four zero bytes, then the number in eight, little-endian. */
function nonceBytes(nonce: number): Uint8Array {
  const bytes = new Uint8Array(12);
  new DataView(bytes.buffer).setUint32(4, nonce, true);
  return bytes;
}
