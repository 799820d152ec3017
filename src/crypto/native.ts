import { concat, equalBytes, readUintBE, uintBE } from '../base/bytes.ts';
import { taggedHash } from './hash.ts';
import { CURVE_ORDER, type Secp256k1 } from './secp256k1.ts';
import { tinySecp256k1 } from './tiny.ts';

type Binding = typeof import('secp256k1');

/**
 * libsecp256k1 as a native addon (optional package `secp256k1`), several times faster than
 * WebAssembly; the making of Schnorr signatures, which the addon does not know, stays with tiny-secp256k1.
 *
 * @returns the backend, or `undefined` where the addon does not load (never its slow JavaScript fallback).
 */
export async function nativeSecp256k1(): Promise<Secp256k1 | undefined> {
  const native = await loadBinding();
  if (native === undefined) return undefined;
  return {
    ...tinySecp256k1,
    name: 'secp256k1 (native)',
    isPublicKey: (key) => key.length === 33 && native.publicKeyVerify(key),
    publicKey: (secret) => native.publicKeyCreate(secret),
    sign: (hash, secret) => native.ecdsaSign(hash, secret).signature,
    verify: (hash, key, signature) => {
      try {
        return native.ecdsaVerify(signature, hash, key);
      } catch {
        return false;
      }
    },
    combination: (a, x, b, y) =>
      native.publicKeyCombine([native.publicKeyTweakMul(a, x, false), native.publicKeyTweakMul(b, y, false)]),
    pointAdd: (a, b) => native.publicKeyCombine([a, b]),
    secretAdd: (a, b) => native.privateKeyTweakAdd(Uint8Array.from(a), b),
    secretMultiply: (a, b) => native.privateKeyTweakMul(Uint8Array.from(a), b),
    verifySchnorr: (hash, key, signature) => verifySchnorr(native, hash, key, signature),
  };
}

/**
 * BIP340 verification by ECDSA's key recovery: that of `(r, s)` on `z`, with r the x of a point P, gives
 * `(s*P - z*G) / r`. With s = -e*r and z = -s'*r this is R = s'*G - e*P, which has to be the signature's. All
 * numbers here are public.
 */
function verifySchnorr(native: Binding, hash: Uint8Array, key: Uint8Array, signature: Uint8Array): boolean {
  if (hash.length !== 32 || key.length !== 32 || signature.length !== 64) return false;
  const [r, s] = [signature.subarray(0, 32), readUintBE(signature.subarray(32))];
  const x = readUintBE(key);
  const e = readUintBE(taggedHash('BIP0340/challenge', concat(r, key, hash))) % CURVE_ORDER;
  // Recovery takes neither of these; nobody has ever seen one.
  if (x >= CURVE_ORDER || e === 0n) return tinySecp256k1.verifySchnorr(hash, key, signature);
  if (s >= CURVE_ORDER) return false;
  const negativeX = CURVE_ORDER - x;
  const recoverable = concat(key, uintBE((e * negativeX) % CURVE_ORDER, 32));
  try {
    const point = native.ecdsaRecover(recoverable, 0, uintBE((s * negativeX) % CURVE_ORDER, 32));
    return point[0] === 0x02 && equalBytes(point.subarray(1), r);
  } catch {
    return false; // the key is on no point, or R is the point at infinity
  }
}

async function loadBinding(): Promise<Binding | undefined> {
  try {
    // The package falls back to elliptic in silence; its addon entry is the only proof that it loaded.
    const specifier = 'secp256k1/bindings.js';
    await import(specifier);
    return (await import('secp256k1')).default;
  } catch {
    return undefined;
  }
}
