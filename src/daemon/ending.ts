import { StoreError } from '../store/port.ts';
import type { Log } from './log.ts';
import type { Opened } from './opened.ts';

/** `error` is what forced a stop that nobody asked for. */
export interface Ended {
  readonly error: unknown;
}

/** How a daemon ends: once, by whoever comes first. */
export class Ending {
  readonly ended: Promise<Ended>;
  readonly #opened: Opened;
  readonly #log: Log;
  #resolve: (ended: Ended) => void = () => {};
  #begun = false;

  constructor(opened: Opened, log: Log) {
    this.#opened = opened;
    this.#log = log;
    this.ended = new Promise((resolve) => {
      this.#resolve = resolve;
    });
  }

  get begun(): boolean {
    return this.#begun;
  }

  /** Something failed outside of any call. What another try cannot mend ends the daemon: a supervisor starts it anew. */
  failed(error: unknown): void {
    this.#log.error({ error }, 'failed');
    if (isFatal(error)) void this.end(error);
  }

  end(error: unknown): Promise<Ended> {
    if (!this.#begun) {
      this.#begun = true;
      this.#log.info(error === undefined ? {} : { error }, 'stopping');
      void this.#opened.close().then(() => {
        this.#log.info('stopped');
        this.#resolve({ error });
      });
    }
    return this.ended;
  }
}

/** A store that has failed for good answers nothing more: the node can do no work, and a new start sees what it holds. */
function isFatal(error: unknown): boolean {
  if (error instanceof StoreError) return !error.retry;
  return error instanceof Error && error.cause !== undefined && isFatal(error.cause);
}
