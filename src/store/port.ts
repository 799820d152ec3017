/** Something to do that was decided and stored, but is not known to be done. */
export interface StoredAction {
  /** Unique among what is pending, and growing. */
  readonly id: number;
  /** JSON. */
  readonly action: string;
}

/** What is stored of one channel. */
export interface StoredChannel {
  readonly key: string;
  /** JSON of the channel's state. */
  readonly state: string;
  /** JSON of the chain monitor's state. */
  readonly monitor: string | null;
  /** Actions not marked done, in order of id. */
  readonly pending: readonly StoredAction[];
  /** How many records were appended; the records are read with {@link Store.records}. */
  readonly recordCount: number;
}

/** One atomic change of a channel; what is not named stays as it is. */
export interface ChannelWrite {
  /** Required by the first write of a channel. */
  readonly state?: string;
  readonly monitor?: string;
  /** New actions, by growing id, above every one that is pending. */
  readonly actions?: readonly StoredAction[];
  /** Ids of actions to mark done, new ones of this write included; ids that are not pending are ignored. */
  readonly done?: readonly number[];
  /** Appended; never rewritten (revoked states, receipts). */
  readonly records?: readonly NewRecord[];
  /** What an application is told of this write: appended to the store's events, in the same write. */
  readonly events?: readonly string[];
}

/** A record's text alone, or with a word by which {@link Store.recordsAbout} finds it. */
export type NewRecord = string | { readonly about: string; readonly text: string };

/** Something an application is told, under its number in the store. */
export interface StoredEvent {
  /** From 1 on, over all channels and what belongs to none; grows by one and is never given twice. */
  readonly seq: number;
  /** JSON. */
  readonly event: string;
}

/**
 * What this library needs of a disk. Keys, names and the words records are about are ASCII text. Reads see every write
 * that was called before them; writes take effect in the order of their calls. Writes that are called before the process
 * turns to its next event may share one sync of the disk: each resolves once all of them are durable, and if the disk
 * fails each rejects and nothing of any was stored. Who has several writes to make calls them all, then waits. Methods
 * reject with {@link StoreError}.
 */
export interface Store {
  /** Every channel, in order of key. */
  channels(): Promise<readonly StoredChannel[]>;
  channel(key: string): Promise<StoredChannel | undefined>;
  /**
   * Writes all of `write` or nothing; durable when it resolves. If it rejects, nothing of it was stored,
   * or the store answers nothing more until it is opened anew. Throws `InvariantError` (as a rejection)
   * for a first write without state and for action ids that do not grow; nothing is stored then.
   */
  commit(key: string, write: ChannelWrite): Promise<void>;
  /**
   * Removes a channel with its monitor, actions and records; what the application was told stays. Durable when it
   * resolves; nothing happens where there is none.
   */
  forget(key: string): Promise<void>;
  /** Records of a channel from index `from` (default 0) on, in the order of appending; at most `limit` of them. */
  records(key: string, from?: number, limit?: number): Promise<readonly string[]>;
  /** The records of a channel that are about just this, in the order of appending; as fast in a channel of millions. */
  recordsAbout(key: string, about: string): Promise<readonly string[]>;
  /** Events that come from no channel's write; durable when it resolves. */
  appendEvents(events: readonly string[]): Promise<void>;
  /** Events from number `from` (default 1) on, or from the oldest that was not dropped; at most `limit` of them. */
  events(from?: number, limit?: number): Promise<readonly StoredEvent[]>;
  /** Number of the newest event that was ever appended, 0 before the first; dropping changes nothing of it. */
  lastEvent(): Promise<number>;
  /** Forgets the events below number `below`; durable when it resolves. The numbers go on as before. */
  dropEvents(below: number): Promise<void>;
  /** A value that belongs to no channel. */
  value(name: string): Promise<string | undefined>;
  /** Durable when it resolves. */
  setValue(name: string, value: string): Promise<void>;
  /** Frees what the adapter holds once the writes called before are done; later calls reject with `closed`. */
  close(): Promise<void>;
}

/** Why a store could not read or write. */
export type StoreErrorCode =
  /** The store was closed, or died. */
  | 'closed'
  /** The disk failed. */
  | 'io'
  /** The disk is full. */
  | 'full'
  /** The file, its directory or the disk lets nobody write. */
  | 'readOnly'
  /** The file, or its directory, cannot be opened. */
  | 'cannotOpen'
  /** Another process, or another part of this one, has the store open. */
  | 'locked'
  /** What is stored makes no sense. */
  | 'corrupt'
  /** The file is no store of this program. */
  | 'notAStore'
  /** A newer version of this program wrote the store. */
  | 'newerVersion';

const WORTH_RETRYING: ReadonlySet<StoreErrorCode> = new Set([
  'io',
  'full',
  'readOnly',
  'cannotOpen',
  'locked',
]);

/** The store could not read or write. */
export class StoreError extends Error {
  override readonly name = 'StoreError';
  readonly code: StoreErrorCode;
  /** Whether the same call may succeed later, once the disk is well or the other process has ended. */
  readonly retry: boolean;

  constructor(code: StoreErrorCode, message: string, options?: ErrorOptions) {
    super(message, options);
    this.code = code;
    this.retry = WORTH_RETRYING.has(code);
  }
}
