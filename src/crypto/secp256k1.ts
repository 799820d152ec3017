/** The order of the secp256k1 group. */
export const CURVE_ORDER = 0xfffffffffffffffffffffffffffffffebaaedce6af48a03bbfd25e8cd0364141n;

/**
 * The curve operations this library needs, as a port: `tinySecp256k1` always works, `nativeSecp256k1`
 * is faster where its binding loads. Secrets are 32 bytes, public keys 33 bytes (compressed), ECDSA
 * signatures 64 bytes (compact, low S, RFC 6979 nonces), Schnorr signatures and x-only keys as in BIP340.
 *
 * Arguments are trusted to have the right length and, for public keys, to have passed {@link isPublicKey};
 * backends throw on anything else, which callers treat as a bug.
 */
export interface Secp256k1 {
  readonly name: string;
  /** Whether `key` is 33 bytes and a point on the curve. */
  isPublicKey(key: Uint8Array): boolean;
  /** Whether `secret` is 32 bytes and in 1..n-1. */
  isSecretKey(secret: Uint8Array): boolean;
  publicKey(secret: Uint8Array): Uint8Array;
  sign(hash: Uint8Array, secret: Uint8Array): Uint8Array;
  /** False for a wrong or malformed signature and for one with a high S; never throws on a 64-byte signature. */
  verify(hash: Uint8Array, key: Uint8Array, signature: Uint8Array): boolean;
  /** `x*a + y*b`. Not in constant time: the scalars must be public. Throws when the sum is the point at infinity. */
  combination(a: Uint8Array, x: Uint8Array, b: Uint8Array, y: Uint8Array): Uint8Array;
  /** `a + b`. Throws when the sum is the point at infinity. */
  pointAdd(a: Uint8Array, b: Uint8Array): Uint8Array;
  /** BOLT 8's ECDH: SHA256 of the compressed `secret * point`. Does not take longer for one secret than for another. */
  ecdh(point: Uint8Array, secret: Uint8Array): Uint8Array;
  /** `a + b mod n`. Throws when the sum is zero. */
  secretAdd(a: Uint8Array, b: Uint8Array): Uint8Array;
  /** `a * b mod n`. */
  secretMultiply(a: Uint8Array, b: Uint8Array): Uint8Array;
  /** BIP340, without auxiliary randomness: the same input gives the same signature. */
  signSchnorr(hash: Uint8Array, secret: Uint8Array): Uint8Array;
  /** `key` is x-only, 32 bytes. False for anything wrong or malformed. */
  verifySchnorr(hash: Uint8Array, key: Uint8Array, signature: Uint8Array): boolean;
}

/** The x-only form (BIP340) of a compressed public key. */
export function xOnly(publicKey: Uint8Array): Uint8Array {
  return publicKey.slice(1, 33);
}
