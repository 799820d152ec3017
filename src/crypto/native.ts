import { concat, equalBytes, readUintBE, uintBE } from '../base/bytes.ts';
import { taggedHash } from './hash.ts';
import { CURVE_ORDER, type Secp256k1 } from './secp256k1.ts';
import { tinySecp256k1 } from './tiny.ts';

type Binding = typeof import('secp256k1');

/** Not written in the `import` itself: a bundler for the browser would put in what can never load there. */
const [PACKAGE, ADDON] = ['secp256k1', 'secp256k1/bindings.js'];

/** The fastest backend that loads here: the native addon, or else WebAssembly. Both give the same bytes. */
export async function fastestSecp256k1(): Promise<Secp256k1> {
  return (await nativeSecp256k1()) ?? tinySecp256k1;
}

/**
 * libsecp256k1 as a native addon (optional package `secp256k1`), several times faster than
 * WebAssembly. The addon knows no Schnorr signatures: they are verified with its point operations, and made by
 * tiny-secp256k1.
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
    ecdh: (point, secret) => native.ecdh(point, secret),
    pointAdd: (a, b) => native.publicKeyCombine([a, b]),
    secretAdd: (a, b) => native.privateKeyTweakAdd(Uint8Array.from(a), b),
    secretMultiply: (a, b) => native.privateKeyTweakMul(Uint8Array.from(a), b),
    verifySchnorr: (hash, key, signature) => verifySchnorr(native, hash, key, signature),
  };
}

/** BIP340: `R = s*G + (n - e)*P` has an even y and the x that the signature names. All of it is public. */
function verifySchnorr(native: Binding, hash: Uint8Array, key: Uint8Array, signature: Uint8Array): boolean {
  if (hash.length !== 32 || key.length !== 32 || signature.length !== 64) return false;
  const r = signature.subarray(0, 32);
  const e = readUintBE(taggedHash('BIP0340/challenge', concat(r, key, hash))) % CURVE_ORDER;
  try {
    const minusEP = native.publicKeyTweakMul(concat(EVEN, key), uintBE(CURVE_ORDER - e, 32), false);
    const point = native.publicKeyTweakAdd(minusEP, signature.subarray(32));
    return point[0] === EVEN[0] && equalBytes(point.subarray(1), r);
  } catch {
    return false; // a key that is no point, s out of range, R at infinity (or e = 0, which no hash gives)
  }
}

/** What stands before the x of a point with an even y. */
const EVEN = Uint8Array.of(2);

async function loadBinding(): Promise<Binding | undefined> {
  try {
    // The package falls back to elliptic in silence; its addon entry is the only proof that it loaded.
    await import(ADDON);
    return ((await import(PACKAGE)) as { readonly default: Binding }).default;
  } catch {
    return undefined;
  }
}
