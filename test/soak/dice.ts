import { prng } from '../../src/base/prng.ts';

/** Random choices that follow from a seed. */
export interface Dice {
  /** A whole number from `min` to `max`, both included. */
  int(min: number, max: number): number;
  chance(probability: number): boolean;
  pick<T>(items: readonly T[]): T;
  bytes(length: number): Uint8Array;
  /** The seed of a stream of its own. */
  seed(): number;
}

export function dice(seed: number): Dice {
  const random = prng(seed);
  const int = (min: number, max: number) => min + Math.floor(random.next() * (max - min + 1));
  return {
    int,
    chance: (probability) => random.chance(probability),
    pick: (items) => {
      const item = items[int(0, items.length - 1)];
      if (item === undefined) throw new RangeError('nothing to pick from');
      return item;
    },
    bytes: (length) => Uint8Array.from({ length }, () => int(0, 255)),
    seed: () => int(0, 0x7fffffff),
  };
}

/** The seed of schedule number `schedule` of a run. */
export function scheduleSeed(seed: number, schedule: number): number {
  return (Math.imul(seed + 1, 0x9e3779b1) ^ Math.imul(schedule + 1, 0x85ebca6b)) >>> 1;
}
