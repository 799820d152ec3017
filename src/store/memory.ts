import { invariant } from '../base/invariant.ts';
import {
  type ChannelWrite,
  type NewRecord,
  type Store,
  type StoredAction,
  type StoredChannel,
  type StoredEvent,
  StoreError,
} from './port.ts';

/** Where a failure hits: the process dies before or after the write reached the disk, or this write alone fails. */
export type WriteFailure = 'crashBefore' | 'crashAfter' | 'once';

/** What {@link MemoryStoreOptions.onCommit} is told of a write that took effect. */
export type StoreWrite =
  | { readonly type: 'channel'; readonly key: string; readonly write: ChannelWrite }
  | { readonly type: 'forget'; readonly key: string }
  | { readonly type: 'value'; readonly name: string; readonly value: string }
  | { readonly type: 'events'; readonly events: readonly string[] }
  | { readonly type: 'dropEvents'; readonly below: number };

export interface MemoryStoreOptions {
  /** Called after each write took effect and before it resolves; `snapshot()` then is what a crash leaves. */
  readonly onCommit?: (write: StoreWrite) => void;
}

/** A store that lives as long as the process, for tests, examples and simulations. */
export interface MemoryStore extends Store {
  /** Writes that took effect. */
  readonly writes: number;
  /** An independent, open copy without hook and failures: what a process that starts after a crash at this moment finds. */
  snapshot(): MemoryStore;
  /**
   * Makes the `n`-th write from now (1 is the next) reject with a {@link StoreError}. After a crash every
   * later call rejects with `closed`, as a dead process does nothing more; {@link snapshot} goes on working.
   */
  failAt(n: number, failure?: WriteFailure): void;
}

interface Channel {
  readonly state: string;
  readonly monitor: string | null;
  readonly pending: readonly StoredAction[];
}

interface Disk {
  readonly channels: Map<string, Channel>;
  readonly records: Map<string, NewRecord[]>;
  readonly values: Map<string, string>;
  readonly events: StoredEvent[];
  lastEvent: number;
}

/** An empty {@link MemoryStore}. */
export function memoryStore(options: MemoryStoreOptions = {}): MemoryStore {
  const disk = { channels: new Map(), records: new Map(), values: new Map(), events: [], lastEvent: 0 };
  return new InMemory(disk, options);
}

class InMemory implements MemoryStore {
  readonly #disk: Disk;
  readonly #options: MemoryStoreOptions;
  #writes = 0;
  #closed: string | undefined;
  #planned: { left: number; readonly failure: WriteFailure } | undefined;

  constructor(disk: Disk, options: MemoryStoreOptions) {
    this.#disk = disk;
    this.#options = options;
  }

  get writes(): number {
    return this.#writes;
  }

  snapshot(): MemoryStore {
    const { channels, records, values, events, lastEvent } = this.#disk;
    const copies = [...records].map(([key, list]): [string, NewRecord[]] => [key, [...list]]);
    return new InMemory(
      {
        channels: new Map(channels),
        records: new Map(copies),
        values: new Map(values),
        events: [...events],
        lastEvent,
      },
      {},
    );
  }

  failAt(n: number, failure: WriteFailure = 'crashBefore'): void {
    invariant(Number.isSafeInteger(n) && n > 0, `not the number of a write to come: ${n}`);
    this.#planned = { left: n, failure };
  }

