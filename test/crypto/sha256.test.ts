import { sha256 as reference } from '@noble/hashes/sha2';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { toHex, utf8 } from '../../src/base/bytes.ts';
import { sha256 } from '../../src/crypto/sha256.ts';

describe('SHA-256', () => {
  it.each([
    ['', 'e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855'],
    ['abc', 'ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad'],
    [
      'abcdbcdecdefdefgefghfghighijhijkijkljklmklmnlmnomnopnopq',
      '248d6a61d20638b8e5c026930c3e6039a33ce45964ff2167f6ecedd419db06c1',
    ],
    ['a'.repeat(1_000_000), 'cdc76e5c9914fb9281a1c7e284d73e67f1809a48a497200e046d39ccc7112cd0'],
  ])('the message of FIPS 180 %.10s: its digest', (message, digest) => {
    expect(toHex(sha256(utf8(message)))).toBe(digest);
  });

  it('every length to four blocks, with every padding: the digest of another implementation', () => {
    for (let length = 0; length <= 256; length++) {
      const message = Uint8Array.from({ length }, (_, i) => 31 * i + length);
      expect(toHex(sha256(message)), `${length} bytes`).toBe(toHex(reference(message)));
    }
  });

  it('any message, any part of a larger array: the digest of another implementation, the message untouched', () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 2_000 }), fc.nat(100), (whole, from) => {
        const [before, part] = [whole.slice(), whole.subarray(from)];
        expect(sha256(part)).toEqual(reference(part));
        expect(whole).toEqual(before);
      }),
    );
  });

  it('two digests: each an array of its own', () => {
    const [a, b] = [sha256(utf8('a')), sha256(utf8('b'))];
    expect(toHex(a)).toBe(toHex(reference(utf8('a'))));
    expect(a.buffer).not.toBe(b.buffer);
  });
});
