import type { Clock } from '../../src/node/clock.ts';

/** Time that passes when the schedule says so; timers run when they are told to, in the order in which they were set. */
export interface ManualClock extends Clock {
  pass(seconds: number): void;
  /** Runs every timer that is set now. Returns how many there were. */
  fire(): number;
}

const START = 1_700_000_000;

export function manualClock(): ManualClock {
  let now = START;
  let timers = new Set<() => void>();
  return {
    now: () => now,
    pass: (seconds) => {
      now += seconds;
    },
    after: (_ms, then) => {
      const timer = () => then();
      timers.add(timer);
      return () => void timers.delete(timer);
    },
    fire: () => {
      const due = [...timers];
      timers = new Set();
      for (const timer of due) timer();
      return due.length;
    },
  };
}
