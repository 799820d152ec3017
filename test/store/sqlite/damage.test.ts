import { copyFile, readFile, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { prng } from '../../../src/base/prng.ts';
import { StoreError } from '../../../src/store/port.ts';
import { sqliteStore } from '../../../src/store/sqlite/index.ts';
import { contentsOf, write } from '../../powerloss/writes.ts';
import { storeDirectory } from '../../support/storeDirectory.ts';

const PAGE = 4096;
/** Header, schema, freelist and the trees' inner pages lie anywhere: each page is hit, at its head, and anywhere. */
const FLIPS_PER_PAGE = 6;

let directory: Awaited<ReturnType<typeof storeDirectory>>;
let whole: Buffer;
let contents: unknown;

beforeAll(async () => {
  directory = await storeDirectory();
  const store = await sqliteStore(directory.file);
  for (let n = 0; n < 120; n++) await write(store, n);
  for (let n = 0; n < 30; n++) await store.setValue(`tower/${n}`, `${n}`.repeat(500));
  contents = await contentsOf(store);
  await store.close();
  whole = await readFile(directory.file);
});

afterAll(() => directory.remove());

/** What a store in a file of these bytes holds, or the code of the error that it is refused with. */
async function read(bytes: Uint8Array, check: 'quick' | 'full'): Promise<unknown> {
  const path = join(directory.path, 'damaged.db');
  await rm(`${path}-wal`, { force: true });
  await writeFile(path, bytes);
  try {
    const store = await sqliteStore(path, { check });
    try {
      return await contentsOf(store);
    } finally {
      await store.close();
    }
  } catch (error) {
    if (error instanceof StoreError) return error.code;
    throw error;
  }
}

describe('a store with a byte flipped', () => {
  it('in any page: a named error, or all as it was; never something else', async () => {
    const random = prng(1);
    const codes = new Map<unknown, number>();
    for (let page = 0; page < whole.length / PAGE; page++)
      for (let flip = 0; flip < FLIPS_PER_PAGE; flip++) {
        const at = page * PAGE + Math.floor(random.between(0, flip < 3 ? 120 : PAGE));
        const bytes = Buffer.from(whole);
        bytes.writeUInt8((bytes[at] ?? 0) ^ (1 << Math.floor(random.between(0, 8))), at);
        const found = await read(bytes, 'full');
        if (typeof found === 'string') codes.set(found, (codes.get(found) ?? 0) + 1);
        else expect(found, `byte ${at}`).toEqual(contents);
      }
    // what says of the file what it is lies in its first hundred bytes
    expect(['corrupt', 'notAStore', 'newerVersion']).toEqual(expect.arrayContaining([...codes.keys()]));
    expect(codes.get('corrupt')).toBeGreaterThan(whole.length / PAGE);
  });

  it('in a state: the quick check finds it', async () => {
    const bytes = Buffer.from(whole);
    const at = bytes.lastIndexOf('119 119 119');
    bytes.writeUInt8(0x38, at);
    expect(await read(bytes, 'quick')).toBe('corrupt');
  });

  it('cut off at any page: refused', async () => {
    for (let page = 1; page < whole.length / PAGE; page += 7)
      expect(await read(whole.subarray(0, page * PAGE), 'quick')).toBe('corrupt');
  });
});

describe('a store with the log of another', () => {
  const files = () => [join(directory.path, 'own.db'), join(directory.path, 'other.db')] as const;

  /** A store that was closed, and the log of one that was not, with so many writes. */
  async function mixed(writes: number): Promise<unknown> {
    const [own, other] = files();
    for (const file of [own, other, `${own}-wal`]) await rm(file, { force: true });
    const kept = await sqliteStore(own);
    for (let n = 0; n < 20; n++) await write(kept, n);
    const before = await contentsOf(kept);
    await kept.close();
    const foreign = await sqliteStore(other);
    for (let n = 0; n < writes; n++) await write(foreign, n + 500);
    await copyFile(`${other}-wal`, `${own}-wal`);
    await foreign.close();
    return before;
  }

  it('it is refused and told what to do; without that log it has all of its own', async () => {
    for (const writes of [3, 10, 40]) {
      const before = await mixed(writes);
      const [own] = files();
      const bytes = await readFile(own);
      await expect(sqliteStore(own)).rejects.toMatchObject({
        code: 'corrupt',
        message: expect.stringContaining('belongs to another database'),
      });
      expect((await readFile(own)).equals(bytes)).toBe(true);
      await rm(`${own}-wal`);
      const store = await sqliteStore(own, { check: 'full' });
      expect(await contentsOf(store)).toEqual(before);
      await store.close();
    }
  });

  it('a backup in the place of a store that was killed, whose log was left: refused, then taken for the copy it is', async () => {
    const [own, other] = files();
    for (const file of [own, `${own}-wal`, other]) await rm(file, { force: true });
    const store = await sqliteStore(own);
    for (let n = 0; n < 10; n++) await write(store, n);
    await store.backup(other);
    const then = await contentsOf(store);
    for (let n = 10; n < 20; n++) await write(store, n);
    await copyFile(`${own}-wal`, `${other}-wal`);
    await store.close();
    await expect(sqliteStore(other)).rejects.toMatchObject({ code: 'corrupt' });
    await rm(`${other}-wal`);
    const copy = await sqliteStore(other, { check: 'full' });
    expect(copy.restored).toBe(true);
    expect(await contentsOf(copy)).toEqual(then);
    await copy.close();
  });
});
