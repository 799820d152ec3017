/** Time as a shell sees it; tests and simulations give their own. */
export interface Clock {
  /** Unix seconds. */
  now(): number;
  /** Calls `then` once after `ms` milliseconds. Returns the way to call it off. */
  after(ms: number, then: () => void): () => void;
}

export const systemClock: Clock = {
  now: () => Math.floor(Date.now() / 1000),
  after: (ms, then) => {
    const timer = setTimeout(then, ms);
    return () => clearTimeout(timer);
  },
};
