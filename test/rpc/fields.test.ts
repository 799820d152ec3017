import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import type { z } from 'zod';
import { ERRORS, type ErrorName, errorObject } from '../../src/rpc/errors.ts';
import {
  channelReference,
  feeRate,
  hexBytes,
  hexUpTo,
  label,
  millisatoshi,
  requestId,
  satoshi,
  u64,
} from '../../src/rpc/shapes/fields.ts';

const takes = (schema: z.ZodType, value: unknown) => schema.safeParse(value).success;

describe('single values', () => {
  test.each([
    ['satoshi', satoshi, 2_100_000_000_000_000n],
    ['millisatoshi', millisatoshi, 2_100_000_000_000_000_000n],
    ['u64', u64, 2n ** 64n - 1n],
    ['a fee rate', feeRate, 100_000_000n],
  ])(
    '%s: every amount up to the most has one text, and comes back from it; nothing else is one',
    (_, schema, most) => {
      fc.assert(
        fc.property(fc.bigInt({ min: 0n, max: most }), (value) => {
          expect(BigInt(schema.parse(`${value}`))).toBe(value);
          for (const other of [`0${value}`, `-${value}`, `+${value}`, `${value}.0`, ` ${value}`, `${value}n`])
            expect(takes(schema, other)).toBe(false);
        }),
      );
      expect(takes(schema, `${most}`)).toBe(true);
      for (const other of [`${most + 1n}`, `${most * 10n}`, '', '0x1', '1e3', 1, 1n, null])
        expect(takes(schema, other)).toBe(false);
    },
  );

  test('bytes: lower-case hexadecimal of the right length, and nothing else', () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 40 }), (bytes) => {
        const hex = Buffer.from(bytes).toString('hex');
        expect(takes(hexBytes(32, ''), hex)).toBe(bytes.length === 32);
        expect(takes(hexUpTo(20, ''), hex)).toBe(bytes.length >= 1 && bytes.length <= 20);
        const upper = hex.toUpperCase();
        if (upper !== hex) expect(takes(hexUpTo(40, ''), upper)).toBe(false);
        expect(takes(hexUpTo(40, ''), `${hex}0`)).toBe(false);
      }),
    );
  });

  test('megabytes of bytes: taken as well as a few, and refused for one letter at their end', () => {
    const most = 4 * 1024 * 1024;
    const hex = 'a5'.repeat(most);
    expect(takes(hexUpTo(most, ''), hex)).toBe(true);
    expect(takes(hexUpTo(most, ''), `${hex.slice(0, -1)}g`)).toBe(false);
    expect(takes(hexUpTo(most, ''), `${hex}a5`)).toBe(false);
  });

  test('any text: what names a channel or a request is short and of few characters, a label has no control characters', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'binary', maxLength: 300 }), (text) => {
        if (takes(channelReference, text)) expect(text).toMatch(/^[0-9a-f]{1,64}$/);
        if (takes(requestId, text)) expect(text).toMatch(/^[A-Za-z0-9_-]{1,64}$/);
        // biome-ignore lint/suspicious/noControlCharactersInRegex: those are what must not be there
        if (takes(label, text)) expect(text).not.toMatch(/[\u0000-\u001f\u007f-\u009f]/);
      }),
      { numRuns: 100 },
    );
  });
});

test('an error is sent with its code, its name and what to do', () => {
  for (const name of Object.keys(ERRORS) as ErrorName[]) {
    const { code, message, advice } = ERRORS[name];
    expect(errorObject(name, {} as never)).toEqual({ code, message, data: { name, advice } });
    expect([message.length > 10, advice.length > 10]).toEqual([true, true]);
  }
});
