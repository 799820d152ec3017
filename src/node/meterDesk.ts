import type { UnitOrder, Verdict } from '../market/attestation.ts';
import type { VerifiedReading } from '../market/meter.ts';
import { type Store, StoreError } from '../store/port.ts';
import type { Clock } from './clock.ts';
import {
  type BookStep,
  bookBlock,
  bookCancel,
  bookOrder,
  bookReading,
  type MeterBook,
  metersFromJson,
  metersToJson,
  type StoredMeters,
} from './meters.ts';
import type { Policy } from './options.ts';

const STORED_AS = 'meters';
/** For how long an order may wait for the write of a verdict, and a failed write for the next attempt, milliseconds. */
const PATIENCE_MS = 10;
const RETRY_MS = 1000;

export interface MeterDeskOptions {
  readonly store: Pick<Store, 'value' | 'setValue'>;
  readonly policy: Pick<Policy, 'certifiedCapacityWhPerHour'>;
  readonly clock: Pick<Clock, 'after'>;
  /** Whether somebody waits until everything is stored. */
  readonly isAwaited: () => boolean;
  /** Resolves when the verdict's channel has stored it. */
  readonly onVerdict: (verdict: Verdict) => Promise<unknown>;
}

/**
 * Keeps the utility's book of meters. The write of a verdict's book is called ahead of that of its channel, so that no
 * statement leaves without the book that it follows from; a verdict is in the book until its channel has it, and is told
 * again after a crash: a channel takes only the first word on a unit. What was ordered is done when a book with it is on
 * the disk.
 */
export class MeterDesk {
  readonly #options: MeterDeskOptions;
  #desk: StoredMeters = { book: {}, untold: [] };
  #isSaved = true;
  #waiting: { readonly resolve: () => void; readonly reject: (error: unknown) => void }[] = [];
  #callOffSave: (() => void) | undefined;
  readonly #telling = new Map<Verdict, Promise<void>>();

  constructor(options: MeterDeskOptions) {
    this.#options = options;
  }

  async load(): Promise<void> {
    const stored = await this.#options.store.value(STORED_AS);
    if (stored === undefined) return;
    const meters = metersFromJson(stored);
    if (meters === undefined) throw new StoreError('corrupt', 'the stored meters are not JSON');
    this.#desk = meters;
  }

  get book(): MeterBook {
    return this.#desk.book;
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
    const capacity = this.#options.policy.certifiedCapacityWhPerHour(meter);
    return this.#enter((book) => {
      const { problem, ...step } = bookReading(book, meter, reading, height, capacity);
      if (problem !== null) refused(problem);
      return step;
    });
  }

  async block(height: number): Promise<void> {
    const entered = this.#enter((book) => bookBlock(book, height));
    await Promise.all([entered, this.tellAgain()]);
  }

  /** Tells what channels could not be told, for example before a crash. */
  async tellAgain(): Promise<void> {
    await Promise.all(this.#desk.untold.map((verdict) => this.#tell(verdict)));
  }

  /** Resolves when everything entered before is stored and told, or could not be. */
  async idle(): Promise<void> {
    while (!this.#isSaved || this.#telling.size > 0) {
      const failed = await Promise.all([this.#isSaved || this.#save(), ...this.#telling.values()]).then(
        () => false,
        () => true,
      );
      if (failed) return;
    }
  }

  #enter(change: (book: MeterBook) => BookStep): Promise<void> {
    const { book, verdicts } = change(this.#desk.book);
    const isNews = book !== this.#desk.book || verdicts.length > 0;
    if (!isNews && this.#isSaved) return this.tellAgain();
    this.#desk = { book, untold: [...this.#desk.untold, ...verdicts] };
    this.#isSaved = false;
    const stored = new Promise<void>((resolve, reject) => this.#waiting.push({ resolve, reject }));
    if (verdicts.length === 0 && !this.#options.isAwaited()) this.#saveWithin(PATIENCE_MS);
    else this.#save().catch(() => {});
    // with it what could not be told before: whoever enters again what failed on a full disk has nothing new to tell
    return Promise.all([stored, this.tellAgain()]).then(() => {});
  }

  #saveWithin(ms: number): void {
    this.#callOffSave ??= this.#options.clock.after(ms, () => {
      this.#save().catch(() => {});
    });
  }

  /** What one write fails to store is in the next one. */
  async #save(): Promise<void> {
    this.#callOffSave?.();
    this.#callOffSave = undefined;
    const waiting = this.#waiting.splice(0);
    this.#isSaved = true;
    try {
      await this.#options.store.setValue(STORED_AS, metersToJson(this.#desk));
      for (const { resolve } of waiting) resolve();
    } catch (error) {
      this.#isSaved = false;
      this.#saveWithin(RETRY_MS);
      for (const { reject } of waiting) reject(error);
      throw error;
    }
  }

  #tell(verdict: Verdict): Promise<void> {
    const known = this.#telling.get(verdict);
    if (known !== undefined) return known;
    const told = this.#options
      .onVerdict(verdict)
      .then(() => {
        this.#desk = { ...this.#desk, untold: this.#desk.untold.filter((each) => each !== verdict) };
      })
      .finally(() => this.#telling.delete(verdict));
    this.#telling.set(verdict, told);
    return told;
  }
}
