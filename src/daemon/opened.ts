import type { Log } from './log.ts';

/** What was opened, to be closed again in the reverse order, all of it, whatever fails on the way. */
export class Opened {
  readonly #log: Log;
  readonly #closers: { readonly what: string; readonly close: () => Promise<void> | void }[] = [];
  #closing: Promise<void> | undefined;

  constructor(log: Log) {
    this.#log = log;
  }

  /** What is opened while all is closed is closed as well, at once. */
  add(what: string, close: () => Promise<void> | void): void {
    this.#closers.push({ what, close });
    if (this.#closing !== undefined) this.#closing = this.#closing.then(() => this.#close());
  }

  /** Resolves when everything is closed; what cannot be is logged. The second call waits for the first. */
  close(): Promise<void> {
    this.#closing ??= this.#close();
    return this.#closing;
  }

  async #close(): Promise<void> {
    for (const { what, close } of this.#closers.splice(0).reverse()) {
      this.#log.debug({ what }, 'closing');
      try {
        await close();
      } catch (error) {
        this.#log.error({ what, error }, 'could not be closed in order');
      }
    }
  }
}
