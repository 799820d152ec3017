/** Something that is read as it comes, until it is finished or fails. */
export abstract class Waiting<T> {
  #reader: (() => void) | undefined;
  #failure: Error | undefined;
  #finished = false;

  get over(): boolean {
    return this.#finished || this.#failure !== undefined;
  }

  /** What there is now, which is then read; `undefined` when there is nothing. */
  protected abstract next(): T | undefined;

  /** What comes next; `undefined` at the end. Rejects with what ended it, after all that came before. */
  async take(): Promise<T | undefined> {
    for (;;) {
      const found = this.next();
      if (found !== undefined) return found;
      if (this.#failure !== undefined) throw this.#failure;
      if (this.#finished) return undefined;
      await new Promise<void>((resolve) => {
        this.#reader = resolve;
      });
    }
  }

  fail(error: Error): void {
    this.#failure ??= error;
    this.wake();
  }

  finish(): void {
    this.#finished = true;
    this.wake();
  }

  /** There is something to read. */
  protected wake(): void {
    this.#reader?.();
    this.#reader = undefined;
  }
}
