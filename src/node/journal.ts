import { fromJson, toJson } from '../base/json.ts';
import { type Store, StoreError } from '../store/port.ts';
import type { ChannelNotice } from './work.ts';

/** Something that an application is told of a channel, as it is kept in the store. */
export interface KeptNotice {
  /** The channel's key. */
  readonly channel: string;
  /** Unix seconds by this node's clock. */
  readonly at: number;
  readonly notice: ChannelNotice;
}

/** A kept notice under its number: from 1 on, over all channels of the node, grows by one and is never given twice. */
export interface NodeEvent extends KeptNotice {
  readonly seq: number;
}

/** Events that are dropped at once. */
const DROPPED_AT_ONCE = 1000;
/** Events that are read at once. */
const CHUNK = 100;

/** A kept notice as it is stored. */
export function eventText(event: KeptNotice): string {
  return toJson(event);
}

/** What the node's channels told, in the order in which it was stored, for applications that come back. */
export class Journal {
  readonly #store: Store;
  /** The newest events that are kept, at least; older ones are forgotten. */
  readonly #kept: number;
  readonly #fail: (error: unknown) => void;
  readonly #readers = new Set<Reader>();
  #last = 0;
  #dropAt = 0;

  constructor(store: Store, kept: number, fail: (error: unknown) => void) {
    this.#store = store;
    this.#kept = kept;
    this.#fail = fail;
  }

  async load(): Promise<void> {
    this.#last = await this.#store.lastEvent();
    this.#dropAt = this.#last;
  }

  /** `count` more events are in the store. */
  grew(count: number): void {
    if (count === 0) return;
    this.#last += count;
    for (const reader of this.#readers) this.#readOn(reader);
    if (this.#last < this.#dropAt + DROPPED_AT_ONCE) return;
    this.#dropAt = this.#last;
    if (this.#last > this.#kept) this.#store.dropEvents(this.#last - this.#kept + 1).catch(this.#fail);
  }

  /** Events from number `from` (default 1) on, or from the oldest that is kept; at most `limit` (default 100) of them. */
  async events(from?: number, limit: number = CHUNK): Promise<readonly NodeEvent[]> {
    return (await this.#store.events(from, limit)).map(({ seq, event }) => ({ ...parse(event), seq }));
  }

  /** Calls `listener` for each event from number `from` on (default: the next one), in order. Returns the way to stop. */
  onEvent(listener: (event: NodeEvent) => void, from: number = this.#last + 1): () => void {
    const reader: Reader = { listener, next: from, reading: false };
    this.#readers.add(reader);
    if (from <= this.#last) this.#readOn(reader);
    return () => {
      this.#readers.delete(reader);
    };
  }

  #readOn(reader: Reader): void {
    if (reader.reading) return;
    reader.reading = true;
    this.#tell(reader).catch(this.#fail);
  }

  async #tell(reader: Reader): Promise<void> {
    try {
      while (reader.next <= this.#last) {
        const events = await this.events(reader.next);
        for (const event of events) {
          if (!this.#readers.has(reader)) return;
          reader.next = event.seq + 1;
          queueMicrotask(() => reader.listener(event));
        }
        if (events.length === 0) return;
      }
    } finally {
      reader.reading = false;
    }
  }
}

interface Reader {
  readonly listener: (event: NodeEvent) => void;
  /** Number of the first event that it was not told. */
  next: number;
  reading: boolean;
}

/** What {@link eventText} wrote: our own text, from our own store. */
function parse(text: string): KeptNotice {
  const parsed = fromJson(text);
  if (!parsed.ok) throw new StoreError('corrupt', `stored event is not JSON: ${parsed.error.reason}`);
  return parsed.value as KeptNotice;
}
