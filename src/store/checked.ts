import { withChecksum, withoutChecksum } from './checksum.ts';
import { type ChannelWrite, type NewRecord, type Store, type StoredChannel, StoreError } from './port.ts';

/**
 * `store` with a checksum on every text: what comes back damaged, cut off or from another place is `StoreError('corrupt')`
 * with the place, and is never half read. Whether the store is an old copy of itself it cannot tell.
 */
export function checkedStore(store: Store): Store {
  return {
    channels: async () => (await store.channels()).map(uncheckedChannel),
    channel: async (key) => {
      const stored = await store.channel(key);
      return stored === undefined ? undefined : uncheckedChannel(stored);
    },
    commit: (key, write) => store.commit(key, checkedWrite(key, write)),
    forget: (key) => store.forget(key),
    records: async (key, from, limit) =>
      (await store.records(key, from, limit)).map((record) => read(placeOf(key, 'record'), record)),
    recordsAbout: async (key, about) =>
      (await store.recordsAbout(key, about)).map((record) => read(placeOf(key, 'record'), record)),
    appendEvents: (events) => store.appendEvents(events.map(checkedEvent)),
    events: async (from, limit) =>
      (await store.events(from, limit)).map(({ seq, event }) => ({ seq, event: read('event', event) })),
    lastEvent: () => store.lastEvent(),
    dropEvents: (below) => store.dropEvents(below),
    value: async (name) => {
      const stored = await store.value(name);
      return stored === undefined ? undefined : read(`value ${name}`, stored);
    },
    setValue: (name, value) => store.setValue(name, withChecksum(`value ${name}`, value)),
    close: () => store.close(),
  };
}

type Part = 'state' | 'monitor' | 'action' | 'record';

function placeOf(key: string, part: Part): string {
  return `channel ${key} ${part}`;
}

function checkedWrite(
  key: string,
  { state, monitor, actions, records, events, ...rest }: ChannelWrite,
): ChannelWrite {
  const checked = (part: Part, text: string) => withChecksum(placeOf(key, part), text);
  return {
    ...rest,
    ...(state === undefined ? {} : { state: checked('state', state) }),
    ...(monitor === undefined ? {} : { monitor: checked('monitor', monitor) }),
    ...(actions === undefined
      ? {}
      : { actions: actions.map(({ id, action }) => ({ id, action: checked('action', action) })) }),
    ...(records === undefined ? {} : { records: records.map((record) => checkedRecord(key, record)) }),
    ...(events === undefined ? {} : { events: events.map(checkedEvent) }),
  };
}

function checkedRecord(key: string, record: NewRecord): NewRecord {
  const place = placeOf(key, 'record');
  if (typeof record === 'string') return withChecksum(place, record);
  return { about: record.about, text: withChecksum(place, record.text) };
}

function checkedEvent(event: string): string {
  return withChecksum('event', event);
}

function uncheckedChannel({ key, state, monitor, pending, recordCount }: StoredChannel): StoredChannel {
  return {
    key,
    state: read(placeOf(key, 'state'), state),
    monitor: monitor === null ? null : read(placeOf(key, 'monitor'), monitor),
    pending: pending.map(({ id, action }) => ({ id, action: read(placeOf(key, 'action'), action) })),
    recordCount,
  };
}

function read(place: string, stored: string): string {
  const text = withoutChecksum(place, stored);
  if (!text.ok) throw new StoreError('corrupt', `${text.error.place}: what is stored is damaged`);
  return text.value;
}
