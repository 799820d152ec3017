import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { isMsat } from '../../src/base/amount.ts';
import { demandPrice, energyCost, PRICING_LIMIT } from '../../src/market/pricing.ts';

const ONE = 1_000_000n;
const MWH = 1_000_000n;

describe('demand price', () => {
  it.each([
    ['no demand', 0n, 1n],
    ['1 MWh', MWH, 3n],
    ['2 MWh', 2n * MWH, 7n],
    ['10 MWh', 10n * MWH, 111n],
    ['one Wh less than 1 MWh: rounded down', MWH - 1n, 2n],
    ['1.5 MWh: 4.75 rounded down', 1_500_000n, 4n],
  ])('a1 = b1 = c1 = 1 at %s: D^2 + D + 1', (_name, demandWh, expected) => {
    expect(demandPrice({ a1: ONE, b1: ONE, c1: ONE }, demandWh)).toEqual({ ok: true, value: expected });
  });

  it('three parts each short of 1 msat: rounded once, so that they add up', () => {
    const third = 400_000n;
    expect(demandPrice({ a1: third, b1: third, c1: third }, MWH)).toEqual({ ok: true, value: 1n });
  });

  it('two households on a local curve: a price that moves with a kilowatt-hour', () => {
    const local = { a1: 50_000_000n * ONE, b1: 20_000n * ONE, c1: 150n * ONE };
    expect(demandPrice(local, 0n)).toEqual({ ok: true, value: 150n });
    expect(demandPrice(local, 500n)).toEqual({ ok: true, value: 172n });
    expect(demandPrice(local, 2000n)).toEqual({ ok: true, value: 390n });
  });

  it.each([
    [
      'negative a1',
      { a1: -1n, b1: 0n, c1: ONE },
      0n,
      { code: 'coefficientOutOfRange', name: 'a1', value: -1n },
    ],
    [
      'b1 too large',
      { a1: 0n, b1: PRICING_LIMIT + 1n, c1: ONE },
      0n,
      { code: 'coefficientOutOfRange', name: 'b1', value: PRICING_LIMIT + 1n },
    ],
    ['negative demand', { a1: 0n, b1: 0n, c1: ONE }, -1n, { code: 'demandOutOfRange', demandWh: -1n }],
    [
      'demand too large',
      { a1: 0n, b1: 0n, c1: ONE },
      PRICING_LIMIT + 1n,
      { code: 'demandOutOfRange', demandWh: PRICING_LIMIT + 1n },
    ],
    ['less than 1 msat', { a1: 0n, b1: 0n, c1: ONE - 1n }, 0n, { code: 'priceNotPositive', demandWh: 0n }],
    [
      'more than all bitcoin',
      { a1: 3n * 10n ** 18n, b1: 0n, c1: 0n },
      1000n * MWH,
      { code: 'priceTooHigh', msatPerWh: 3_000_000_000_000_000_000n },
    ],
  ])('%s: refused by name', (_name, coefficients, demandWh, error) => {
    expect(demandPrice(coefficients, demandWh)).toEqual({ ok: false, error });
  });

  it('any curve and demand: exact, positive, and no lower with more demand', () => {
    const coefficient = fc.bigInt({ min: 0n, max: 2n ** 40n });
    const demand = fc.bigInt({ min: 0n, max: 2n ** 40n });
    fc.assert(
      fc.property(coefficient, coefficient, coefficient, demand, demand, (a1, b1, c1, one, other) => {
        const [lower, higher] = one < other ? [one, other] : [other, one];
        const [cheap, dear] = [demandPrice({ a1, b1, c1 }, lower), demandPrice({ a1, b1, c1 }, higher)];
        if (!cheap.ok || !dear.ok) return;
        expect(cheap.value > 0n && isMsat(dear.value) && cheap.value <= dear.value).toBe(true);
        const exact = a1 * lower * lower + b1 * lower * 10n ** 6n + c1 * 10n ** 12n;
        expect(cheap.value * 10n ** 18n <= exact && exact < (cheap.value + 1n) * 10n ** 18n).toBe(true);
      }),
    );
  });
});

describe('energy cost', () => {
  it('price times energy, exactly', () => {
    expect(energyCost(250n, 100)).toBe(25_000n);
  });

  it('more than all bitcoin: none', () => {
    expect(energyCost(2n ** 63n, 2)).toBeUndefined();
  });
});
