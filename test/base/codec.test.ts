import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { fromHex, toHex } from '../../src/base/bytes.ts';
import {
  bigSize,
  blob,
  bytes,
  type Codec,
  choice,
  decode,
  encode,
  list,
  mapped,
  msatCodec,
  optional,
  satCodec,
  seconds,
  struct,
  u8,
  u16,
  u32,
  u64,
  union,
} from '../../src/base/codec.ts';
import { InvariantError } from '../../src/base/invariant.ts';

const MAX_MSAT = 21_000_000n * 100_000_000n * 1000n;

const shapes = union('kind', {
  empty: [0, struct({})],
  pair: [7, struct({ left: u8, right: optional(u16) })],
});

/** Any codec, forgetting what it is for. */
function any<T>(codec: Codec<T>): Codec<unknown> {
  return mapped<T, unknown>(
    codec,
    (value) => value,
    (value) => value as T,
  );
}

const forms: [string, Codec<unknown>, unknown, string][] = [
  ['u8', any(u8), 255, 'ff'],
  ['u16', any(u16), 258, '0102'],
  ['u32', any(u32), 2 ** 32 - 1, 'ffffffff'],
  ['u64', any(u64), 258n, '0000000000000102'],
  ['the last u64 that a number holds', any(u64), 2n ** 53n - 1n, '001fffffffffffff'],
  ['the first u64 that none does', any(u64), 2n ** 53n, '0020000000000000'],
  ['the greatest u64', any(u64), 2n ** 64n - 1n, 'ffffffffffffffff'],
  ['seconds', any(seconds), Number.MAX_SAFE_INTEGER, '001fffffffffffff'],
  ['msat', any(msatCodec), MAX_MSAT, MAX_MSAT.toString(16).padStart(16, '0')],
  ['bytes', any(bytes(2)), Uint8Array.of(1, 2), '0102'],
  ['blob', any(blob(3)), Uint8Array.of(1, 2), '00020102'],
  ['long blob', any(blob(3, 4)), Uint8Array.of(1, 2), '000000020102'],
  ['list', any(list(u8, 3)), [1, 2], '00020102'],
  ['nothing', any(optional(u8)), null, '00'],
  ['something', any(optional(u8)), 9, '0109'],
  ['choice', any(choice('a', 'b')), 'b', '01'],
  ['struct', any(struct({ b: u8, a: u16 })), { b: 1, a: 2 }, '010002'],
  ['variant of no fields', any(shapes), { kind: 'empty' }, '00'],
  ['variant', any(shapes), { kind: 'pair', left: 1, right: 2 }, '0701010002'],
  ['bigSize of one byte', any(bigSize), 0xfcn, 'fc'],
  ['bigSize of three', any(bigSize), 0xfdn, 'fd00fd'],
  ['bigSize of five', any(bigSize), 0x10000n, 'fe00010000'],
  ['bigSize of nine', any(bigSize), 0x100000000n, 'ff0000000100000000'],
];

describe('codec', () => {
  it.each(forms)('%s: its bytes, and back', (_name, codec, value, hex) => {
    expect(toHex(encode(codec, value))).toBe(hex);
    expect(decode(codec, fromHex(hex))).toEqual({ ok: true, value });
  });

  it.each(forms)('%s, cut short or with a byte too many: malformed', (_name, codec, _value, hex) => {
    const malformed = { ok: false, error: { code: 'malformed' } };
    expect(decode(codec, fromHex(hex.slice(0, -2)))).toMatchObject(malformed);
    expect(decode(codec, fromHex(`${hex}00`))).toMatchObject(malformed);
  });

  it.each<[string, Codec<unknown>, string]>([
    ['a time above 2^53 - 1', any(seconds), '0020000000000000'],
    ['more msat than there are', any(msatCodec), (MAX_MSAT + 1n).toString(16).padStart(16, '0')],
    ['more sat than there are', any(satCodec), (MAX_MSAT / 1000n + 1n).toString(16).padStart(16, '0')],
    ['a blob too long', any(blob(1)), '00020102'],
    ['a list too long', any(list(u8, 1)), '00020102'],
    ['a flag of 2', any(optional(u8)), '0201'],
    ['a choice that there is not', any(choice('a', 'b')), '02'],
    ['an unknown variant', any(shapes), '01'],
    ['a bigSize of three bytes that one could hold', any(bigSize), 'fd00fc'],
    ['a bigSize of five bytes that three could hold', any(bigSize), 'fe0000ffff'],
    ['a bigSize of nine bytes that five could hold', any(bigSize), 'ff00000000ffffffff'],
  ])('%s: malformed', (_name, codec, hex) => {
    expect(decode(codec, fromHex(hex))).toMatchObject({ ok: false, error: { code: 'malformed' } });
  });

  it.each<[string, Codec<unknown>, unknown]>([
    ['a number too great', any(u8), 256],
    ['a number below zero', any(u64), -1n],
    ['half a second', any(seconds), 0.5],
    ['a byte too few', any(bytes(2)), Uint8Array.of(1)],
    ['a blob too long', any(blob(1)), Uint8Array.of(1, 2)],
    ['a list too long', any(list(u8, 1)), [1, 2]],
    ['a name that is none', any(choice('a', 'b')), 'c'],
  ])('%s, written: our own bug', (_name, codec, value) => {
    expect(() => encode(codec, value)).toThrow(InvariantError);
  });

  it('any u64 and any bigSize: comes back equal', () => {
    fc.assert(
      fc.property(fc.bigInt(0n, 2n ** 64n - 1n), (value) => {
        expect(decode(u64, encode(u64, value))).toEqual({ ok: true, value });
        expect(decode(bigSize, encode(bigSize, value))).toEqual({ ok: true, value });
      }),
    );
  });

  it('any bytes: a value that encodes to them, or malformed; never a throw', () => {
    const everything = struct({ shapes: list(shapes, 4), size: bigSize, blob: blob(4), time: seconds });
    const starts = fc.constantFrom('', '0000', '000100', '000107', '0001070100', '000100fd', '0000fc0001');
    fc.assert(
      fc.property(starts, fc.uint8Array({ maxLength: 24 }), (start, rest) => {
        const input = Uint8Array.of(...fromHex(start), ...rest);
        const outcome = decode(everything, input);
        if (outcome.ok) expect(encode(everything, outcome.value)).toEqual(input);
        else expect(outcome.error.code).toBe('malformed');
      }),
    );
  });

  it('what was read: its own bytes, whatever becomes of the message', () => {
    const message = Uint8Array.of(1, 2);
    const outcome = decode(bytes(2), message);
    message.fill(0);
    expect(outcome).toEqual({ ok: true, value: Uint8Array.of(1, 2) });
  });
});
