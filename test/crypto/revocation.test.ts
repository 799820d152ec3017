import { readFileSync } from 'node:fs';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { fromHex, toHex } from '../../src/base/bytes.ts';
import { nativeSecp256k1 } from '../../src/crypto/native.ts';
import { revocationPublicKey, revocationSecret } from '../../src/crypto/revocation.ts';
import { tinySecp256k1 } from '../../src/crypto/tiny.ts';

const vector: { readonly revocation: Readonly<Record<string, string>> } = JSON.parse(
  readFileSync(new URL('../vectors/bolt3.json', import.meta.url), 'utf8'),
);
const field = (name: string) => fromHex(vector.revocation[name] ?? '');

const native = await nativeSecp256k1();
const backends = native === undefined ? [tinySecp256k1] : [tinySecp256k1, native];
const secret = fc
  .uint8Array({ minLength: 32, maxLength: 32 })
  .filter((bytes) => tinySecp256k1.isSecretKey(bytes));

describe.each(backends)('revocation keys with $name', (secp) => {
  it('BOLT 3 appendix E: points, public key and secret', () => {
    const [basepointSecret, commitmentSecret] = [field('baseSecret'), field('perCommitmentSecret')];
    expect(secp.publicKey(basepointSecret)).toEqual(field('basePoint'));
    expect(secp.publicKey(commitmentSecret)).toEqual(field('perCommitmentPoint'));
    const key = revocationPublicKey(secp, field('basePoint'), field('perCommitmentPoint'));
    expect(toHex(key)).toBe(toHex(field('revocationPublicKey')));
    const own = revocationSecret(secp, basepointSecret, commitmentSecret);
    expect(toHex(own)).toBe(toHex(field('revocationSecret')));
  });

  it('any two secrets: the secret is that of the public key', () => {
    fc.assert(
      fc.property(secret, secret, (basepoint, commitment) => {
        const key = revocationPublicKey(secp, secp.publicKey(basepoint), secp.publicKey(commitment));
        expect(secp.publicKey(revocationSecret(secp, basepoint, commitment))).toEqual(key);
      }),
      { numRuns: 50 },
    );
  });
});
