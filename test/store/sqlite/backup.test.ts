import { readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { isDeepStrictEqual } from 'node:util';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { memoryStore } from '../../../src/store/memory.ts';
import { type SqliteStore, sqliteStore } from '../../../src/store/sqlite/index.ts';
import { contentsOf, write } from '../../powerloss/writes.ts';
import { storeDirectory } from '../../support/storeDirectory.ts';

let directory: Awaited<ReturnType<typeof storeDirectory>>;
let store: SqliteStore;
let copy: string;

beforeEach(async () => {
  directory = await storeDirectory();
  store = await sqliteStore(directory.file);
  copy = join(directory.path, 'copy.db');
});
afterEach(async () => {
  await store.close();
  await directory.remove();
});

describe('a backup of an open store', () => {
  it('while writing goes on: a whole store of some moment since it was asked for, that says it is a copy', async () => {
    const beside = memoryStore();
    const moments: unknown[] = [];
    const both = async (n: number) => {
      await write(store, n);
      await write(beside, n);
      moments.push(await contentsOf(beside));
    };
    for (let n = 0; n < 200; n++) await both(n);
    const first = moments.length - 1;
    let done = false;
    const backup = store.backup(copy).finally(() => {
      done = true;
    });
    let n = 200;
    while (!done) await both(n++);
    await backup;
    expect(n).toBeGreaterThan(202);
    const copied = await sqliteStore(copy, { check: 'full' });
    const found = await contentsOf(copied);
    expect(moments.findIndex((each) => isDeepStrictEqual(each, found))).toBeGreaterThanOrEqual(first);
    expect([copied.restored, store.restored]).toEqual([true, false]);
    await copied.close();
    await both(n);
    expect(await contentsOf(store)).toEqual(moments.at(-1));
  });

  it('again to the same place: the newer one takes it, and nothing else is left there', async () => {
    await write(store, 0);
    await store.backup(copy);
    await write(store, 1);
    await store.backup(copy);
    const copied = await sqliteStore(copy);
    expect(await contentsOf(copied)).toEqual(await contentsOf(store));
    await copied.close();
    expect((await readdir(directory.path)).sort()).toEqual(['copy.db', 'node.db', 'node.db-wal']);
  });

  it('to where none can be written: named, and the store goes on', async () => {
    await expect(store.backup(join(directory.path, 'no', 'copy.db'))).rejects.toMatchObject({
      name: 'StoreError',
      code: 'cannotOpen',
    });
    await write(store, 0);
    expect(await store.records('a')).toHaveLength(2);
  });

  it('to the store itself: refused, and the store goes on', async () => {
    await write(store, 0);
    await expect(store.backup(directory.file)).rejects.toMatchObject({ code: 'cannotOpen' });
    await write(store, 1);
    await store.close();
    store = await sqliteStore(directory.file, { check: 'full' });
    expect([store.restored, await store.lastEvent()]).toEqual([false, 2]);
  });

  it('of a store that is closed meanwhile: `closed`, and no half a copy is left', async () => {
    for (let n = 0; n < 200; n++) await write(store, n);
    const backup = store.backup(copy);
    await store.close();
    await expect(backup).rejects.toMatchObject({ code: 'closed' });
    expect(await readdir(directory.path)).toEqual(['node.db']);
  });
});
