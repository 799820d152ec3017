import { invariant } from '../../base/invariant.ts';

/** A stream of bytes that comes in pieces of any length and is taken in others. */
export class ByteQueue {
  #pieces: Uint8Array[] = [];
  #length = 0;

  get length(): number {
    return this.#length;
  }

  push(piece: Uint8Array): void {
    if (piece.length === 0) return;
    this.#pieces.push(piece);
    this.#length += piece.length;
  }

  /** The next `length` bytes; there must be as many. */
  take(length: number): Uint8Array {
    invariant(length <= this.#length, `${length} bytes taken of ${this.#length}`);
    const whole = this.#joined(length);
    this.#pieces = whole.length > length ? [whole.subarray(length), ...this.#pieces] : this.#pieces;
    this.#length -= length;
    return whole.subarray(0, length);
  }

  /** Takes out pieces until there are at least `length` bytes. */
  #joined(length: number): Uint8Array {
    const [first] = this.#pieces;
    if (first !== undefined && first.length >= length) {
      this.#pieces.shift();
      return first;
    }
    const whole = new Uint8Array(this.#length);
    let offset = 0;
    for (const piece of this.#pieces) {
      whole.set(piece, offset);
      offset += piece.length;
    }
    this.#pieces = [];
    return whole;
  }
}
