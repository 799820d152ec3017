/**
 * Reads something again when it may have changed: one reading at a time, at most one for each `gapMs`, and always one
 * that began after the last change.
 */
export class Refresher {
  readonly #read: () => Promise<void>;
  readonly #gapMs: number;
  #running = false;
  #wanted = false;

  constructor(read: () => Promise<void>, gapMs = 200) {
    this.#read = read;
    this.#gapMs = gapMs;
  }

  /** It may have changed. */
  ask(): void {
    this.#wanted = true;
    if (!this.#running) void this.#run();
  }

  async #run(): Promise<void> {
    this.#running = true;
    while (this.#wanted) {
      this.#wanted = false;
      await this.#read().catch(() => undefined); // a lost connection: it is asked again when there is one
      await new Promise((resolve) => setTimeout(resolve, this.#gapMs));
    }
    this.#running = false;
  }
}
