import type Database from 'better-sqlite3';
import { invariant } from '../../base/invariant.ts';
import { withChecksum, withoutChecksum } from '../checksum.ts';
import {
  type ChannelWrite,
  type NewRecord,
  type StoredAction,
  type StoredChannel,
  type StoredEvent,
  StoreError,
} from '../port.ts';
import { RECORDS_PER_CHANNEL } from './schema.ts';

/** Numbers that belong to the store as a file. */
export type Mark =
  /** 1 while a process has the store open, or died with it open: its log is part of it. */
  | 'open'
  /** 1 in a backup, until a node has taken it up. */
  | 'copied'
  /** Salt of the log that the session began with, so that another's is known. */
  | 'log'
  /** Events below this number were dropped. */
  | 'eventsFrom';

interface ChannelRow {
  readonly number: number;
  readonly key: string;
}

/** What a store says in rows: each method is one step of a transaction, and keeps nothing in memory. */
export class Rows {
  readonly #sql: ReturnType<typeof statements>;

  constructor(db: Database.Database) {
    this.#sql = statements(db);
  }

  channels(): readonly StoredChannel[] {
    return this.#sql.channels.all().map((row) => this.#channel(row));
  }

  channel(key: string): StoredChannel | undefined {
    const row = this.#sql.channel.get(key);
    return row === undefined ? undefined : this.#channel(row);
  }

  /** Throws `InvariantError` before it writes anything, if it refuses the write. */
  writeChannel(key: string, write: ChannelWrite): void {
    const row = this.#sql.channel.get(key);
    invariant(row !== undefined || write.state !== undefined, 'the first write of a channel names its state');
    this.#checkIds(row, write.actions ?? []);
    const number = row?.number ?? Number(this.#sql.newChannel.run(key).lastInsertRowid);
    const { state, monitor, actions = [], done = [], records = [], events = [] } = write;
    if (state !== undefined) this.#sql.setState.run(number, withChecksum(`state ${key}`, state));
    if (monitor !== undefined) this.#sql.setMonitor.run(number, withChecksum(`monitor ${key}`, monitor));
    for (const { id, action } of actions)
      this.#sql.newAction.run(number, id, withChecksum(actionPlace(key, id), action));
    for (const id of done) this.#sql.dropAction.run(number, id);
    if (records.length > 0) this.#appendRecords({ number, key }, records);
    this.appendEvents(events);
  }

  forgetChannel(key: string): void {
    const row = this.#sql.channel.get(key);
    if (row === undefined) return;
    const first = row.number * RECORDS_PER_CHANNEL;
    this.#sql.dropRecords.run(first, first + RECORDS_PER_CHANNEL);
    for (const drop of this.#sql.dropChannel) drop.run(row.number);
  }

  records(key: string, from: number, limit: number): readonly string[] {
    const row = this.#sql.channel.get(key);
    if (row === undefined) return [];
    const first = row.number * RECORDS_PER_CHANNEL;
    const end = first + RECORDS_PER_CHANNEL;
    const rows = this.#sql.records.all(first + from, end, limitOf(limit));
    return rows.map(({ id, about, text }) => read(recordPlace(key, id - first, about), text));
  }

  recordsAbout(key: string, about: string): readonly string[] {
    const row = this.#sql.channel.get(key);
    if (row === undefined) return [];
    const first = row.number * RECORDS_PER_CHANNEL;
    const rows = this.#sql.recordsAbout.all(row.number, about);
    return rows.map(({ id, text }) => read(recordPlace(key, id - first, about), text));
  }

  appendEvents(events: readonly string[]): void {
    if (events.length === 0) return;
    let seq = this.lastEvent();
    for (const event of events) {
      seq += 1;
      this.#sql.newEvent.run(seq, withChecksum(eventPlace(seq), event));
    }
  }

  events(from: number, limit: number): readonly StoredEvent[] {
    const rows = this.#sql.events.all(from, limitOf(limit));
    return rows.map(({ seq, text }) => ({ seq, event: read(eventPlace(seq), text) }));
  }

  lastEvent(): number {
    return this.#sql.lastEvent.get()?.seq ?? Math.max(0, this.mark('eventsFrom') - 1);
  }

  dropEvents(below: number): void {
    const from = Math.min(below, this.lastEvent() + 1);
    if (from <= this.mark('eventsFrom')) return;
    this.setMark('eventsFrom', from);
    this.#sql.dropEvents.run(from);
  }

  value(name: string): string | undefined {
    const row = this.#sql.value.get(name);
    return row === undefined ? undefined : read(valuePlace(name), row.text);
  }

  /** Names of all values. */
  names(): IterableIterator<{ readonly name: string }> {
    return this.#sql.names.iterate();
  }

  setValue(name: string, value: string): void {
    this.#sql.setValue.run(name, withChecksum(valuePlace(name), value));
  }

  /** 0 unless it was set. */
  mark(name: Mark): number {
    return this.#sql.mark.get(name)?.number ?? 0;
  }

  setMark(name: Mark, number: number): void {
    this.#sql.setMark.run(name, number);
  }

  #channel({ number, key }: ChannelRow): StoredChannel {
    const state = this.#sql.state.get(number);
    if (state === undefined) throw new StoreError('corrupt', `channel ${key}: it has no state`);
    const monitor = this.#sql.monitor.get(number);
    const actions = this.#sql.actions.all(number);
    return {
      key,
      state: read(`state ${key}`, state.text),
      monitor: monitor === undefined ? null : read(`monitor ${key}`, monitor.text),
      pending: actions.map(({ id, text }) => ({ id, action: read(actionPlace(key, id), text) })),
      recordCount: this.#recordCount(number),
    };
  }

  #checkIds(row: ChannelRow | undefined, actions: readonly StoredAction[]): void {
    if (actions.length === 0) return;
    let last = row === undefined ? null : (this.#sql.lastAction.get(row.number)?.id ?? null);
    for (const { id } of actions) {
      invariant(last === null || id > last, `action id ${id} does not grow`);
      last = id;
    }
  }

  #recordCount(number: number): number {
    const first = number * RECORDS_PER_CHANNEL;
    const last = this.#sql.lastRecord.get(first, first + RECORDS_PER_CHANNEL)?.id ?? null;
    return last === null ? 0 : last - first + 1;
  }

