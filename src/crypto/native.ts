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
 * WebAssembly. The addon knows no Schnorr signatures: they are made and verified with its own operations, those on
 * secrets in constant time.
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
    signSchnorr: (hash, secret) => signSchnorr(native, hash, secret),
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

/**
 * BIP340 with auxiliary randomness of zeros. What depends on the secret is the addon's or a hash; the parities of the
 * two points, which are branched on, are public.
 */
function signSchnorr(native: Binding, hash: Uint8Array, secret: Uint8Array): Uint8Array {
  const [d, key] = withEvenY(native, secret);
  const masked = d.map((byte, i) => byte ^ (NO_AUX[i] as number));
  const nonce = taggedHash('BIP0340/nonce', concat(masked, key, hash));
  if (!native.privateKeyVerify(nonce)) return tinySecp256k1.signSchnorr(hash, secret);
  const [k, r] = withEvenY(native, nonce);
  const e = taggedHash('BIP0340/challenge', concat(r, key, hash));
  if (!native.privateKeyVerify(e)) return tinySecp256k1.signSchnorr(hash, secret); // no smaller than the order: no hash is
  return concat(r, native.privateKeyTweakAdd(native.privateKeyTweakMul(d, e), k));
}

/** The secret or its negation, whichever has a point with an even y, in bytes of its own; and that point's x. */
function withEvenY(native: Binding, secret: Uint8Array): readonly [Uint8Array, Uint8Array] {
  const point = native.publicKeyCreate(secret);
  const own = Uint8Array.from(secret);
  return [point[0] === EVEN[0] ? own : native.privateKeyNegate(own), point.subarray(1)];
}

/** `SHA256(SHA256(tag) || SHA256(tag) || 0^32)` with the tag `BIP0340/aux`: what a secret is masked with. */
const NO_AUX = taggedHash('BIP0340/aux', new Uint8Array(32));

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
