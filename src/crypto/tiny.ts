import * as tiny from 'tiny-secp256k1';
import { concat, readUintBE, uintBE, utf8 } from '../base/bytes.ts';
import { invariant } from '../base/invariant.ts';
import { hmacSha256, sha256 } from './hash.ts';
import { CURVE_ORDER, type Secp256k1 } from './secp256k1.ts';

/** libsecp256k1 compiled to WebAssembly (package `tiny-secp256k1`): works everywhere, the default. */
export const tinySecp256k1: Secp256k1 = {
  name: 'tiny-secp256k1',
  isPublicKey: (key) => key.length === 33 && tiny.isPoint(key),
  isSecretKey: (secret) => secret.length === 32 && tiny.isPrivate(secret),
  publicKey: (secret) => present(tiny.pointFromScalar(secret, true)),
  sign: (hash, secret) => tiny.sign(hash, secret),
  verify: (hash, key, signature) => {
    try {
      return tiny.verify(hash, key, signature, true);
    } catch {
      return false; // r or s out of range
    }
  },
  // What lies between is left uncompressed: to compress a point and find its y again takes longer than to add it
  combination: (a, x, b, y) =>
    present(
      tiny.pointAdd(present(tiny.pointMultiply(a, x, false)), present(tiny.pointMultiply(b, y, false)), true),
    ),
  pointAdd: (a, b) => present(tiny.pointAdd(a, b, true)),
  // This multiplication takes longer for some scalars than for others: the secret goes in as two halves that the peer,
  // who chooses the point, cannot know
  ecdh: (point, secret) => {
    const half = hmacSha256(secret, concat(utf8('wattlane/ecdh'), point));
    const other = present(tiny.privateSub(secret, half));
    const times = (scalar: Uint8Array) => present(tiny.pointMultiply(point, scalar, false));
    return sha256(present(tiny.pointAdd(times(half), times(other), true)));
  },
  secretAdd: (a, b) => present(tiny.privateAdd(a, b)),
  secretMultiply: (a, b) => uintBE((readUintBE(a) * readUintBE(b)) % CURVE_ORDER, 32),
  signSchnorr: (hash, secret) => tiny.signSchnorr(hash, secret, new Uint8Array(32)),
  verifySchnorr: (hash, key, signature) => {
    try {
      return tiny.isXOnlyPoint(key) && tiny.verifySchnorr(hash, key, signature);
    } catch {
      return false;
    }
  },
};

function present(value: Uint8Array | null): Uint8Array {
  invariant(value !== null, 'curve operation without a result (point at infinity or zero)');
  return value;
}
