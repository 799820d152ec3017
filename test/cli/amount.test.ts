import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { MAX_MONEY } from '../../src/base/amount.ts';
import { parseMsat, parseSat } from '../../src/cli/parse/amount.ts';
import {
  parseCount,
  parseDuration,
  parseEnergy,
  parseFeeRate,
  parsePrice,
  parseTime,
} from '../../src/cli/parse/quantity.ts';

const value = (text: string) => {
  const result = parseMsat(text);
  return result.ok ? result.value : result.error;
};

describe('amounts', () => {
  it.each([
    ['12345', 12_345_000n],
    ['12345sat', 12_345_000n],
    ['12345 sat', 12_345_000n],
    ['1.5', 1500n],
    ['100msat', 100n],
    ['0.5mBTC', 50_000_000n],
    ['0.5 mBTC', 50_000_000n],
    ['0.00000000001BTC', 1n],
    ['21000000BTC', MAX_MONEY * 1000n],
    ['0', 0n],
  ])('%s is %d msat', (text, msat) => {
    expect(value(text)).toBe(msat);
  });

  it.each([
    ['', 'is empty'],
    ['-5', 'is negative'],
    ['+5', 'begins with a sign'],
    ['1e3', 'has an exponent'],
    ['1E3', 'has an exponent'],
    ['1e-3BTC', 'has an exponent'],
    ['1,000', 'has separators'],
    ['1 000', 'has separators'],
    ['1_000', 'has separators'],
    ['.5', 'needs digits on both sides'],
    ['5.', 'needs digits on both sides'],
    ['0x10', 'is not decimal'],
    ['ten', 'is not a number'],
    ['NaN', 'is not a number'],
    ['Infinity', 'is not a number'],
    ['١٢', 'is not a number'],
    ['5eur', 'has an exponent'],
    ['5btc', "has the unit 'btc'"],
    ['5SAT', "has the unit 'SAT'"],
    ['1.2345', 'more decimal places'],
    ['1.5msat', 'nothing is smaller'],
    ['0.000000000001BTC', 'more decimal places'],
    ['21000000.1BTC', 'more than all coins'],
    ['99999999999999999999', 'too many digits'],
  ])('%j is refused with the reason: %s', (text, reason) => {
    expect(value(text)).toContain(reason);
  });

  it('an amount on the chain is whole satoshi', () => {
    expect(parseSat('2000msat')).toEqual({ ok: true, value: 2n });
    expect(parseSat('0.00000001BTC')).toEqual({ ok: true, value: 1n });
    expect(parseSat('1.5')).toMatchObject({
      ok: false,
      error: expect.stringContaining('whole number of satoshi'),
    });
  });

  it('any amount, written in any unit with all its digits, is read back', () => {
    const units = [
      ['msat', 0],
      ['sat', 3],
      ['mBTC', 8],
      ['BTC', 11],
    ] as const;
    fc.assert(
      fc.property(
        fc.bigInt({ min: 0n, max: MAX_MONEY * 1000n }),
        fc.constantFrom(...units),
        (msat, [unit, places]) => {
          const digits = msat.toString().padStart(places + 1, '0');
          const [whole, fraction] = [
            digits.slice(0, digits.length - places),
            digits.slice(digits.length - places),
          ];
          expect(value(`${whole}${places === 0 ? '' : `.${fraction}`}${unit}`)).toBe(msat);
        },
      ),
    );
  });

  it('any text gives an amount within all coins, or a reason', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'binary' }), (text) => {
        const result = parseMsat(text);
        expect(result.ok ? result.value <= MAX_MONEY * 1000n : result.error !== '').toBe(true);
      }),
    );
  });
});

describe('other quantities', () => {
  it.each([
    ['400', 400n],
    ['400msat', 400n],
    ['400msat/Wh', 400n],
    ['0.4sat/Wh', 400n],
    ['400sat/kWh', 400n],
    ['0.5sat/kWh', 'whole number of millisatoshi per watt-hour'],
    ['4/h', "per 'h'"],
    ['0.4', 'has a fraction'],
    ['-4', 'is negative'],
  ])('the price %s is %s msat per Wh', (text, expected) => {
    const price = parsePrice(text);
    if (typeof expected === 'bigint') expect(price).toEqual({ ok: true, value: expected });
    else expect(price).toMatchObject({ ok: false, error: expect.stringContaining(expected) });
  });

  it.each([
    ['10', 10n],
    ['10Wh', 10n],
    ['1.5kWh', 1500n],
    ['1.5Wh', 'whole number of watt-hours'],
    ['1.2345kWh', 'whole number of watt-hours'],
    ['3MWh', "unit 'MWh'"],
  ])('the energy %s is %s Wh', (text, expected) => {
    const energy = parseEnergy(text);
    if (typeof expected === 'bigint') expect(energy).toEqual({ ok: true, value: expected });
    else expect(energy).toMatchObject({ ok: false, error: expect.stringContaining(expected) });
  });

  it('a fee rate is in sat/vB, with three decimals, within reason', () => {
    expect(parseFeeRate('1')).toEqual({ ok: true, value: 1000n });
    expect(parseFeeRate('2.125sat/vB')).toEqual({ ok: true, value: 2125n });
    expect(parseFeeRate('0.5')).toMatchObject({ error: expect.stringContaining('no node relays') });
    expect(parseFeeRate('100000')).toMatchObject({ error: expect.stringContaining('mistake') });
    expect(parseFeeRate('1.0001')).toMatchObject({ error: expect.stringContaining('three decimal') });
  });

  it('durations, times and counts are what they say, and nothing else', () => {
    expect(parseDuration('90s')).toEqual({ ok: true, value: 90 });
    expect(parseDuration('2h')).toEqual({ ok: true, value: 7200 });
    expect(parseDuration('1d')).toEqual({ ok: true, value: 86_400 });
    for (const text of ['', '0s', '5', '1.5h', '-1h', '1w', '1e3s'])
      expect(parseDuration(text).ok).toBe(false);
    expect(parseTime('2026-11-21T16:00Z')).toEqual({ ok: true, value: 1_795_276_800 });
    expect(parseTime('1795276800')).toEqual({ ok: true, value: 1_795_276_800 });
    for (const text of ['', 'tomorrow', '2026-11-21', '2026-13-21T16:00Z', '2026-11-21T16:00'])
      expect(parseTime(text).ok).toBe(false);
    expect(parseCount('12')).toEqual({ ok: true, value: 12 });
    expect(parseCount('0', 0)).toEqual({ ok: true, value: 0 });
    for (const text of ['', '0', '-1', '1.5', '1e3', '9999999999999999'])
      expect(parseCount(text).ok).toBe(false);
  });
});
