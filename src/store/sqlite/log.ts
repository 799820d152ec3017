import { closeSync, existsSync, linkSync, openSync, readSync, renameSync, rmSync } from 'node:fs';
import Database from 'better-sqlite3';

/** Bytes of the header of an SQLite log, and of each of its frames before the page. */
const HEADER = 32;
const FRAME = 24;
/** The first four bytes of a log, whichever order its checksums have. */
const MAGIC = [0x377f0682, 0x377f0683];

/** Logs follow each other in a session, each with a salt one higher. */
const LOGS_PER_SESSION = 2 ** 24;
/** Transactions that a session writes before its store is given out. */
const TRANSACTIONS_OF_BEGINNING = 2;

interface Log {
  /** SQLite's first salt: random for a session, then one higher with each log. */
  readonly salt: number;
  /** Transactions in it, counted no further than needed. */
  readonly transactions: number;
}

/** The salt of the log beside a database, `undefined` if there is no log that SQLite would read. */
export function saltOf(path: string): number | undefined {
  return readLog(`${path}-wal`)?.salt;
}

/**
 * Whether the log beside a database belongs to another one, or to what was there before a backup was put in its place:
 * SQLite would lay its pages over this database's. The database says in its mark `log` which salt its session began with.
 * A log of hardly any transactions may be one whose session did not come to say so; nothing was stored in it.
 */
export function isForeignLog(path: string): boolean {
  const log = readLog(`${path}-wal`);
  if (log === undefined || log.transactions <= TRANSACTIONS_OF_BEGINNING) return false;
  const own = markWithoutLog(path);
  return own !== undefined && (log.salt - own + 2 ** 32) % 2 ** 32 >= LOGS_PER_SESSION;
}

/**
 * The mark as the database has it without its log: read under a second name, beside which there is none. `undefined`
 * where it cannot be read so, because somebody has it open, or after a power loss.
 */
function markWithoutLog(path: string): number | undefined {
  const other = `${path}-alone`;
  let db: Database.Database | undefined;
  try {
    removeAlone(other);
    linkSync(path, other);
    db = new Database(other, { fileMustExist: true, timeout: 0 });
    db.pragma('locking_mode = EXCLUSIVE');
    return db.prepare<[], number>("SELECT number FROM marks WHERE name = 'log'").pluck().get();
  } catch {
    return undefined;
  } finally {
    db?.close();
    removeAlone(other);
  }
}

function removeAlone(other: string): void {
  for (const name of [other, `${other}-wal`]) rmSync(name, { force: true });
}

/**
 * Closes a database whose session did not end in good order. SQLite writes the log back and takes it away, and the
 * database, which still says that it has one, would be refused from then on. Only for whoever holds the lock.
 */
export function closeKeepingLog(db: Database.Database): void {
  const [log, kept] = [`${db.name}-wal`, keptLog(db.name)];
  try {
    dropKeptLog(db.name);
    linkSync(log, kept);
  } catch {
    // there is no log, or no way to keep it
  }
  db.close();
  putBackLog(db.name);
  dropKeptLog(db.name);
}

/** What {@link closeKeepingLog} began, also in a process that was killed meanwhile. */
export function putBackLog(path: string): void {
  const [log, kept] = [`${path}-wal`, keptLog(path)];
  if (existsSync(kept) && !existsSync(log)) renameSync(kept, log);
}

/** Once the log is in its place, and only for whoever holds the lock. */
export function dropKeptLog(path: string): void {
  rmSync(keptLog(path), { force: true });
}

function keptLog(path: string): string {
  return `${path}-wal-kept`;
}

function readLog(path: string): Log | undefined {
  if (!existsSync(path)) return undefined;
  const file = openSync(path, 'r');
  try {
    const header = new DataView(new ArrayBuffer(HEADER));
    if (readSync(file, header, 0, HEADER, 0) < HEADER || !MAGIC.includes(header.getUint32(0)))
      return undefined;
    const salt = header.getUint32(16);
    return { salt, transactions: transactionsIn(file, salt, header.getUint32(8)) };
  } finally {
    closeSync(file);
  }
}

function transactionsIn(file: number, salt: number, pageSize: number): number {
  const frame = new DataView(new ArrayBuffer(FRAME));
  let transactions = 0;
  for (let at = HEADER; transactions <= TRANSACTIONS_OF_BEGINNING; at += FRAME + pageSize) {
    if (readSync(file, frame, 0, FRAME, at) < FRAME || frame.getUint32(8) !== salt) break;
    if (frame.getUint32(4) !== 0) transactions += 1;
  }
  return transactions;
}
