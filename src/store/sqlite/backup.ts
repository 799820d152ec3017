import { closeSync, openSync, renameSync, rmSync, statSync } from 'node:fs';
import { dirname } from 'node:path';
import Database from 'better-sqlite3';
import { storeError } from './errors.ts';
import { FILE_MODE, syncDirectory } from './open.ts';
import { Rows } from './rows.ts';

/**
 * Copies an open database to a file of its own while writing goes on: everything that was stored when it resolves, or
 * nothing. The copy says of itself that it is one.
 */
export async function backupTo(db: Database.Database, path: string): Promise<void> {
  if (isSameFile(path, db.name)) throw storeError('cannotOpen', path, 'it is the store itself');
  const partial = `${path}.partial`;
  rmSync(partial, { force: true });
  closeSync(openSync(partial, 'wx', FILE_MODE));
  try {
    await db.backup(partial);
    markCopied(partial);
    renameSync(partial, path);
  } catch (error) {
    rmSync(partial, { force: true });
    throw error;
  }
  syncDirectory(dirname(path));
}

function isSameFile(path: string, other: string): boolean {
  const [one, two] = [path, other].map((each) => statSync(each, { throwIfNoEntry: false }));
  return one !== undefined && two !== undefined && one.dev === two.dev && one.ino === two.ino;
}

function markCopied(path: string): void {
  const copy = new Database(path, { fileMustExist: true });
  try {
    copy.pragma('locking_mode = EXCLUSIVE');
    copy.pragma('journal_mode = DELETE');
    copy.pragma('synchronous = FULL');
    const rows = new Rows(copy);
    copy
      .transaction(() => {
        rows.setMark('copied', 1);
        rows.setMark('open', 0);
        // no log is this one's
        rows.setMark('log', (rows.mark('log') + 2 ** 31) % 2 ** 32);
      })
      .immediate();
  } finally {
    copy.close();
  }
}
