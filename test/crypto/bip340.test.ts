import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { fromHex, toHex } from '../../src/base/bytes.ts';
import { nativeSecp256k1 } from '../../src/crypto/native.ts';
import { xOnly } from '../../src/crypto/secp256k1.ts';
import { tinySecp256k1 } from '../../src/crypto/tiny.ts';

/** The test vectors of BIP340 (bip-0340/test-vectors.csv), those with messages of 32 bytes. */
const vectors = readFileSync(new URL('../vectors/bip340.csv', import.meta.url), 'utf8')
  .trim()
  .split('\n')
  .slice(1)
  .map((line) => {
    const [index, secret, key, aux, message, signature, result, comment] = line.split(',');
    return { index, secret, key, aux, message, signature, result, comment };
  });

const hex = (text: string | undefined) => fromHex(text ?? '');

const native = await nativeSecp256k1();
const backends = native === undefined ? [tinySecp256k1] : [tinySecp256k1, native];

describe.each(backends)('BIP340 vectors on $name', (secp) => {
  it('are all there', () => {
    expect(vectors).toHaveLength(15);
  });

  it.each(vectors)('vector $index verifies: $result $comment', ({ key, message, signature, result }) => {
    expect(secp.verifySchnorr(hex(message), hex(key), hex(signature))).toBe(result === 'TRUE');
  });

  it.each(vectors.filter(({ secret }) => secret !== ''))(
    'vector $index: public key of the secret',
    ({ secret, key }) => {
      expect(toHex(xOnly(secp.publicKey(hex(secret))))).toBe(key?.toLowerCase());
    },
  );

  it.each(vectors.filter(({ secret, aux }) => secret !== '' && /^0+$/.test(aux ?? '')))(
    'vector $index has no auxiliary randomness: the same signature',
    ({ secret, message, signature }) => {
      expect(toHex(secp.signSchnorr(hex(message), hex(secret)))).toBe(signature?.toLowerCase());
    },
  );
});
