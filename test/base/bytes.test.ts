import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  compareBytes,
  concat,
  equalBytes,
  fromHex,
  isHex,
  readUintBE,
  reverseBytes,
  toHex,
  uintBE,
  utf8,
} from '../../src/base/bytes.ts';
import { InvariantError } from '../../src/base/invariant.ts';

const bytes = fc.uint8Array({ maxLength: 40 });

describe('bytes', () => {
  it('any bytes in hexadecimal, of either case: come back equal', () => {
    fc.assert(
      fc.property(bytes, (value) => {
        expect(fromHex(toHex(value))).toEqual(value);
        expect(fromHex(toHex(value).toUpperCase())).toEqual(value);
      }),
    );
  });

  it.each([
    ['', true],
    ['00ff', true],
    ['0aF', false],
    ['0g', false],
    ['0x00', false],
    [' 00', false],
    ['00\n', false],
  ])('text %j: hexadecimal is %s', (text, expected) => {
    expect(isHex(text)).toBe(expected);
    if (!expected) expect(() => fromHex(text)).toThrow(InvariantError);
  });

  it('any integer: big-endian and back', () => {
    fc.assert(
      fc.property(
        fc.integer({ min: 1, max: 32 }),
        fc.bigInt({ min: 0n, max: 2n ** 256n - 1n }),
        (length, any) => {
          const value = any % (1n << BigInt(8 * length));
          expect(uintBE(value, length)).toHaveLength(length);
          expect(readUintBE(uintBE(value, length))).toBe(value);
        },
      ),
    );
  });

  it('byte order: the most significant first', () => {
    expect(toHex(uintBE(0x0102, 4))).toBe('00000102');
    expect(readUintBE(fromHex('0100'))).toBe(256n);
    expect(readUintBE(new Uint8Array(0))).toBe(0n);
  });

  it.each([
    [-1n, 8],
    [256n, 1],
    [2n ** 64n, 8],
  ])('%d in %d bytes: throws, is never cut', (value, length) => {
    expect(() => uintBE(value, length)).toThrow(InvariantError);
  });

  it('any parts: one after the other, the parts untouched', () => {
    fc.assert(
      fc.property(fc.array(bytes), (parts) => {
        expect(toHex(concat(...parts))).toBe(parts.map(toHex).join(''));
      }),
    );
  });

  it('any two: equal exactly when their hexadecimal is', () => {
    fc.assert(
      fc.property(bytes, bytes, (a, b) => {
        expect(equalBytes(a, b)).toBe(toHex(a) === toHex(b));
        expect(equalBytes(a, Uint8Array.from(a))).toBe(true);
        expect(equalBytes(a, concat(a, Uint8Array.of(0)))).toBe(false);
      }),
    );
  });

  it('any two: ordered like their hexadecimal, so shorter first on a tie', () => {
    fc.assert(
      fc.property(bytes, bytes, bytes, (head, tailA, tailB) => {
        const [a, b] = [concat(head, tailA), concat(head, tailB)];
        const [textA, textB] = [toHex(a), toHex(b)];
        expect(Math.sign(compareBytes(a, b))).toBe(textA < textB ? -1 : textA > textB ? 1 : 0);
      }),
    );
  });

  it('reversed: twice is nothing, and the argument stays', () => {
    const value = fromHex('010203');
    expect(toHex(reverseBytes(value))).toBe('030201');
    expect(reverseBytes(reverseBytes(value))).toEqual(value);
    expect(toHex(value)).toBe('010203');
  });

  it('text beyond ASCII: its UTF-8', () => {
    expect(toHex(utf8('€'))).toBe('e282ac');
  });
});
