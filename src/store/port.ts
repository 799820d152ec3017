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
  readonly records?: readonly string[];
}

/**
 * What this library needs of a disk. Keys and names are ASCII text. Reads see every write that was
 * called before them; writes take effect in the order of their calls. Methods reject with
 * {@link StoreError}.
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
  /** Records of a channel from index `from` (default 0) on, in the order of appending; at most `limit` of them. */
  records(key: string, from?: number, limit?: number): Promise<readonly string[]>;
  /** A value that belongs to no channel. */
  value(name: string): Promise<string | undefined>;
  /** Durable when it resolves. */
  setValue(name: string, value: string): Promise<void>;
  /** Frees what the adapter holds once the writes called before are done; later calls reject with `closed`. */
  close(): Promise<void>;
}

/** The store could not read or write. */
export class StoreError extends Error {
  override readonly name = 'StoreError';
  /**
   * `io`: the disk failed or is full; `locked`: another process has the store open; `corrupt`: what is
   * stored makes no sense; `closed`: the store was closed, or died.
   */
  readonly code: 'closed' | 'io' | 'locked' | 'corrupt';
  readonly retry: boolean;

  constructor(code: StoreError['code'], message: string, options?: ErrorOptions) {
    super(message, options);
    this.code = code;
    this.retry = code === 'io' || code === 'locked';
  }
}
