import { ChainError } from '../chain/port.ts';
import { StoreError } from '../store/port.ts';
import type { Clock } from './clock.ts';

const RETRY_MS = 1000;

/**
 * Work that nobody waits for. What the chain did not answer is tried again, also when its answer made no sense or it
 * refused the login: that is told once, for somebody has to repair it. So is what the disk did not take. Other failures
 * are told and end the work.
 */
export class Background {
  readonly #clock: Clock;
  readonly #onError: (error: unknown) => void;
  readonly #tasks = new Set<Promise<void>>();
  #stopped = false;

  constructor(clock: Clock, onError: (error: unknown) => void = throwLater) {
    this.#clock = clock;
    this.#onError = onError;
  }

  /** Begins at once: works that are begun one after the other queue in that order wherever they queue. */
  run(work: () => Promise<unknown> | unknown): void {
    const task = this.#attempt(work).finally(() => {
      this.#tasks.delete(task);
    });
    this.#tasks.add(task);
  }

  /** Tells of a failure that ended something for good. */
  fail(error: unknown): void {
    if (!this.#stopped) this.#onError(error);
  }

  /** Resolves when nothing is under way. */
  async idle(): Promise<void> {
    while (this.#tasks.size > 0) await Promise.all(this.#tasks);
  }

  /** What fails from now on is not tried again, and nobody is told. */
  stop(): void {
    this.#stopped = true;
  }

  async #attempt(work: () => Promise<unknown> | unknown): Promise<void> {
    let told: string | undefined;
    for (;;) {
      try {
        await work();
        return;
      } catch (error) {
        if (this.#stopped) return;
        if (!mayPass(error)) return this.#onError(error);
        // what a chain says for the moment is nobody's business, a disk's fault is
        const isTold = error instanceof StoreError || !error.retry;
        if (isTold && error.message !== told) this.#onError(error);
        told = isTold ? error.message : told;
      }
      await new Promise<void>((resolve) => this.#clock.after(RETRY_MS, resolve));
    }
  }
}

function mayPass(error: unknown): error is ChainError | StoreError {
  if (error instanceof StoreError) return error.retry;
  return error instanceof ChainError && error.code !== 'closed';
}

function throwLater(error: unknown): void {
  queueMicrotask(() => {
    throw error;
  });
}
