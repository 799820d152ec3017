import type { UnitOrder, Verdict } from '../market/attestation.ts';
import type { VerifiedReading } from '../market/meter.ts';
import { type Store, StoreError } from '../store/port.ts';
import {
  type BookStep,
  bookBlock,
  bookCancel,
  bookOrder,
  bookReading,
  type MeterBook,
  meterBookFromJson,
  meterBookToJson,
} from './meters.ts';
import type { Policy } from './options.ts';

const STORED_AS = 'meters';

/**
 * Keeps the utility's book of meters, one entry after the other. Verdicts go to their channels before the book is
 * stored: after a crash in between they are made again, and a channel takes only the first word on a unit.
 */
export class MeterDesk {
  readonly #store: Store;
  readonly #policy: Policy;
  readonly #onVerdict: (verdict: Verdict) => Promise<void>;
  #book: MeterBook = {};
  #queue: Promise<void> = Promise.resolve();

  constructor(store: Store, policy: Policy, onVerdict: (verdict: Verdict) => Promise<void>) {
    this.#store = store;
    this.#policy = policy;
    this.#onVerdict = onVerdict;
  }

  async load(): Promise<void> {
    const stored = await this.#store.value(STORED_AS);
    if (stored === undefined) return;
    const book = meterBookFromJson(stored);
    if (book === undefined) throw new StoreError('corrupt', 'the stored meters are not JSON');
    this.#book = book;
  }

  order(meter: Uint8Array, order: UnitOrder): Promise<void> {
    return this.#enter((book) => ({ book: bookOrder(book, meter, order), verdicts: [] }));
  }

  cancel(meter: Uint8Array, channelId: Uint8Array, unit: bigint): Promise<void> {
    return this.#enter((book) => bookCancel(book, meter, channelId, unit));
  }

  /** `refused` hears why a reading does not count, if it does not. */
  read(
    meter: Uint8Array,
    reading: VerifiedReading,
    height: number,
    refused: (reason: string) => void,
  ): Promise<void> {
    const capacity = this.#policy.certifiedCapacityWhPerHour(meter);
    return this.#enter((book) => {
      const { problem, ...step } = bookReading(book, meter, reading, height, capacity);
      if (problem !== null) refused(problem);
      return step;
    });
  }

  block(height: number): Promise<void> {
    return this.#enter((book) => bookBlock(book, height));
  }

  /** Resolves when everything entered before is stored and decided. */
  idle(): Promise<void> {
    return this.#queue;
  }

  #enter(change: (book: MeterBook) => BookStep): Promise<void> {
    const done = this.#queue.then(async () => {
      const { book, verdicts } = change(this.#book);
      for (const verdict of verdicts) await this.#onVerdict(verdict);
      if (book === this.#book) return;
      // what one write fails to store is in the next one
      this.#book = book;
      await this.#store.setValue(STORED_AS, meterBookToJson(book));
    });
    this.#queue = done.catch(() => {});
    return done;
  }
}
