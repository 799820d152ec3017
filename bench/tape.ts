import type { Secp256k1 } from '../src/crypto/secp256k1.ts';

/** The operations of the curve that cost something. */
export type Operation = Exclude<keyof Secp256k1, 'name'>;

/** One call of the curve, ready to be made again with the very same arguments. */
export interface Call {
  readonly operation: Operation;
  readonly replay: () => unknown;
}

/** A backend, and the calls that were made of it. */
export interface Tape {
  readonly secp: Secp256k1;
  readonly calls: Call[];
}

/** A backend that does as `secp` does and writes down every call. */
export function recording(secp: Secp256k1): Tape {
  const calls: Call[] = [];
  function note<T>(operation: Operation, replay: () => T): T {
    calls.push({ operation, replay });
    return replay();
  }
  return {
    calls,
    secp: {
      name: secp.name,
      isPublicKey: (key) => note('isPublicKey', () => secp.isPublicKey(key)),
      isSecretKey: (secret) => note('isSecretKey', () => secp.isSecretKey(secret)),
      publicKey: (secret) => note('publicKey', () => secp.publicKey(secret)),
      sign: (hash, secret) => note('sign', () => secp.sign(hash, secret)),
      verify: (hash, key, signature) => note('verify', () => secp.verify(hash, key, signature)),
      combination: (a, x, b, y) => note('combination', () => secp.combination(a, x, b, y)),
      pointAdd: (a, b) => note('pointAdd', () => secp.pointAdd(a, b)),
      ecdh: (point, secret) => note('ecdh', () => secp.ecdh(point, secret)),
      secretAdd: (a, b) => note('secretAdd', () => secp.secretAdd(a, b)),
      secretMultiply: (a, b) => note('secretMultiply', () => secp.secretMultiply(a, b)),
      signSchnorr: (hash, secret) => note('signSchnorr', () => secp.signSchnorr(hash, secret)),
      verifySchnorr: (hash, key, signature) =>
        note('verifySchnorr', () => secp.verifySchnorr(hash, key, signature)),
    },
  };
}
