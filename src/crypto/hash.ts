import { hmac } from '@noble/hashes/hmac';
import { ripemd160 } from '@noble/hashes/legacy';
import { pbkdf2 } from '@noble/hashes/pbkdf2';
import { sha256 as nobleSha256, sha512 } from '@noble/hashes/sha2';
import { concat, utf8 } from '../base/bytes.ts';

export function sha256(data: Uint8Array): Uint8Array {
  return nobleSha256(data);
}

/** SHA256 twice, Bitcoin's hash of transactions and blocks. */
export function hash256(data: Uint8Array): Uint8Array {
  return sha256(sha256(data));
}

/** RIPEMD160 of SHA256, the hash in P2WPKH and P2PKH. */
export function hash160(data: Uint8Array): Uint8Array {
  return ripemd160(sha256(data));
}

export function hmacSha256(key: Uint8Array, data: Uint8Array): Uint8Array {
  return hmac(nobleSha256, key, data);
}

/** PBKDF2 (RFC 8018) with HMAC-SHA512: `length` bytes after `rounds` rounds. */
export function pbkdf2Sha512(
  password: Uint8Array,
  salt: Uint8Array,
  rounds: number,
  length: number,
): Uint8Array {
  return pbkdf2(sha512, password, salt, { c: rounds, dkLen: length });
}

/** Tagged hash of BIP340: `SHA256(SHA256(tag) || SHA256(tag) || data)`. `tag` is one of the program's own. */
export function taggedHash(tag: string, data: Uint8Array): Uint8Array {
  const hashed = tagHash(tag);
  return sha256(concat(hashed, hashed, data));
}

const tagHashes = new Map<string, Uint8Array>();

function tagHash(tag: string): Uint8Array {
  const known = tagHashes.get(tag);
  if (known !== undefined) return known;
  const hashed = sha256(utf8(tag));
  tagHashes.set(tag, hashed);
  return hashed;
}
