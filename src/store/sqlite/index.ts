import { resolve } from 'node:path';
import type Database from 'better-sqlite3';
import { type ChannelWrite, type Store, type StoredChannel, type StoredEvent, StoreError } from '../port.ts';
import { backupTo } from './backup.ts';
import { storeErrorOf } from './errors.ts';
import { type GroupFailure, WriteGroup } from './group.ts';
import { closeKeepingLog } from './log.ts';
import { openDatabase } from './open.ts';
import { Rows } from './rows.ts';
import { MIGRATIONS } from './schema.ts';

export interface SqliteOptions {
  /** `true`: a file that is not there is `cannotOpen`, not a new store. Default `false`. */
  readonly mustExist?: boolean;
  /**
   * What is looked at before anything is used. `quick` (default): every page, and the texts of all channels; what else is
   * read is checked when it is. `full`: also every index, record, event and value.
   */
  readonly check?: 'quick' | 'full';
  /** `true`: opens a store whose log (`-wal`) is lost, as the old copy that it is: {@link SqliteStore.restored}. */
  readonly withoutLog?: boolean;
  /** Pages of 4,096 bytes that the log grows to before it is written back into the database. Default 1,000. */
  readonly logPages?: number;
}

/** A store in an SQLite database that this process alone has open. */
export interface SqliteStore extends Store {
  /** Absolute path of the database; its log lies beside it, with `-wal` at the end. */
  readonly path: string;
  /**
   * Whether this is a backup put in the store's place, or a store without its log: what was stored since is not in it.
   * A node that starts on it is told with its option `restored`; then {@link takenUp}.
   */
  readonly restored: boolean;
  /** A node has started on the restored store and stored that it did: from now on it is a store like any other. */
  takenUp(): Promise<void>;
  /**
   * Writes all that is stored to a file of its own, owner-only, while writing goes on; a file that is there is replaced
   * once the new one is whole. Old states are in it: whoever starts on it has to know, see {@link restored}.
   */
  backup(path: string): Promise<void>;
}

/**
 * Opens the store at `path`, or makes a new one: locked against every other process and every other part of this one,
 * checked, and brought to this version's tables. Rejects with `StoreError`: `locked`, `full`, `readOnly`, `cannotOpen`,
 * `notAStore`, `newerVersion`, `corrupt` or `io`. The directory has to be there, on a local disk.
 */
export async function sqliteStore(path: string, options: SqliteOptions = {}): Promise<SqliteStore> {
  const absolute = resolve(path);
  try {
    const db = openDatabase(absolute, {
      mustExist: options.mustExist ?? false,
      check: options.check ?? 'quick',
      withoutLog: options.withoutLog ?? false,
      logPages: options.logPages ?? 1000,
      migrations: MIGRATIONS,
    });
    return new Sqlite(absolute, db);
  } catch (error) {
    throw storeErrorOf(error, absolute);
  }
}

class Sqlite implements SqliteStore {
  readonly path: string;
  readonly #db: Database.Database;
  readonly #rows: Rows;
  readonly #group: WriteGroup;
  #closed: string | undefined;
  #restored: boolean;

  constructor(path: string, db: Database.Database) {
    this.path = path;
    this.#db = db;
    this.#rows = new Rows(db);
    this.#group = new WriteGroup(db, (failure) => this.#failed(failure));
    this.#restored = this.#rows.mark('copied') === 1;
  }

  get restored(): boolean {
    return this.#restored;
  }

  async channels(): Promise<readonly StoredChannel[]> {
    return this.#read(() => this.#rows.channels());
  }

  async channel(key: string): Promise<StoredChannel | undefined> {
    return this.#read(() => this.#rows.channel(key));
  }

  commit(key: string, write: ChannelWrite): Promise<void> {
    const copy = copyOf(write);
    return this.#write(() => this.#rows.writeChannel(key, copy));
  }

  forget(key: string): Promise<void> {
    return this.#write(() => this.#rows.forgetChannel(key));
  }

  async records(key: string, from = 0, limit = Number.POSITIVE_INFINITY): Promise<readonly string[]> {
    return this.#read(() => this.#rows.records(key, from, limit));
  }

  async recordsAbout(key: string, about: string): Promise<readonly string[]> {
    return this.#read(() => this.#rows.recordsAbout(key, about));
  }

  appendEvents(events: readonly string[]): Promise<void> {
    const copy = [...events];
    return this.#write(() => this.#rows.appendEvents(copy));
  }

  async events(from = 1, limit = Number.POSITIVE_INFINITY): Promise<readonly StoredEvent[]> {
    return this.#read(() => this.#rows.events(from, limit));
  }

  async lastEvent(): Promise<number> {
    return this.#read(() => this.#rows.lastEvent());
  }

  dropEvents(below: number): Promise<void> {
    return this.#write(() => this.#rows.dropEvents(below));
  }

  async value(name: string): Promise<string | undefined> {
    return this.#read(() => this.#rows.value(name));
  }

  setValue(name: string, value: string): Promise<void> {
    return this.#write(() => this.#rows.setValue(name, value));
  }

  async takenUp(): Promise<void> {
    await this.#write(() => this.#rows.setMark('copied', 0));
    this.#restored = false;
  }

  async backup(path: string): Promise<void> {
    this.#group.flush();
    this.#requireOpen();
    const absolute = resolve(path);
    try {
      await backupTo(this.#db, absolute);
    } catch (error) {
      this.#requireOpen();
      throw storeErrorOf(error, absolute);
    }
  }

  async close(): Promise<void> {
    if (this.#closed !== undefined) return;
    this.#group.flush();
    this.#shut('the store was closed', this.#closed === undefined && this.#saysThatItIsClosed());
  }

  /** A store that was not closed in good order says so itself, and loses nothing. */
  #saysThatItIsClosed(): boolean {
    try {
      this.#rows.setMark('open', 0);
      return true;
    } catch {
      return false;
    }
  }

  #requireOpen(): void {
    if (this.#closed !== undefined) throw new StoreError('closed', this.#closed);
  }

  #read<T>(read: () => T): T {
    this.#group.flush();
    this.#requireOpen();
    try {
      return read();
    } catch (error) {
      throw storeErrorOf(error, this.path);
    }
  }

  async #write(write: () => void): Promise<void> {
    this.#requireOpen();
    await this.#group.add(write);
  }

  /** A disk that may or may not hold what was written is not written to again: whoever opens it anew sees what it holds. */
  #failed({ error, isUndone }: GroupFailure): unknown {
    const reason = storeErrorOf(error, this.path);
    if (!isUndone) this.#shut(`store ${this.path} failed and has to be opened anew: ${error}`, false);
    return reason;
  }

  #shut(reason: string, isInOrder: boolean): void {
    if (this.#closed !== undefined) return;
    this.#closed = reason;
    if (isInOrder) this.#db.close();
    else closeKeepingLog(this.#db);
  }
}

/** Plain copies of the lists, which the caller may go on changing. */
function copyOf(write: ChannelWrite): ChannelWrite {
  const { actions, done, records, events } = write;
  return {
    ...write,
    ...(actions === undefined ? {} : { actions: [...actions] }),
    ...(done === undefined ? {} : { done: [...done] }),
    ...(records === undefined ? {} : { records: [...records] }),
    ...(events === undefined ? {} : { events: [...events] }),
  };
}
