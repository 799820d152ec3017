import { concat } from '../../base/bytes.ts';

/**
 * Gathers what is sent in one turn of the event loop into one frame: each costs a call of the kernel on both sides. The
 * frames of a connection are one stream of bytes (protocol section 11).
 */
export class FrameGatherer {
  readonly #limit: number;
  readonly #atEndOfTurn: (then: () => void) => void;
  readonly #send: (frame: Uint8Array) => void;
  #pieces: Uint8Array[] = [];
  #length = 0;

  /**
   * @param limit bytes that pieces share a frame up to; a longer piece has a frame of its own
   * @param atEndOfTurn calls back before the event loop goes on
   */
  constructor(limit: number, atEndOfTurn: (then: () => void) => void, send: (frame: Uint8Array) => void) {
    this.#limit = limit;
    this.#atEndOfTurn = atEndOfTurn;
    this.#send = send;
  }

  /** Bytes that wait for the end of the turn. */
  get length(): number {
    return this.#length;
  }

  push(piece: Uint8Array): void {
    if (this.#length + piece.length > this.#limit) this.flush();
    if (this.#pieces.length === 0) this.#atEndOfTurn(() => this.flush());
    this.#pieces.push(piece);
    this.#length += piece.length;
  }

  /** Sends now what waits. */
  flush(): void {
    const pieces = this.#pieces;
    const [first] = pieces;
    if (first === undefined) return;
    this.discard();
    this.#send(pieces.length === 1 ? first : concat(...pieces));
  }

  /** Sends nothing of what waits. */
  discard(): void {
    this.#pieces = [];
    this.#length = 0;
  }
}
