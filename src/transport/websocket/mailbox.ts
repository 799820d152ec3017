import type { Socket } from './socket.ts';

/** What a message counts for beside its bytes: many small ones cost as well. */
const PER_MESSAGE = 64;
/** A socket that cannot be paused may hand over this many times what one that can. */
const WITHOUT_PAUSE = 4;

/**
 * Messages on their way from a socket to the listener, and the news of the end after them. Reads no more while too much
 * waits, for a listener or for what a listener does with it.
 */
export class Mailbox {
  readonly #limit: number;
  readonly #socket: Pick<Socket, 'pause' | 'resume'>;
  readonly #overflow: () => void;
  #messages: Uint8Array[] = [];
  #closeListeners: ((reason: string) => void)[] = [];
  #listener: ((message: Uint8Array) => unknown) | undefined;
  #waiting = 0;
  #reason: string | undefined;
  #paused = false;

  /** `overflow` is called when too much came from a socket that cannot be paused. */
  constructor(limit: number, socket: Pick<Socket, 'pause' | 'resume'>, overflow: () => void) {
    this.#limit = limit;
    this.#socket = socket;
    this.#overflow = overflow;
  }

  get isPaused(): boolean {
    return this.#paused;
  }

  put(message: Uint8Array): void {
    this.#messages.push(message);
    this.#count(message.length + PER_MESSAGE);
    this.#handOver();
  }

  onMessage(listener: (message: Uint8Array) => unknown): void {
    this.#listener = listener;
    queueMicrotask(() => this.#handOver());
  }

  onClose(listener: (reason: string) => void): void {
    const reason = this.#reason;
    if (reason === undefined) this.#closeListeners.push(listener);
    else queueMicrotask(() => this.#report(listener, reason));
  }

  /** Hands over nothing more. */
  discard(): void {
    for (const { length } of this.#messages) this.#count(-length - PER_MESSAGE);
    this.#messages = [];
  }

  /** Nothing comes any more. */
  end(reason: string): void {
    this.#reason = reason;
    for (const listener of this.#closeListeners) queueMicrotask(() => this.#report(listener, reason));
    this.#closeListeners = [];
  }

  #report(listener: (reason: string) => void, reason: string): void {
    this.#handOver();
    listener(reason);
  }

  #handOver(): void {
    const listener = this.#listener;
    if (listener === undefined) return;
    for (let message = this.#messages.shift(); message !== undefined; message = this.#messages.shift()) {
      const size = message.length + PER_MESSAGE;
      const done = () => this.#count(-size);
      const work = listener(message);
      if (work instanceof Promise) work.then(done, done);
      else done();
    }
  }

  #count(bytes: number): void {
    this.#waiting += bytes;
    if (this.#paused && this.#waiting <= this.#limit / 2) {
      this.#paused = false;
      this.#socket.resume?.();
    } else if (!this.#paused && this.#waiting > this.#limit && this.#socket.pause !== undefined) {
      this.#paused = true;
      this.#socket.pause();
    } else if (this.#socket.pause === undefined && this.#waiting > WITHOUT_PAUSE * this.#limit)
      this.#overflow();
  }
}
