import Database from 'better-sqlite3';
import { StoreError, type StoreErrorCode } from '../port.ts';

/** What SQLite and the system call a fault, by the beginning of its code, and what this program calls it. */
const CODES: readonly (readonly [string, StoreErrorCode])[] = [
  ['SQLITE_FULL', 'full'],
  ['SQLITE_READONLY', 'readOnly'],
  ['SQLITE_BUSY', 'locked'],
  ['SQLITE_LOCKED', 'locked'],
  ['SQLITE_CORRUPT', 'corrupt'],
  ['SQLITE_NOTADB', 'notAStore'],
  ['SQLITE_CANTOPEN', 'cannotOpen'],
  ['SQLITE_PERM', 'cannotOpen'],
  ['ENOSPC', 'full'],
  ['EDQUOT', 'full'],
  ['EROFS', 'readOnly'],
  ['EACCES', 'readOnly'],
  ['EPERM', 'readOnly'],
  ['ENOENT', 'cannotOpen'],
  ['ENOTDIR', 'cannotOpen'],
  ['EISDIR', 'cannotOpen'],
];

const ADVICE: Readonly<Record<StoreErrorCode, string>> = {
  closed: 'the store is closed: open it again',
  io: 'the disk failed: look at the system log, and keep a copy of the file before anything else',
  full: 'the disk is full: make room, what was not stored is tried again',
  readOnly: 'it cannot be written: make the file, its directory and the file system writable for this user',
  cannotOpen: 'it cannot be opened: check the path and the rights of this user',
  locked: 'another process has it open: stop that one, two must never run on one store',
  corrupt:
    'what is stored is damaged: keep the files as they are, and restore the newest backup with `restored` set',
  notAStore: 'the file is not a store of this program: check the path, nothing in it was changed',
  newerVersion: 'a newer version of this program wrote it: install that version or a later one',
};

/** A `StoreError` of this code about the file at `path`: what happened and what to do. */
export function storeError(code: StoreErrorCode, path: string, detail?: string, cause?: unknown): StoreError {
  const more = detail === undefined ? '' : ` (${detail})`;
  return new StoreError(code, `store ${path}: ${ADVICE[code]}${more}`, { cause });
}

/** What SQLite or the file system threw, as a `StoreError`; anything else as it is. */
export function storeErrorOf(error: unknown, path: string): unknown {
  if (error instanceof StoreError) return error;
  const code = codeOf(error);
  if (code === undefined) return error;
  const known = CODES.find(([start]) => code.startsWith(start))?.[1];
  return storeError(known ?? 'io', path, `${code}: ${(error as Error).message}`, error);
}

/**
 * Whether a `COMMIT` that failed this way surely left nothing in the log. A disk that fails to sync may still have
 * the whole of it.
 */
export function isSurelyUndone(error: unknown): boolean {
  const code = codeOf(error);
  return code === 'SQLITE_FULL' || code === 'SQLITE_IOERR_WRITE';
}

function codeOf(error: unknown): string | undefined {
  if (error instanceof Database.SqliteError) return error.code;
  if (!(error instanceof Error) || !('code' in error) || !('syscall' in error)) return undefined;
  return typeof error.code === 'string' ? error.code : undefined;
}
