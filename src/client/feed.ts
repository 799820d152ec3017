import type { RpcEvent } from '../rpc/shapes/event.ts';

/** Events that may wait for their reader; the node is told to stop when there are more. */
const MOST_UNREAD = 4096;

/** The events of one subscription on their way to its reader, over all the connections that it takes. */
export class EventFeed {
  /** The node's name of the subscription on the present connection. */
  id: number | undefined;
  /** The connection on which it is being asked for. */
  beginning: object | undefined;
  /** The next event wanted; `undefined` until the node has said what the first will be. */
  position: number | undefined;
  readonly #unread: RpcEvent[] = [];
  #reader: (() => void) | undefined;
  #failure: Error | undefined;
  #finished = false;

  constructor(from: number | undefined) {
    this.position = from;
  }

  get over(): boolean {
    return this.#finished || this.#failure !== undefined;
  }

  /** Whether the reader is so far behind that nothing more is taken until it has read all. */
  get full(): boolean {
    return this.#unread.length >= MOST_UNREAD;
  }

  /** Takes an event, unless it was seen before or there is no room. */
  push(event: RpcEvent): void {
    if (this.over || this.full || (this.position !== undefined && event.sequence < this.position)) return;
    this.position = event.sequence + 1;
    this.#unread.push(event);
    this.#wake();
  }

  /** The next events, oldest first; `undefined` at the end. Rejects with what ended it, after all that came before. */
  async take(): Promise<readonly RpcEvent[] | undefined> {
    while (this.#unread.length === 0) {
      if (this.#failure !== undefined) throw this.#failure;
      if (this.#finished) return undefined;
      await new Promise<void>((resolve) => {
        this.#reader = resolve;
      });
    }
    return this.#unread.splice(0);
  }

  fail(error: Error): void {
    this.#failure ??= error;
    this.#wake();
  }

  finish(): void {
    this.#finished = true;
    this.#wake();
  }

  #wake(): void {
    this.#reader?.();
    this.#reader = undefined;
  }
}
