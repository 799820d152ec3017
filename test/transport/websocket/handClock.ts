import type { Clock } from '../../../src/transport/clock.ts';

/** A clock that a test moves. */
export interface HandClock extends Clock {
  /** Lets time pass; what is due runs, in order. */
  pass(ms: number): void;
  /** Resolves when this many timers are set: then what they wait for has begun. */
  timers(count: number): Promise<void>;
}

export function handClock(): HandClock {
  let now = 1_000_000;
  let timers: { readonly at: number; readonly run: () => void }[] = [];
  let waiting: { readonly count: number; readonly resolve: () => void }[] = [];
  const tell = () => {
    for (const { count, resolve } of waiting) if (timers.length >= count) resolve();
    waiting = waiting.filter(({ count }) => timers.length < count);
  };
  return {
    now: () => Math.floor(now / 1000),
    after: (ms, run) => {
      const timer = { at: now + ms, run };
      timers.push(timer);
      tell();
      return () => {
        timers = timers.filter((each) => each !== timer);
      };
    },
    pass: (ms) => {
      const end = now + ms;
      for (;;) {
        const due = timers.filter(({ at }) => at <= end).sort((a, b) => a.at - b.at)[0];
        if (due === undefined) break;
        timers = timers.filter((each) => each !== due);
        now = Math.max(now, due.at);
        due.run();
      }
      now = end;
    },
    timers: (count) =>
      new Promise((resolve) => {
        waiting.push({ count, resolve });
        tell();
      }),
  };
}
