import { xchacha20poly1305 } from '@noble/ciphers/chacha';
import { concat, equalBytes, utf8 } from '../base/bytes.ts';
import { hmacSha256 } from './hash.ts';

/** Nonce and tag: what sealing adds, in bytes. */
export const SEAL_OVERHEAD = 24 + 16;

/**
 * Encrypts and authenticates `plaintext` under `key` (32 bytes): nonce || XChaCha20-Poly1305. The nonce follows from key
 * and plaintext, so the same input gives the same bytes, and two texts under one key never share a nonce.
 */
export function seal(key: Uint8Array, plaintext: Uint8Array): Uint8Array {
  const nonce = nonceOf(key, plaintext);
  return concat(nonce, cipher(key, nonce).encrypt(plaintext));
}

/** The inverse of {@link seal}; `undefined` for anything that was not sealed under `key`. Never throws. */
export function unseal(key: Uint8Array, sealed: Uint8Array): Uint8Array | undefined {
  if (sealed.length < SEAL_OVERHEAD) return undefined;
  const nonce = sealed.slice(0, 24);
  try {
    const plaintext = cipher(key, nonce).decrypt(sealed.subarray(24));
    return equalBytes(nonceOf(key, plaintext), nonce) ? plaintext : undefined;
  } catch {
    return undefined;
  }
}

function cipher(key: Uint8Array, nonce: Uint8Array) {
  return xchacha20poly1305(subkey(key, 'encrypt'), nonce);
}

function nonceOf(key: Uint8Array, plaintext: Uint8Array): Uint8Array {
  return hmacSha256(subkey(key, 'nonce'), plaintext).slice(0, 24);
}

function subkey(key: Uint8Array, use: 'encrypt' | 'nonce'): Uint8Array {
  return hmacSha256(key, utf8(`wattlane/seal/${use}`));
}
