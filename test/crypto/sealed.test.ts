import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { SEAL_OVERHEAD, seal, unseal } from '../../src/crypto/sealed.ts';

const key = fc.uint8Array({ minLength: 32, maxLength: 32 });
const text = fc.uint8Array({ maxLength: 300 });

describe('sealed bytes', () => {
  it('open with their key, and are the same bytes each time', () => {
    fc.assert(
      fc.property(key, text, (k, plain) => {
        const sealed = seal(k, plain);
        expect(sealed.length).toBe(plain.length + SEAL_OVERHEAD);
        expect(seal(k, plain)).toEqual(sealed);
        expect(unseal(k, sealed)).toEqual(plain);
      }),
    );
  });

  it('do not open with another key, with a byte changed, or cut', () => {
    fc.assert(
      fc.property(key, key, text, fc.nat(), fc.integer({ min: 1, max: 255 }), (k, other, plain, at, flip) => {
        const sealed = seal(k, plain);
        if (k.some((byte, i) => byte !== other[i])) expect(unseal(other, sealed)).toBeUndefined();
        const index = at % sealed.length;
        const changed = sealed.with(index, (sealed[index] as number) ^ flip);
        expect(unseal(k, changed)).toBeUndefined();
        expect(unseal(k, sealed.subarray(0, index))).toBeUndefined();
      }),
    );
  });

  it('hide the text, and never share a nonce between two texts', () => {
    fc.assert(
      fc.property(key, text, text, (k, a, b) => {
        fc.pre(a.length !== b.length || a.some((byte, i) => byte !== b[i]));
        expect(seal(k, a).slice(0, 24)).not.toEqual(seal(k, b).slice(0, 24));
      }),
    );
  });
});
