import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import {
  chmod,
  mkdir,
  readdir,
  readFile,
  rename,
  rm,
  stat,
  symlink,
  truncate,
  writeFile,
} from 'node:fs/promises';
import { join } from 'node:path';
import Database from 'better-sqlite3';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { StoreError } from '../../../src/store/port.ts';
import { type SqliteOptions, type SqliteStore, sqliteStore } from '../../../src/store/sqlite/index.ts';
import { openDatabase } from '../../../src/store/sqlite/open.ts';
import { MIGRATIONS, type Migration } from '../../../src/store/sqlite/schema.ts';
import { storeDirectory } from '../../support/storeDirectory.ts';

const HOLDER = new URL('./holder.ts', import.meta.url).pathname;

let directory: Awaited<ReturnType<typeof storeDirectory>>;
let open: SqliteStore[];
let children: ChildProcess[];

beforeEach(async () => {
  directory = await storeDirectory();
  [open, children] = [[], []];
});

afterEach(async () => {
  for (const child of children) child.kill('SIGKILL');
  for (const store of open) await store.close();
  await directory.remove();
});

async function opened(options?: SqliteOptions, path = directory.file): Promise<SqliteStore> {
  const store = await sqliteStore(path, options);
  open.push(store);
  return store;
}

/** A process that has the store open, and has written a channel to it. */
async function holder(): Promise<ChildProcess> {
  const child = spawn(process.execPath, ['--import', 'tsx', HOLDER, directory.file], {
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  children.push(child);
  for await (const line of child.stdout ?? []) if (`${line}`.includes('written')) break;
  return child;
}

async function killed(child: ChildProcess): Promise<void> {
  const gone = once(child, 'exit');
  child.kill('SIGKILL');
  await gone;
}

const WRITE = { state: '{}', records: [{ about: 'x', text: 'r' }], events: ['e'] };

describe('a store in a file', () => {
  it('nobody but its owner reads it, nor its log, nor a backup of it', async () => {
    await writeFile(directory.file, '', { mode: 0o644 });
    const store = await opened();
    await store.commit('a', WRITE);
    await store.backup(join(directory.path, 'copy.db'));
    for (const name of await readdir(directory.path))
      expect([name, (await stat(join(directory.path, name))).mode & 0o777]).toEqual([name, 0o600]);
    expect(await readdir(directory.path)).toContain('node.db-wal');
  });

  it('closed in good order: one file is left', async () => {
    const store = await opened();
    await store.commit('a', WRITE);
    await store.close();
    expect(await readdir(directory.path)).toEqual(['node.db']);
  });

  it('a path under which there is none, when there has to be one: named, and none is made', async () => {
    await expect(opened({ mustExist: true })).rejects.toMatchObject({ code: 'cannotOpen', retry: true });
    expect(await readdir(directory.path)).toEqual([]);
  });

  it('a directory that is not there, or a path that is one: named', async () => {
    await expect(opened({}, join(directory.path, 'no', 'node.db'))).rejects.toMatchObject({
      name: 'StoreError',
      code: 'cannotOpen',
    });
    await mkdir(directory.file, { mode: 0o755 });
    await expect(opened()).rejects.toMatchObject({ code: 'cannotOpen' });
    expect((await stat(directory.file)).mode & 0o777).toBe(0o755);
  });
});

describe('a store that somebody has open', () => {
  it('another part of the same process, under any name: locked, and the first goes on', async () => {
    const store = await opened();
    await symlink(directory.file, join(directory.path, 'link.db'));
    for (const path of [directory.file, join(directory.path, 'link.db')])
      for (let attempt = 0; attempt < 2; attempt++)
        await expect(opened({}, path)).rejects.toMatchObject({
          name: 'StoreError',
          code: 'locked',
          retry: true,
          message: expect.stringContaining('another process has it open'),
        });
    await store.commit('a', WRITE);
    expect(await store.records('a')).toEqual(['r']);
  });

  it('another process: locked; killed with SIGKILL, the store is free and has all of it', async () => {
    const child = await holder();
    await expect(opened()).rejects.toMatchObject({ code: 'locked' });
    await killed(child);
    const store = await opened({ check: 'full' });
    expect(await store.records('a')).toEqual(['r']);
  });

  it('this process: another one is locked out, also after this one was refused a second time', async () => {
    const store = await opened();
    await expect(opened()).rejects.toMatchObject({ code: 'locked' });
    const child = spawn(process.execPath, ['--import', 'tsx', HOLDER, directory.file], {
      stdio: ['ignore', 'pipe', 'ignore'],
    });
    children.push(child);
    let said = '';
    for await (const line of child.stdout ?? []) said += line;
    expect(said).toBe('locked\n');
    expect(await store.channels()).toEqual([]);
  });
});

describe('a file that is no store of this program', () => {
  it.each<[string, () => Promise<void>, string]>([
    ['text', () => writeFile(directory.file, 'no database at all\n'.repeat(500)), 'notAStore'],
    ['a database of another program', async () => foreign(0x1234, 1), 'notAStore'],
    ['a database of no declared program', async () => foreign(0, 0), 'notAStore'],
    ['a store of a newer version', async () => foreign(0x77617474, 99), 'newerVersion'],
  ])('%s: refused by name, and not changed', async (_name, make, code) => {
    await make();
    const before = await stat(directory.file);
    await expect(opened()).rejects.toMatchObject({ name: 'StoreError', code, retry: false });
    const after = await stat(directory.file);
    expect([after.size, after.mtimeMs]).toEqual([before.size, before.mtimeMs]);
    expect(await readdir(directory.path)).toEqual(['node.db']);
  });

  function foreign(id: number, version: number): void {
    const db = new Database(directory.file);
    db.exec('CREATE TABLE t (a)');
    db.pragma(`application_id = ${id}`);
    db.pragma(`user_version = ${version}`);
    db.close();
  }
});

describe('a store that died and cannot be opened at once', () => {
  const refuse = (migrations: readonly Migration[]) =>
    openDatabase(directory.file, {
      mustExist: true,
      check: 'quick',
      withoutLog: false,
      logPages: 1000,
      migrations,
    });

  it('an older program refuses it: its log stays, and the right one opens it with all of it', async () => {
    await killed(await holder());
    const log = await readFile(`${directory.file}-wal`);
    for (let attempt = 0; attempt < 2; attempt++) expect(() => refuse([])).toThrow(/newer version/);
    expect(await readFile(`${directory.file}-wal`)).toEqual(log);
    expect((await readdir(directory.path)).toSorted()).toEqual(['node.db', 'node.db-wal']);
    const store = await opened();
    expect([store.restored, await store.records('a')]).toEqual([false, ['r']]);
  });

  it('a newer program fails to change its tables: nothing is changed, and it opens as before', async () => {
    await killed(await holder());
    const fails: Migration = () => {
      throw new StoreError('full', 'no room');
    };
    expect(() => refuse([...MIGRATIONS, fails])).toThrow(/no room/);
    expect(await (await opened()).records('a')).toEqual(['r']);
  });

  it('killed while it put the log back: the next one does it', async () => {
    await killed(await holder());
    await rename(`${directory.file}-wal`, `${directory.file}-wal-kept`);
    expect(await (await opened()).records('a')).toEqual(['r']);
    expect((await readdir(directory.path)).toSorted()).toEqual(['node.db', 'node.db-wal']);
  });
});

describe('a store whose files were taken apart', () => {
  it('its log is gone: refused, and told what to do; opened as an old copy, it says that it is one', async () => {
    await killed(await holder());
    await rm(`${directory.file}-wal`);
    for (let attempt = 0; attempt < 2; attempt++)
      await expect(opened()).rejects.toMatchObject({
        code: 'corrupt',
        message: expect.stringContaining('node.db-wal is missing'),
      });
    let store = await opened({ withoutLog: true });
    expect(store.restored).toBe(true);
    await store.close();
    store = await opened();
    expect(store.restored).toBe(true);
    await store.takenUp();
    expect(store.restored).toBe(false);
    await store.close();
    expect((await opened()).restored).toBe(false);
  });

  it('its log was emptied: refused; put back, all is there', async () => {
    await killed(await holder());
    await rename(`${directory.file}-wal`, `${directory.file}-kept`);
    await writeFile(`${directory.file}-wal`, '');
    await expect(opened()).rejects.toMatchObject({ code: 'corrupt' });
    await rename(`${directory.file}-kept`, `${directory.file}-wal`);
    expect(await (await opened()).records('a')).toEqual(['r']);
  });

  it('its database is gone or empty, and the log is there: refused, and the log is kept', async () => {
    await killed(await holder());
    const { size } = await stat(`${directory.file}-wal`);
    await truncate(directory.file, 0);
    await expect(opened()).rejects.toMatchObject({ code: 'corrupt' });
    await rm(directory.file);
    await expect(opened()).rejects.toMatchObject({ code: 'corrupt' });
    expect((await stat(`${directory.file}-wal`)).size).toBe(size);
  });

  it('killed at once after it was opened, again and again: opens each time', async () => {
    for (let i = 0; i < 3; i++) await killed(await holder());
    await (await opened()).close();
    await chmod(directory.file, 0o600);
    expect(await (await opened()).lastEvent()).toBe(3);
  });
});
