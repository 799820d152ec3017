import type { Clock } from '../src/index.ts';

/** The parties' clocks: they show the time of the readings, and stand still between two of them. */
export interface StoryClock extends Clock {
  /** Unix seconds; never backwards. */
  moveTo(time: number): void;
}

export function storyClock(start: number): StoryClock {
  let now = start;
  return {
    now: () => now,
    moveTo: (time) => {
      now = Math.max(now, time);
    },
    // pauses between attempts to reach a peer are real ones
    after: (ms, then) => {
      const timer = setTimeout(then, ms);
      timer.unref();
      return () => clearTimeout(timer);
    },
  };
}
