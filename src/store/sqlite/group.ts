import type Database from 'better-sqlite3';
import { InvariantError } from '../../base/invariant.ts';
import { isSurelyUndone } from './errors.ts';

interface Waiting {
  /** Writes rows; throws `InvariantError` before the first of them if it refuses. */
  readonly write: () => void;
  readonly resolve: () => void;
  readonly reject: (error: unknown) => void;
}

/** Why a group was not stored, and whether the disk surely has nothing of it. */
export interface GroupFailure {
  readonly error: unknown;
  readonly isUndone: boolean;
}

/**
 * Collects the writes of one turn of the event loop and gives them to the disk in one transaction with one sync, in the
 * order in which they came. If it fails, each of them rejects and none is stored.
 */
export class WriteGroup {
  readonly #begin: Database.Statement;
  readonly #commit: Database.Statement;
  readonly #rollback: Database.Statement;
  readonly #db: Database.Database;
  readonly #onFailure: (failure: GroupFailure) => unknown;
  #waiting: Waiting[] = [];

  /** `onFailure` hears why a group failed, and says what its writes reject with. */
  constructor(db: Database.Database, onFailure: (failure: GroupFailure) => unknown) {
    this.#db = db;
    this.#onFailure = onFailure;
    this.#begin = db.prepare('BEGIN IMMEDIATE');
    this.#commit = db.prepare('COMMIT');
    this.#rollback = db.prepare('ROLLBACK');
  }

  /** Resolves once the write is durable. */
  add(write: () => void): Promise<void> {
    if (this.#waiting.length === 0) setImmediate(() => this.flush());
    return new Promise((resolve, reject) => this.#waiting.push({ write, resolve, reject }));
  }

  /** Stores now what waits. */
  flush(): void {
    const group = this.#waiting;
    if (group.length === 0) return;
    this.#waiting = [];
    const refused = new Map<Waiting, unknown>();
    const failure = this.#store(group, refused);
    const reason = failure === undefined ? undefined : this.#onFailure(failure);
    for (const each of group) {
      if (refused.has(each)) each.reject(refused.get(each));
      else if (failure === undefined) each.resolve();
      else each.reject(reason);
    }
  }

  #store(group: readonly Waiting[], refused: Map<Waiting, unknown>): GroupFailure | undefined {
    let isUndone = true;
    try {
      this.#begin.run();
      for (const each of group) {
        const refusal = refusalOf(each.write);
        if (refusal !== undefined) refused.set(each, refusal);
      }
      isUndone = false;
      this.#commit.run();
      return undefined;
    } catch (error) {
      return { error, isUndone: this.#rolledBack() && (isUndone || isSurelyUndone(error)) };
    }
  }

  #rolledBack(): boolean {
    try {
      if (this.#db.inTransaction) this.#rollback.run();
      return true;
    } catch {
      return false;
    }
  }
}

function refusalOf(write: () => void): InvariantError | undefined {
  try {
    write();
    return undefined;
  } catch (error) {
    if (error instanceof InvariantError) return error;
    throw error;
  }
}
