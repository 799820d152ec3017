import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  isMsat,
  isSat,
  MAX_MONEY,
  msat,
  msatToSatFloor,
  partsPerMillion,
  sat,
  satToMsat,
} from '../../src/base/amount.ts';
import { InvariantError } from '../../src/base/invariant.ts';

const MAX_MSAT = MAX_MONEY * 1000n;
const sats = fc.bigInt({ min: 0n, max: MAX_MONEY }).map(sat);
const msats = fc.bigInt({ min: 0n, max: MAX_MSAT }).map(msat);

describe('amounts', () => {
  it('21 million bitcoin: the most there is', () => {
    expect(MAX_MONEY).toBe(21_000_000n * 100_000_000n);
  });

  it.each([
    [-1n, false, false],
    [0n, true, true],
    [MAX_MONEY, true, true],
    [MAX_MONEY + 1n, false, true],
    [MAX_MSAT, false, true],
    [MAX_MSAT + 1n, false, false],
  ])('%d: satoshi %s, millisatoshi %s', (value, isInSat, isInMsat) => {
    expect(isSat(value)).toBe(isInSat);
    expect(isMsat(value)).toBe(isInMsat);
    if (!isInSat) expect(() => sat(value)).toThrow(InvariantError);
    if (!isInMsat) expect(() => msat(value)).toThrow(InvariantError);
  });

  it('a number with a fraction: throws, is never rounded in silence', () => {
    expect(() => sat(1.5)).toThrow();
    expect(() => msat(Number.NaN)).toThrow();
  });

  it('satoshi to millisatoshi and back: the same', () => {
    fc.assert(
      fc.property(sats, (amount) => {
        expect(msatToSatFloor(satToMsat(amount))).toBe(amount);
      }),
    );
  });

  it('millisatoshi to satoshi: rounded down by less than one satoshi', () => {
    fc.assert(
      fc.property(msats, (amount) => {
        const left = amount - satToMsat(msatToSatFloor(amount));
        expect(left >= 0n && left < 1000n).toBe(true);
      }),
    );
  });

  it.each([
    [1_000_000n, 2500, 2500n],
    [999n, 1000, 0n],
    [1000n, 1000, 1n],
    [1999n, 1000, 1n],
    [MAX_MSAT, 1_000_000, MAX_MSAT],
    [5n, 0, 0n],
  ])('of %d msat %d ppm: %d, rounded down', (amount, ppm, expected) => {
    expect(partsPerMillion(msat(amount), ppm)).toBe(expected);
  });

  it('a share and the rest: together the whole, the share no more than its part', () => {
    fc.assert(
      fc.property(msats, fc.integer({ min: 0, max: 1_000_000 }), (amount, ppm) => {
        const share = partsPerMillion(amount, ppm);
        expect(isMsat(share) && isMsat(amount - share)).toBe(true);
        expect(share * 1_000_000n <= amount * BigInt(ppm)).toBe(true);
      }),
    );
  });
});
