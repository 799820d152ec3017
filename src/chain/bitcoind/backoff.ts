import { setTimeout as sleep } from 'node:timers/promises';

/** How often and how patiently to ask again. Pauses double from `firstMs` up to `longestMs`, each shortened at random by up to half. */
export interface Retry {
  /** Attempts in all, at least 1. */
  readonly attempts: number;
  readonly firstMs: number;
  readonly longestMs: number;
}

/** About eight seconds in all: longer than a restart's gap, shorter than a user's patience. */
export const DEFAULT_RETRY: Retry = { attempts: 8, firstMs: 100, longestMs: 2_000 };

/** Runs `attempt` until it succeeds, fails for good or was tried often enough; then the last error is thrown. */
export async function withRetry<T>(
  retry: Retry,
  mayRetry: (error: unknown) => boolean,
  attempt: () => Promise<T>,
): Promise<T> {
  for (let tried = 1; ; tried++) {
    try {
      return await attempt();
    } catch (error) {
      if (tried >= retry.attempts || !mayRetry(error)) throw error;
    }
    const pause = Math.min(retry.longestMs, retry.firstMs * 2 ** (tried - 1));
    // The jitter keeps many clients of one node from coming back all at once.
    await sleep(pause * (1 - Math.random() / 2));
  }
}