  async channels(): Promise<readonly StoredChannel[]> {
    this.#requireOpen();
    const keys = [...this.#disk.channels.keys()].sort();
    return keys.flatMap((key) => this.#stored(key) ?? []);
  }

  async channel(key: string): Promise<StoredChannel | undefined> {
    this.#requireOpen();
    return this.#stored(key);
  }

  async commit(key: string, write: ChannelWrite): Promise<void> {
    this.#requireOpen();
    const next = applyWrite(this.#disk.channels.get(key), write);
    this.#write({ type: 'channel', key, write }, () => {
      this.#disk.channels.set(key, next);
      this.#append(key, write.records ?? []);
      this.#appendEvents(write.events ?? []);
    });
  }

  async forget(key: string): Promise<void> {
    this.#requireOpen();
    this.#write({ type: 'forget', key }, () => {
      this.#disk.channels.delete(key);
      this.#disk.records.delete(key);
    });
  }

  async records(key: string, from = 0, limit = Number.POSITIVE_INFINITY): Promise<readonly string[]> {
    this.#requireOpen();
    return (
      this.#disk.records
        .get(key)
        ?.slice(from, from + limit)
        .map(textOf) ?? []
    );
  }

  async recordsAbout(key: string, about: string): Promise<readonly string[]> {
    this.#requireOpen();
    const records = this.#disk.records.get(key) ?? [];
    return records.flatMap((each) => (typeof each !== 'string' && each.about === about ? [each.text] : []));
  }

  async appendEvents(events: readonly string[]): Promise<void> {
    this.#requireOpen();
    this.#write({ type: 'events', events }, () => this.#appendEvents(events));
  }

  async events(from = 1, limit = Number.POSITIVE_INFINITY): Promise<readonly StoredEvent[]> {
    this.#requireOpen();
    const { events } = this.#disk;
    const start = Math.max(0, from - (events[0]?.seq ?? from));
    return events.slice(start, start + limit);
  }

  async lastEvent(): Promise<number> {
    this.#requireOpen();
    return this.#disk.lastEvent;
  }

  async dropEvents(below: number): Promise<void> {
    this.#requireOpen();
    const { events } = this.#disk;
    this.#write({ type: 'dropEvents', below }, () => {
      const kept = events.findIndex(({ seq }) => seq >= below);
      events.splice(0, kept < 0 ? events.length : kept);
    });
  }

  async value(name: string): Promise<string | undefined> {
    this.#requireOpen();
    return this.#disk.values.get(name);
  }

  async setValue(name: string, value: string): Promise<void> {
    this.#requireOpen();
    this.#write({ type: 'value', name, value }, () => this.#disk.values.set(name, value));
  }

  async close(): Promise<void> {
    this.#closed ??= 'the store was closed';
  }

  #requireOpen(): void {
    if (this.#closed !== undefined) throw new StoreError('closed', this.#closed);
  }

  #stored(key: string): StoredChannel | undefined {
    const channel = this.#disk.channels.get(key);
    if (channel === undefined) return undefined;
    return { key, ...channel, recordCount: this.#disk.records.get(key)?.length ?? 0 };
  }

  #appendEvents(events: readonly string[]): void {
    for (const event of events) this.#disk.events.push({ seq: ++this.#disk.lastEvent, event });
  }

  #append(key: string, records: readonly NewRecord[]): void {
    const list = this.#disk.records.get(key) ?? [];
    for (const record of records) list.push(record);
    this.#disk.records.set(key, list);
  }

  #write(write: StoreWrite, apply: () => void): void {
    const failure = this.#failureOfThisWrite();
    if (failure === 'crashBefore' || failure === 'once') throw this.#fail(failure);
    apply();
    this.#writes += 1;
    if (failure === 'crashAfter') throw this.#fail(failure);
    this.#options.onCommit?.(write);
  }

  #failureOfThisWrite(): WriteFailure | undefined {
    if (this.#planned === undefined) return undefined;
    this.#planned.left -= 1;
    if (this.#planned.left > 0) return undefined;
    const { failure } = this.#planned;
    this.#planned = undefined;
    return failure;
  }

  #fail(failure: WriteFailure): StoreError {
    if (failure !== 'once') this.#closed = 'the process died';
    return new StoreError('io', `failure asked for by the test: ${failure}`);
  }
}

function textOf(record: NewRecord): string {
  return typeof record === 'string' ? record : record.text;
}

function applyWrite(channel: Channel | undefined, write: ChannelWrite): Channel {
  const state = write.state ?? channel?.state;
  invariant(state !== undefined, 'the first write of a channel names its state');
  const pending = [...(channel?.pending ?? [])];
  for (const action of write.actions ?? []) {
    const last = pending.at(-1);
    invariant(last === undefined || action.id > last.id, `action id ${action.id} does not grow`);
    pending.push({ id: action.id, action: action.action });
  }
  const done = new Set(write.done);
  return {
    state,
    monitor: write.monitor ?? channel?.monitor ?? null,
    pending: done.size === 0 ? pending : pending.filter(({ id }) => !done.has(id)),
  };
}
