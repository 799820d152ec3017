import { concat, equalBytes } from '../../src/base/bytes.ts';
import { sha256 } from '../../src/crypto/hash.ts';
import type { Secp256k1 } from '../../src/crypto/secp256k1.ts';
import { tinySecp256k1 } from '../../src/crypto/tiny.ts';

/**
 * The curve's port without a curve: keys, points and signatures are hashes, so a signature holds for one key and one
 * hash and anyone could forge it. For models that count states, where the real one would take most of the time.
 */
export const toyCurve: Secp256k1 = {
  ...tinySecp256k1,
  name: 'toy',
  isPublicKey: (key) => key.length === 33,
  isSecretKey: (secret) => secret.length === 32,
  publicKey: (secret) => concat(Uint8Array.of(2), sha256(secret)),
  sign: (hash, secret) => signature(hash, concat(Uint8Array.of(2), sha256(secret))),
  verify: (hash, key, given) => equalBytes(signature(hash, key), given),
  combination: (a, x, b, y) => concat(Uint8Array.of(2), sha256(concat(a, x, b, y))),
  pointAdd: (a, b) => concat(Uint8Array.of(2), sha256(concat(a, b))),
  ecdh: (point, secret) => sha256(concat(point, secret)),
  signSchnorr: (hash, secret) => signature(hash, sha256(secret)),
  verifySchnorr: (hash, key, given) => equalBytes(signature(hash, key), given),
};

function signature(hash: Uint8Array, key: Uint8Array): Uint8Array {
  const half = sha256(concat(hash, key));
  return concat(half, half);
}
