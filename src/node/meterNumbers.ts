import { toJson } from '../base/json.ts';
import type { Store } from '../store/port.ts';
import { storedValue } from './beginning.ts';

const STORED_AS = 'meterSequence';
/** Numbers that are given out by one write; a crash skips what is left of them. */
const AT_ONCE = 1000n;

/** More than a meter is read in a second for long. */
const PER_SECOND = 1000n;

/**
 * The numbers of the readings of the node's own meter: each is given out once, and greater than those before, also where
 * an old store, or none, does not say how many there were. A second meaning of a number would be a false reading.
 */
export class MeterNumbers {
  readonly #store: Store;
  readonly #now: () => number;
  #next = 0n;
  /** First number that is not given out on the disk. */
  #end = 0n;
  #queue: Promise<unknown> = Promise.resolve();

  /** @param now Unix seconds */
  constructor(store: Store, now: () => number) {
    this.#store = store;
    this.#now = now;
  }

  /** Resolves once the number is given out whatever crashes. Rejects with a `StoreError`. */
  next(): Promise<bigint> {
    const number = this.#queue.catch(() => {}).then(() => this.#take());
    this.#queue = number;
    return number;
  }

  async #take(): Promise<bigint> {
    if (this.#next === this.#end) {
      const known = await storedValue<bigint>(this.#store, STORED_AS, 0n);
      const least = BigInt(Math.max(0, Math.floor(this.#now()))) * PER_SECOND;
      const first = known > least ? known : least;
      await this.#store.setValue(STORED_AS, toJson(first + AT_ONCE));
      [this.#next, this.#end] = [first, first + AT_ONCE];
    }
    return this.#next++;
  }
}
