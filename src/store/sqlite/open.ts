import {
  accessSync,
  chmodSync,
  closeSync,
  constants,
  existsSync,
  fsyncSync,
  openSync,
  statSync,
} from 'node:fs';
import { dirname } from 'node:path';
import Database from 'better-sqlite3';
import { StoreError } from '../port.ts';
import { checkTexts } from './check.ts';
import { storeError, storeErrorOf } from './errors.ts';
import { closeKeepingLog, dropKeptLog, isForeignLog, putBackLog, saltOf } from './log.ts';
import { Rows } from './rows.ts';
import { APPLICATION_ID, type Migration } from './schema.ts';

/** Only the owner reads what the node knows. */
export const FILE_MODE = 0o600;

export interface OpenOptions {
  /** A file that is not there is an error, not a new store. */
  readonly mustExist: boolean;
  readonly check: 'quick' | 'full';
  /** Opens a store whose log is lost, as an old copy of itself. */
  readonly withoutLog: boolean;
  readonly logPages: number;
  readonly migrations: readonly Migration[];
}

/** Opens the file alone, checks it and brings it to this program's version. Throws `StoreError`, or what SQLite throws. */
export function openDatabase(path: string, options: OpenOptions): Database.Database {
  const isLogThere = prepareFiles(path, options.mustExist);
  const db = new Database(path, { fileMustExist: true, timeout: 0 });
  try {
    // two processes with one identity would sign two states of one number
    db.pragma('locking_mode = EXCLUSIVE');
    const version = versionOf(db, path, options.migrations.length);
    dropKeptLog(path);
    db.pragma('synchronous = FULL');
    db.pragma('journal_mode = WAL');
    db.pragma(`wal_autocheckpoint = ${options.logPages}`);
    checkPages(db, path, options.check);
    migrate(db, version, options.migrations);
    const rows = new Rows(db);
    checkTexts(rows, options.check, path);
    begin(db, rows, path, { isLogThere, withoutLog: options.withoutLog });
    return db;
  } catch (error) {
    if (isLockedOut(error, path)) db.close();
    else closeKeepingLog(db);
    throw error;
  }
}

/** Whether the files are in somebody else's hands. */
function isLockedOut(error: unknown, path: string): boolean {
  const reason = storeErrorOf(error, path);
  return reason instanceof StoreError && reason.code === 'locked';
}

/** Makes an empty file if there is none; says whether a log lies beside it. Opens none: that would end another's lock. */
function prepareFiles(path: string, mustExist: boolean): boolean {
  accessSync(dirname(path), constants.R_OK | constants.W_OK);
  putBackLog(path);
  const log = `${path}-wal`;
  const isLogThere = existsSync(log) && statSync(log).size > 0;
  if (!existsSync(path)) {
    if (mustExist) throw storeError('cannotOpen', path, 'there is no such file');
    if (isLogThere) throw storeError('corrupt', path, 'there is a log, but no database');
    closeSync(openSync(path, 'wx', FILE_MODE));
    syncDirectory(dirname(path));
  }
  if (!statSync(path).isFile()) throw storeError('cannotOpen', path, 'it is not a file');
  // SQLite would take an empty file for a new database, and throw the log away
  if (statSync(path).size === 0 && isLogThere)
    throw storeError('corrupt', path, 'the database is empty, and its log is not');
  if (isLogThere && isForeignLog(path))
    throw storeError(
      'corrupt',
      path,
      `its log ${path}-wal belongs to another database: put its own back or, if this one was closed or is a backup, take that log away`,
    );
  chmodSync(path, FILE_MODE);
  accessSync(path, constants.R_OK | constants.W_OK);
  return isLogThere;
}

/** Makes the names in a directory durable. */
export function syncDirectory(path: string): void {
  const directory = openSync(path, 'r');
  try {
    fsyncSync(directory);
  } finally {
    closeSync(directory);
  }
}

/** 0 for a new file. Nothing was written so far. */
function versionOf(db: Database.Database, path: string, newest: number): number {
  const number = (sql: string) => db.prepare<[], number>(sql).pluck().get() ?? 0;
  const id = number('PRAGMA application_id');
  const version = number('PRAGMA user_version');
  const isNew = id === 0 && version === 0 && number('SELECT count(*) FROM sqlite_schema') === 0;
  if (!isNew && id !== APPLICATION_ID) throw storeError('notAStore', path, `application id ${id}`);
  if (version > newest) throw storeError('newerVersion', path, `version ${version}, known up to ${newest}`);
  return version;
}

function checkPages(db: Database.Database, path: string, check: 'quick' | 'full'): void {
  const pragma = check === 'full' ? 'integrity_check(1)' : 'quick_check(1)';
  const answer: unknown = db.pragma(pragma, { simple: true });
  if (answer !== 'ok') throw storeError('corrupt', path, String(answer));
}

/** All steps in one transaction, so that a crash leaves the old version or the new one. */
export function migrate(db: Database.Database, version: number, migrations: readonly Migration[]): void {
  if (version === migrations.length) return;
  db.transaction(() => {
    for (const migration of migrations.slice(version)) migration(db);
    db.pragma(`application_id = ${APPLICATION_ID}`);
    db.pragma(`user_version = ${migrations.length}`);
  }).immediate();
  // the log begins anew: what a session writes at its beginning is then all that is in it
  db.pragma('wal_checkpoint(PASSIVE)');
}

/**
 * From here on the log is part of the store until it is closed. The database says so itself, once its log has the first
 * transaction: whoever finds it without one knows that something is missing.
 */
function begin(
  db: Database.Database,
  rows: Rows,
  path: string,
  { isLogThere, withoutLog }: { readonly isLogThere: boolean; readonly withoutLog: boolean },
): void {
  const isLost = rows.mark('open') === 1 && !isLogThere;
  if (isLost && !withoutLog)
    throw storeError(
      'corrupt',
      path,
      `its log ${path}-wal is missing, and with it what was stored last: put it back, or open without it as an old copy`,
    );
  db.transaction(() => {
    if (isLost) rows.setMark('copied', 1);
    rows.setMark('open', 1);
  }).immediate();
  rows.setMark('log', saltOf(path) ?? 0);
  db.pragma('wal_checkpoint(PASSIVE)');
}
