import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { feeFor } from '../../src/chain/port.ts';
import {
  feeRateFor,
  highestFeeRate,
  LOWEST_FEE_RATE,
  URGENT_BLOCKS,
  urgentFeeRate,
} from '../../src/penalty/fees.ts';

const rates = fc.bigInt({ min: 0n, max: 1_000_000n });
const stakes = fc.record({
  vbytes: fc.integer({ min: 60, max: 10_000 }),
  valueSat: fc.bigInt({ min: 0n, max: 10_000_000n }),
  dustLimitSat: fc.bigInt({ min: 330n, max: 10_000n }),
});
const urgentBlocks = fc.integer({ min: 0, max: URGENT_BLOCKS });

describe('the fee function', () => {
  it('more than six blocks left, or no deadline: the estimate', () => {
    for (const left of [null, 7, 8, 100]) expect(urgentFeeRate(2_500n, left)).toBe(2_500n);
  });

  it('each block under seven: half as much again, and at least 1 sat/vB more', () => {
    const rising = [7, 6, 5, 4, 3, 2, 1, 0];
    expect(rising.map((left) => urgentFeeRate(1_000n, left))).toEqual([
      1_000n,
      2_000n,
      3_000n,
      4_500n,
      6_750n,
      10_125n,
      15_187n,
      22_780n,
    ]);
    expect(urgentFeeRate(1_000n, -5)).toBe(22_780n);
  });

  it('monotone: never lower with fewer blocks left, with a higher estimate, or with more at stake', () => {
    fc.assert(
      fc.property(
        rates,
        fc.integer({ min: -20, max: 50 }),
        stakes,
        fc.nat(100_000),
        (rate, left, stake, more) => {
          const paid = feeRateFor(rate, left, stake);
          expect(feeRateFor(rate, left - 1, stake)).toBeGreaterThanOrEqual(paid);
          expect(feeRateFor(rate + BigInt(more), left, stake)).toBeGreaterThanOrEqual(paid);
          const richer = { ...stake, valueSat: stake.valueSat + BigInt(more) };
          expect(feeRateFor(rate, left, richer)).toBeGreaterThanOrEqual(paid);
        },
      ),
    );
  });

  it('capped: the fee leaves the dust limit of the stake, and one satoshi per 1,000 vB more would not', () => {
    fc.assert(
      fc.property(rates, urgentBlocks, stakes, (rate, left, stake) => {
        const paid = feeRateFor(rate, left, stake);
        const { vbytes, valueSat, dustLimitSat } = stake;
        if (paid > LOWEST_FEE_RATE)
          expect(valueSat - feeFor(vbytes, paid)).toBeGreaterThanOrEqual(dustLimitSat);
        if (paid > LOWEST_FEE_RATE && paid < urgentFeeRate(rate, left))
          expect(valueSat - feeFor(vbytes, paid + 1n)).toBeLessThan(dustLimitSat);
        expect(paid).toBeGreaterThanOrEqual(LOWEST_FEE_RATE);
      }),
    );
  });

  it('never under the estimate unless the stake says so', () => {
    fc.assert(
      fc.property(rates, fc.option(urgentBlocks), stakes, (rate, left, stake) => {
        if (feeRateFor(rate, left, stake) < rate)
          expect(highestFeeRate(stake)).toBeLessThanOrEqual(feeRateFor(rate, left, stake));
      }),
    );
  });

  it('each step pays for its own relay: what replaces the last block’s claim adds 1 sat/vB of its size', () => {
    fc.assert(
      fc.property(rates, urgentBlocks, fc.integer({ min: 60, max: 10_000 }), (rate, left, vbytes) => {
        const before = feeFor(vbytes, urgentFeeRate(rate, left + 1));
        expect(feeFor(vbytes, urgentFeeRate(rate, left)) - before).toBeGreaterThanOrEqual(BigInt(vbytes));
      }),
    );
  });
});