  #appendRecords({ number, key }: ChannelRow, records: readonly NewRecord[]): void {
    let index = this.#recordCount(number);
    for (const record of records) {
      const [about, text] = typeof record === 'string' ? [null, record] : [record.about, record.text];
      const checked = withChecksum(recordPlace(key, index, about), text);
      this.#sql.newRecord.run(number * RECORDS_PER_CHANNEL + index, number, about, checked);
      index += 1;
    }
  }
}

function statements(db: Database.Database) {
  type TextRow = { readonly text: string };
  type RecordRow = { readonly id: number; readonly about: string | null; readonly text: string };
  return {
    channels: db.prepare<[], ChannelRow>('SELECT number, key FROM channels ORDER BY key'),
    channel: db.prepare<[string], ChannelRow>('SELECT number, key FROM channels WHERE key = ?'),
    newChannel: db.prepare<[string]>('INSERT INTO channels (key) VALUES (?)'),
    state: db.prepare<[number], TextRow>('SELECT text FROM states WHERE channel = ?'),
    setState: db.prepare<[number, string]>(
      'INSERT INTO states VALUES (?, ?) ON CONFLICT DO UPDATE SET text = excluded.text',
    ),
    monitor: db.prepare<[number], TextRow>('SELECT text FROM monitors WHERE channel = ?'),
    setMonitor: db.prepare<[number, string]>(
      'INSERT INTO monitors VALUES (?, ?) ON CONFLICT DO UPDATE SET text = excluded.text',
    ),
    actions: db.prepare<[number], TextRow & { readonly id: number }>(
      'SELECT id, text FROM actions WHERE channel = ? ORDER BY id',
    ),
    lastAction: db.prepare<[number], { readonly id: number | null }>(
      'SELECT max(id) AS id FROM actions WHERE channel = ?',
    ),
    newAction: db.prepare<[number, number, string]>('INSERT INTO actions VALUES (?, ?, ?)'),
    dropAction: db.prepare<[number, number]>('DELETE FROM actions WHERE channel = ? AND id = ?'),
    records: db.prepare<[number, number, number], RecordRow>(
      'SELECT id, about, text FROM records WHERE id >= ? AND id < ? ORDER BY id LIMIT ?',
    ),
    recordsAbout: db.prepare<[number, string], RecordRow>(
      'SELECT id, about, text FROM records WHERE channel = ? AND about = ? ORDER BY id',
    ),
    lastRecord: db.prepare<[number, number], { readonly id: number | null }>(
      'SELECT max(id) AS id FROM records WHERE id >= ? AND id < ?',
    ),
    newRecord: db.prepare<[number, number, string | null, string]>('INSERT INTO records VALUES (?, ?, ?, ?)'),
    dropRecords: db.prepare<[number, number]>('DELETE FROM records WHERE id >= ? AND id < ?'),
    dropChannel: [
      db.prepare<[number]>('DELETE FROM actions WHERE channel = ?'),
      db.prepare<[number]>('DELETE FROM monitors WHERE channel = ?'),
      db.prepare<[number]>('DELETE FROM states WHERE channel = ?'),
      db.prepare<[number]>('DELETE FROM channels WHERE number = ?'),
    ],
    events: db.prepare<[number, number], TextRow & { readonly seq: number }>(
      'SELECT seq, text FROM events WHERE seq >= ? ORDER BY seq LIMIT ?',
    ),
    lastEvent: db.prepare<[], { readonly seq: number }>('SELECT seq FROM events ORDER BY seq DESC LIMIT 1'),
    newEvent: db.prepare<[number, string]>('INSERT INTO events VALUES (?, ?)'),
    dropEvents: db.prepare<[number]>('DELETE FROM events WHERE seq < ?'),
    value: db.prepare<[string], TextRow>('SELECT text FROM named WHERE name = ?'),
    names: db.prepare<[], { readonly name: string }>('SELECT name FROM named'),
    setValue: db.prepare<[string, string]>(
      'INSERT INTO named (name, text) VALUES (?, ?) ON CONFLICT (name) DO UPDATE SET text = excluded.text',
    ),
    mark: db.prepare<[string], { readonly number: number }>('SELECT number FROM marks WHERE name = ?'),
    setMark: db.prepare<[string, number]>(
      'INSERT INTO marks VALUES (?, ?) ON CONFLICT DO UPDATE SET number = excluded.number',
    ),
  };
}

/** SQLite's way to say "no limit" is a negative one. */
function limitOf(limit: number): number {
  return Number.isFinite(limit) ? limit : -1;
}

function actionPlace(key: string, id: number): string {
  return `action ${key} ${id}`;
}

function recordPlace(key: string, index: number, about: string | null): string {
  return `record ${key} ${index} ${about === null ? '' : `about ${about}`}`;
}

function eventPlace(seq: number): string {
  return `event ${seq}`;
}

function valuePlace(name: string): string {
  return `value ${name}`;
}

function read(place: string, stored: string): string {
  const text = withoutChecksum(place, stored);
  if (!text.ok) throw new StoreError('corrupt', `${place}: what is stored is damaged`);
  return text.value;
}
