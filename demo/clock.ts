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
    // pauses between attempts to reach a peer are real ones, but a story does not wait for long ones
    after: (ms, then) => {
      const timer = setTimeout(then, Math.min(ms, LONGEST_PAUSE_MS));
      timer.unref();
      return () => clearTimeout(timer);
    },
  };
}

const LONGEST_PAUSE_MS = 50;
