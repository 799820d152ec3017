import { fromJson, toJson } from '../../base/json.ts';
import type { NodeEvent } from '../../node/journal.ts';
import { checkedStore } from '../../store/checked.ts';
import { type Store, StoreError } from '../../store/port.ts';
import type { EventLog } from './eventLog.ts';
import { NO_UNITS, type Totals, withUnit } from './totals.ts';

const STORED_AS = 'rpcTotals';
const PAGE = 1000;
/** Events that are counted before it is written down. The store keeps more of them than that. */
const SAVED_AFTER = 500;

interface Counted {
  /** The first event that is not counted. */
  readonly next: number;
  readonly channels: Readonly<Record<string, Totals>>;
}

/**
 * What became of all units of the channels in which this node trades: counted from its events, and written down, since the
 * store forgets events and this must not.
 */
export class TraderTotals {
  readonly #log: EventLog;
  readonly #store: Store;
  #counted: Counted;
  #savedTo: number;
  #reading: Promise<void> | undefined;
  readonly stop: () => void;

  private constructor(
    log: EventLog,
    store: Store,
    counted: Counted,
    newest: number,
    failed: (error: unknown) => void,
  ) {
    this.#log = log;
    this.#store = store;
    this.#counted = counted;
    this.#savedTo = counted.next;
    let grown = newest + 1 - counted.next;
    // before they are forgotten, also when nobody asks
    this.stop = log.onGrowth(() => {
      if (++grown < SAVED_AFTER) return;
      grown = 0;
      this.#upToDate().catch(failed);
    });
  }

  /** Takes up what the store remembers. Rejects with `StoreError`. */
  static async open(log: EventLog, store: Store, failed: (error: unknown) => void): Promise<TraderTotals> {
    const checked = checkedStore(store);
    const text = await checked.value(STORED_AS);
    const counted = text === undefined ? { next: 1, channels: {} } : parse(text);
    return new TraderTotals(log, checked, counted, await log.last(), failed);
  }

  /** Of one channel, with every event that there is by now. Rejects with `StoreError`. */
  async of(key: string): Promise<Totals> {
    await this.#upToDate();
    return this.#counted.channels[key] ?? NO_UNITS;
  }

  #upToDate(): Promise<void> {
    this.#reading ??= this.#readOn().finally(() => {
      this.#reading = undefined;
    });
    return this.#reading;
  }

  async #readOn(): Promise<void> {
    for (;;) {
      const events = await this.#log.events(this.#counted.next, PAGE);
      const newest = events.at(-1);
      if (newest === undefined) break;
      const channels = events.reduce(counting, this.#counted.channels);
      this.#counted = { next: newest.seq + 1, channels };
    }
    const { next } = this.#counted;
    if (next - this.#savedTo < SAVED_AFTER) return;
    await this.#store.setValue(STORED_AS, toJson(this.#counted));
    this.#savedTo = next;
  }
}

function counting(channels: Counted['channels'], { channel, notice }: NodeEvent): Counted['channels'] {
  const before = channels[channel] ?? NO_UNITS;
  switch (notice.type) {
    case 'unitSettled':
      return {
        ...channels,
        [channel]: withUnit(before, notice.delivery, 'settled', notice.gridFeeMsat),
      };
    case 'unitForfeited':
      return { ...channels, [channel]: withUnit(before, notice.delivery, 'forfeited', 0n) };
    case 'unitCancelled':
      return { ...channels, [channel]: withUnit(before, notice.delivery, 'cancelled', 0n) };
    default:
      return channels;
  }
}

function parse(text: string): Counted {
  const parsed = fromJson(text);
  if (!parsed.ok) throw new StoreError('corrupt', 'the stored totals are not JSON');
  return parsed.value as unknown as Counted;
}
