import { execFileSync } from 'node:child_process';
import { rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { isDeepStrictEqual } from 'node:util';
import { memoryStore } from '../../../src/store/memory.ts';
import { type Store, StoreError } from '../../../src/store/port.ts';
import { sqliteStore } from '../../../src/store/sqlite/index.ts';
import { contentsOf, write } from '../../powerloss/writes.ts';

/**
 * `node fault.ts <fault> <directory>`, in a process whose files or whose file system are limited: meets the fault, lifts it, goes
 * on, and says in JSON what it saw.
 */
const [fault = '', directory = ''] = process.argv.slice(2);
const path = join(directory, 'node.db');

const lift: Readonly<Record<string, () => void>> = {
  fileSize: () => execFileSync('prlimit', ['--pid', `${process.pid}`, '--fsize=unlimited:']),
  full: () => execFileSync('mount', ['-o', 'remount,size=64m', directory]),
  readOnly: () => execFileSync('mount', ['-o', 'remount,rw', directory]),
};

async function codeOf(work: () => Promise<unknown>): Promise<string | undefined> {
  try {
    await work();
    return undefined;
  } catch (error) {
    return error instanceof StoreError ? error.code : `${error}`;
  }
}

/** Groups of two until one is refused; both of it have to be. */
async function untilRefused(store: Store, beside: Store): Promise<readonly (string | undefined)[]> {
  for (let n = 0; ; n += 2) {
    const codes = await Promise.all([n, n + 1].map((each) => codeOf(() => write(store, each))));
    if (codes.some((code) => code !== undefined)) return codes;
    for (const each of [n, n + 1]) await write(beside, each);
    if (n > 2000) return ['no fault'];
  }
}

const isSame = async (store: Store, beside: Store) =>
  isDeepStrictEqual(await contentsOf(store), await contentsOf(beside));

async function writing(): Promise<unknown> {
  const [store, beside] = [await sqliteStore(path), memoryStore()];
  const codes = await untilRefused(store, beside);
  const again = await codeOf(() => store.setValue('v', 'x'.repeat(50_000)));
  const nothingOfIt = await isSame(store, beside);
  lift[fault]?.();
  for (const each of [store, beside]) for (let n = 3000; n < 3010; n++) await write(each, n);
  const goesOn = await isSame(store, beside);
  await store.close();
  const reopened = await sqliteStore(path, { check: 'full' });
  const kept = await isSame(reopened, beside);
  await reopened.close();
  return { codes, again, nothingOfIt, goesOn, kept };
}

async function opening(): Promise<unknown> {
  const store = await sqliteStore(path);
  await store.setValue('v', 'kept');
  await store.close();
  execFileSync('mount', ['-o', 'remount,ro', directory]);
  const code = await codeOf(() => sqliteStore(path));
  const fresh = await codeOf(() => sqliteStore(join(directory, 'new.db')));
  lift[fault]?.();
  const reopened = await sqliteStore(path);
  const value = await reopened.value('v');
  await reopened.close();
  return { code, fresh, value };
}

/** The system does not say what it has of a sync that failed: the store answers no more until it is opened anew. */
async function syncing(): Promise<unknown> {
  const failing = process.env.WATTLANE_SYNC_FAULT ?? '';
  const [store, before, after] = [await sqliteStore(path), memoryStore(), memoryStore()];
  for (const each of [store, before, after]) for (let n = 0; n < 3; n++) await write(each, n);
  for (let n = 3; n < 5; n++) await write(after, n);
  writeFileSync(failing, '');
  const codes = await Promise.all([3, 4].map((each) => codeOf(() => write(store, each))));
  rmSync(failing);
  const afterwards = [await codeOf(() => write(store, 5)), await codeOf(() => store.channels())];
  const reopened = await sqliteStore(path, { check: 'full' });
  const isWhole = (await isSame(reopened, before)) || (await isSame(reopened, after));
  await write(reopened, 9);
  await reopened.close();
  return { codes, afterwards, isWhole };
}

const seen = fault === 'readOnly' ? opening() : fault === 'sync' ? syncing() : writing();
process.stdout.write(JSON.stringify(await seen));
