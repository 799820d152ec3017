import { Allowances } from '../transport/websocket/limits.ts';
import type { Clock } from './clock.ts';

/** Messages of one peer that may come to nothing: at once, and then one per second. */
export const USELESS_MESSAGES = 1_000;
/** Messages of one peer that may wait to be dealt with, where the transport does not hold them back itself. */
export const WAITING_MESSAGES = 10_000;

/**
 * How much of our work a peer may cause for nothing. What is refused, unknown or too much costs a signature check or an
 * answer, and its sender nothing: whoever says more of it than an honest node can is cut off, by name, and again as soon as
 * it goes on after its next connection.
 */
export class Patience {
  readonly #useless: Allowances;
  readonly #waiting = new Map<string, number>();
  readonly #cut: (nodeId: string, reason: string) => void;

  constructor(clock: Clock, cut: (nodeId: string, reason: string) => void) {
    this.#useless = new Allowances(clock, USELESS_MESSAGES);
    this.#cut = cut;
  }

  /** A message came to nothing. */
  spend(nodeId: string): void {
    if (!this.#useless.take(nodeId)) this.#cut(nodeId, 'too many messages that came to nothing');
  }

  /** Holds a message as waiting until `done` settles. */
  async wait(nodeId: string, done: Promise<void>): Promise<void> {
    const waiting = (this.#waiting.get(nodeId) ?? 0) + 1;
    this.#waiting.set(nodeId, waiting);
    if (waiting > WAITING_MESSAGES) this.#cut(nodeId, 'too many messages wait');
    try {
      await done;
    } finally {
      const left = (this.#waiting.get(nodeId) ?? 1) - 1;
      if (left === 0) this.#waiting.delete(nodeId);
      else this.#waiting.set(nodeId, left);
    }
  }
}
