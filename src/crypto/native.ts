import type { Secp256k1 } from './secp256k1.ts';
import { tinySecp256k1 } from './tiny.ts';

type Binding = typeof import('secp256k1');

/**
 * libsecp256k1 as a native addon (optional package `secp256k1`), several times faster than
 * WebAssembly; Schnorr signatures, which the addon does not know, stay with tiny-secp256k1.
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
  };
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
