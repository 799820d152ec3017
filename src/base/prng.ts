import { invariant } from './invariant.ts';

/** A repeatable stream of numbers for simulations and tests. Never for keys, nonces or anything secret. */
export interface Prng {
  /** Evenly spread in [0, 1), 32 bits fine. */
  next(): number;
  /** True with this probability. */
  chance(probability: number): boolean;
  /** Evenly spread in [min, max). */
  between(min: number, max: number): number;
}

/** The stream of a seed (an integer, of which the low 32 bits count): mulberry32, a 32-bit counter and a mixer. */
export function prng(seed: number): Prng {
  invariant(Number.isSafeInteger(seed), `not a seed: ${seed}`);
  let counter = seed | 0;

  function next(): number {
    counter = (counter + 0x6d2b79f5) | 0;
    let mixed = Math.imul(counter ^ (counter >>> 15), counter | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  }

  return {
    next,
    chance: (probability) => probability > 0 && next() < probability,
    between: (min, max) => (min === max ? min : min + (max - min) * next()),
  };
}
