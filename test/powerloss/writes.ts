import type { Store } from '../../src/store/port.ts';

/** Bytes of a state: some pages, as a channel's is. */
const STATE_LENGTH = 9000;

/** One write of each kind, numbered from 0; the texts say the number. */
export function write(store: Store, n: number): Promise<void> {
  if (n % 7 === 5) return store.setValue('v', `${n}`);
  if (n % 11 === 7) return store.appendEvents([`event of ${n}`, `and another of ${n}`]);
  if (n % 13 === 12) return store.dropEvents(n - 4);
  const key = n % 3 === 0 ? 'a' : 'b';
  return store.commit(key, {
    state: `${n} `.repeat(STATE_LENGTH / 4),
    monitor: `${n}`,
    actions: [{ id: n + 1, action: `action of ${n}` }],
    done: [n - 3],
    records: [{ about: `state/${n % 5}`, text: `record of ${n}` }, `another of ${n}`],
    events: [`event of ${n}`],
  });
}

/** Everything in a store that {@link write} writes. */
export async function contentsOf(store: Store): Promise<unknown> {
  const channels = await store.channels();
  const records = await Promise.all(channels.map(({ key }) => store.records(key)));
  const found = await Promise.all(channels.map(({ key }) => store.recordsAbout(key, 'state/1')));
  const [events, lastEvent] = [await store.events(), await store.lastEvent()];
  return { channels, records, found, value: await store.value('v'), events, lastEvent };
}

/** The first write of each group: groups of one to four, called together. */
export function groupsOf(writes: number): readonly (readonly number[])[] {
  const groups: number[][] = [];
  for (let n = 0; n < writes; ) {
    const size = Math.min(writes - n, 1 + (groups.length % 4));
    groups.push(Array.from({ length: size }, (_, i) => n + i));
    n += size;
  }
  return groups;
}
