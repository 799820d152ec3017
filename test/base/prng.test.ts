import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { InvariantError } from '../../src/base/invariant.ts';
import { prng } from '../../src/base/prng.ts';

describe('prng', () => {
  it('seed 0 and seed 1: the numbers of mulberry32', () => {
    expect(prng(0).next()).toBe(0.26642920868471265);
    expect(prng(1).next()).toBe(0.6270739405881613);
  });

  it('any seed and interval: repeatable and within', () => {
    fc.assert(
      fc.property(fc.maxSafeInteger(), fc.nat(), fc.nat(), (seed, min, length) => {
        const [first, second] = [prng(seed), prng(seed)];
        for (let i = 0; i < 20; i++) {
          const value = first.between(min, min + length);
          expect(second.between(min, min + length)).toBe(value);
          expect(value).toBeGreaterThanOrEqual(min);
          expect(value).toBeLessThanOrEqual(min + length);
        }
      }),
    );
  });

  it('chances 0 and 1: never and always', () => {
    const random = prng(7);
    for (let i = 0; i < 1000; i++) {
      expect(random.chance(0)).toBe(false);
      expect(random.chance(1)).toBe(true);
    }
  });

  it('10,000 chances of 0.3: about 3,000', () => {
    const random = prng(7);
    const hits = Array.from({ length: 10_000 }, () => random.chance(0.3)).filter(Boolean).length;
    expect(Math.abs(hits - 3000)).toBeLessThan(200);
  });

  it('seed that is no integer: refused', () => {
    expect(() => prng(0.5)).toThrow(InvariantError);
  });
});
