/**
 * Lets many programs share one chain: a block is mined when every program that runs waits for one. Each sees the same
 * blocks at the same points of its story, however long the others think.
 */
export class Lockstep {
  readonly #mine: () => Promise<void>;
  #running = 0;
  #waiting: { readonly resolve: () => void; readonly reject: (error: unknown) => void }[] = [];

  constructor(mine: () => Promise<void>) {
    this.#mine = mine;
  }

  /** Runs the programs side by side; resolves when all are over, rejects with the first failure after that. */
  async run<T>(programs: readonly (() => Promise<T>)[]): Promise<readonly T[]> {
    this.#running += programs.length;
    const ends = await Promise.allSettled(programs.map((program) => this.#follow(program)));
    return ends.map((end) => {
      if (end.status === 'rejected') throw end.reason;
      return end.value;
    });
  }

  /** Resolves with the next block. */
  block(): Promise<void> {
    return new Promise((resolve, reject) => {
      this.#waiting.push({ resolve, reject });
      this.#mineIfAllWait();
    });
  }

  async #follow<T>(program: () => Promise<T>): Promise<T> {
    try {
      return await program();
    } finally {
      this.#running -= 1;
      this.#mineIfAllWait();
    }
  }

  #mineIfAllWait(): void {
    if (this.#waiting.length === 0 || this.#waiting.length < this.#running) return;
    const waiting = this.#waiting;
    this.#waiting = [];
    this.#mine().then(
      () => {
        for (const { resolve } of waiting) resolve();
      },
      (error) => {
        for (const { reject } of waiting) reject(error);
      },
    );
  }
}
