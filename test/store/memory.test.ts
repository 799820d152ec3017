import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { InvariantError } from '../../src/base/invariant.ts';
import { type MemoryStore, memoryStore, type StoreWrite } from '../../src/store/memory.ts';
import type { Store } from '../../src/store/port.ts';
import { storeConformance } from '../conformance/store.ts';

storeConformance('memory', async () => {
  let disk: MemoryStore | undefined;
  return {
    async open() {
      disk = disk?.snapshot() ?? memoryStore();
      return disk;
    },
    async remove() {
      await disk?.close();
    },
  };
});

async function contents(store: Store) {
  const channels = await store.channels();
  const records = await Promise.all(channels.map(({ key }) => store.records(key)));
  return { channels, records, value: await store.value('v') };
}

/** One write of each kind, numbered. */
function write(store: Store, n: number): Promise<void> {
  if (n % 3 === 2) return store.setValue('v', `${n}`);
  return store.commit(n % 3 === 0 ? 'a' : 'b', {
    state: `${n}`,
    actions: [{ id: n, action: '{}' }],
    done: [n - 3],
    records: [`${n}`],
  });
}

describe('memory store', () => {
  it('snapshot: what was there then; neither writes into the other', async () => {
    const store = memoryStore();
    await write(store, 0);
    await write(store, 2);
    const snapshot = store.snapshot();
    const before = await contents(snapshot);
    expect(before).toEqual(await contents(store));
    for (const n of [3, 4, 5]) await write(store, n);
    expect(await contents(snapshot)).toEqual(before);
    const after = await contents(store);
    await write(snapshot, 6);
    await snapshot.close();
    expect(await contents(store)).toEqual(after);
  });

  it('snapshot of a closed store: open', async () => {
    const store = memoryStore();
    await write(store, 0);
    await store.close();
    expect((await store.snapshot().channel('a'))?.state).toBe('0');
  });

  it('hook: told of every write in order, once it took effect', async () => {
    const seen: StoreWrite[] = [];
    const states: (string | undefined)[] = [];
    const snapshots: MemoryStore[] = [];
    const store: MemoryStore = memoryStore({
      onCommit(write) {
        seen.push(write);
        snapshots.push(store.snapshot());
      },
    });
    await store.commit('a', { state: '1' });
    await store.setValue('v', 'x');
    await store.commit('a', { state: '2' });
    await expect(store.commit('b', {})).rejects.toThrow(InvariantError);
    expect(seen).toEqual([
      { type: 'channel', key: 'a', write: { state: '1' } },
      { type: 'value', name: 'v', value: 'x' },
      { type: 'channel', key: 'a', write: { state: '2' } },
    ]);
    for (const snapshot of snapshots) states.push((await snapshot.channel('a'))?.state);
    expect(states).toEqual(['1', '1', '2']);
    expect(store.writes).toBe(3);
  });

  it('any crash: the disk holds the writes before it, the one it hit wholly or not at all, and none after', async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.integer({ min: 1, max: 12 }),
        fc.constantFrom('crashBefore' as const, 'crashAfter' as const),
        async (at, failure) => {
          const store = memoryStore();
          store.failAt(at, failure);
          const codes: string[] = [];
          for (let n = 0; n < 12; n++) {
            await write(store, n).then(
              () => codes.push('ok'),
              (error) => codes.push(error.code),
            );
          }
          expect(codes).toEqual(codes.map((_, n) => (n < at - 1 ? 'ok' : n === at - 1 ? 'io' : 'closed')));
          await expect(store.channels()).rejects.toMatchObject({ code: 'closed' });
          const expected = memoryStore();
          const survived = failure === 'crashAfter' ? at : at - 1;
          for (let n = 0; n < survived; n++) await write(expected, n);
          expect(await contents(store.snapshot())).toEqual(await contents(expected));
          expect(store.writes).toBe(survived);
        },
      ),
    );
  });

  it('one write failed: to be tried again, and then it works', async () => {
    const store = memoryStore();
    store.failAt(2, 'once');
    await write(store, 0);
    await expect(write(store, 1)).rejects.toMatchObject({ code: 'io', retry: true });
    expect(await store.channel('b')).toBeUndefined();
    await write(store, 1);
    expect((await store.channel('b'))?.state).toBe('1');
  });

  it('write refused as a bug: does not count towards the failure', async () => {
    const store = memoryStore();
    store.failAt(1);
    await expect(store.commit('a', {})).rejects.toThrow(InvariantError);
    await expect(write(store, 0)).rejects.toMatchObject({ code: 'io' });
  });

  it.each([0, -1, 0.5])('failure at write %d: refused', (n) => {
    expect(() => memoryStore().failAt(n)).toThrow(InvariantError);
  });
});
