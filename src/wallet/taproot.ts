import { concat, uintBE } from '../base/bytes.ts';
import { taggedHash } from '../crypto/hash.ts';
import { CURVE_ORDER, xOnly } from '../crypto/secp256k1.ts';
import { tinySecp256k1 as curve } from '../crypto/tiny.ts';

const MINUS_ONE = uintBE(CURVE_ORDER - 1n, 32);

/** Output key of an internal key (x-only, 32 bytes) without scripts (BIP86, BIP341): `P + H_TapTweak(P) G`, x-only. */
export function taprootOutputKey(internalKey: Uint8Array): Uint8Array {
  const even = concat(Uint8Array.of(2), internalKey);
  return xOnly(curve.pointAdd(even, curve.publicKey(tweakOf(internalKey))));
}

/** The secret of the output key, from the secret of the internal key. */
export function taprootSecret(secret: Uint8Array): Uint8Array {
  const key = curve.publicKey(secret);
  const even = key[0] === 2 ? secret : curve.secretMultiply(secret, MINUS_ONE);
  return curve.secretAdd(even, tweakOf(xOnly(key)));
}

function tweakOf(internalKey: Uint8Array): Uint8Array {
  return taggedHash('TapTweak', internalKey);
}
