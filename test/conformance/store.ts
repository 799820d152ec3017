import fc from 'fast-check';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { InvariantError } from '../../src/base/invariant.ts';
import {
  type ChannelWrite,
  type NewRecord,
  type Store,
  type StoredAction,
  type StoredChannel,
  type StoredEvent,
  StoreError,
} from '../../src/store/port.ts';

/** A place that keeps what a store wrote. */
export interface StorePlace {
  /** Opens the store: empty at first, later with what was durable. At most one is open at a time. */
  open(): Promise<Store>;
  /** Takes everything away, an open store included. */
  remove(): Promise<void>;
}

const STATE = '{"type":"open"}';

const action = (id: number): StoredAction => ({ id, action: `{"type":"send","n":${id}}` });

const about = (subject: string, text: string) => ({ about: subject, text });

/** What every adapter of the store port has to do. */
export function storeConformance(name: string, create: () => Promise<StorePlace>): void {
  describe(`store port on ${name}`, () => {
    let place: StorePlace;
    let store: Store;

    beforeEach(async () => {
      place = await create();
      store = await place.open();
    });

    afterEach(() => place.remove());

    async function reopen(): Promise<void> {
      await store.close();
      store = await place.open();
    }

    it('new: empty', async () => {
      expect(await store.channels()).toEqual([]);
      expect(await store.channel('a')).toBeUndefined();
      expect(await store.records('a')).toEqual([]);
      expect(await store.value('a')).toBeUndefined();
      expect(await store.recordsAbout('a', 'x')).toEqual([]);
      expect(await store.events()).toEqual([]);
      expect(await store.lastEvent()).toBe(0);
    });

    it('records about something: those and no others, in the order of appending', async () => {
      await store.commit('a', { state: STATE, records: [about('x', 'a0'), 'a1', about('y', 'a2')] });
      await store.commit('b', { state: STATE, records: [about('x', 'b0')] });
      await store.commit('a', { records: [about('xx', 'a3'), about('x', 'a4')] });
      await reopen();
      expect(await store.recordsAbout('a', 'x')).toEqual(['a0', 'a4']);
      expect(await store.recordsAbout('a', 'y')).toEqual(['a2']);
      expect(await store.recordsAbout('b', 'x')).toEqual(['b0']);
      expect(await store.recordsAbout('a', '')).toEqual([]);
      expect(await store.recordsAbout('c', 'x')).toEqual([]);
      expect(await store.records('a')).toEqual(['a0', 'a1', 'a2', 'a3', 'a4']);
      expect((await store.channel('a'))?.recordCount).toBe(5);
    });

    it('a channel is forgotten: gone with its records, its events stay, its key is new again', async () => {
      await store.commit('a', {
        state: STATE,
        monitor: '{}',
        actions: [action(1)],
        records: ['a0'],
        events: ['e1'],
      });
      await store.commit('b', { state: STATE, records: [about('x', 'b0')] });
      await store.commit('c', { state: STATE, records: ['c0'] });
      await store.forget('b');
      await store.forget('a');
      await store.forget('never there');
      await reopen();
      expect((await store.channels()).map(({ key }) => key)).toEqual(['c']);
      expect(await store.channel('a')).toBeUndefined();
      expect(await store.records('a')).toEqual([]);
      expect(await store.recordsAbout('b', 'x')).toEqual([]);
      expect(await store.records('c')).toEqual(['c0']);
      expect(await store.events()).toEqual([{ seq: 1, event: 'e1' }]);
      await expect(store.commit('a', { records: ['no state'] })).rejects.toBeInstanceOf(InvariantError);
      await store.commit('a', { state: STATE, actions: [action(1)], records: ['new'] });
      expect(await store.channel('a')).toMatchObject({ monitor: null, pending: [action(1)], recordCount: 1 });
      expect(await store.records('a')).toEqual(['new']);
    });

    it('events of writes and of none: one sequence over all, from 1, without holes', async () => {
      await store.commit('b', { state: STATE, events: ['e1', 'e2'] });
      await store.appendEvents(['e3']);
      await store.appendEvents([]);
      await store.commit('a', { state: STATE, events: ['e4'] });
      await reopen();
      await store.commit('b', { events: ['e5'] });
      expect(await store.events()).toEqual([1, 2, 3, 4, 5].map((seq) => ({ seq, event: `e${seq}` })));
      expect(await store.events(4)).toEqual([4, 5].map((seq) => ({ seq, event: `e${seq}` })));
      expect(await store.events(2, 2)).toEqual([2, 3].map((seq) => ({ seq, event: `e${seq}` })));
      expect(await store.events(2, 0)).toEqual([]);
      expect(await store.events(6)).toEqual([]);
      expect(await store.events(99)).toEqual([]);
      expect(await store.lastEvent()).toBe(5);
    });

    it('events dropped: the rest keep their numbers, new ones go on, also when none was left', async () => {
      await store.appendEvents(['e1', 'e2', 'e3']);
      await store.dropEvents(1);
      await store.dropEvents(3);
      expect(await store.events(1)).toEqual([{ seq: 3, event: 'e3' }]);
      expect(await store.events(0, 1)).toEqual([{ seq: 3, event: 'e3' }]);
      await store.dropEvents(99);
      await reopen();
      expect(await store.events()).toEqual([]);
      expect(await store.lastEvent()).toBe(3);
      await store.commit('a', { state: STATE, events: ['e4'] });
      expect(await store.events()).toEqual([{ seq: 4, event: 'e4' }]);
    });

    it('write that is refused: no event of it, and no number is lost', async () => {
      await store.appendEvents(['e1']);
      await expect(store.commit('a', { events: ['never'] })).rejects.toThrow(InvariantError);
      await store.appendEvents(['e2']);
      expect(await store.events()).toEqual([1, 2].map((seq) => ({ seq, event: `e${seq}` })));
    });

    it('first write of a channel: what it does not name is empty', async () => {
      await store.commit('a', { state: STATE });
      const channel = { key: 'a', state: STATE, monitor: null, pending: [], recordCount: 0 };
      expect(await store.channel('a')).toEqual(channel);
      expect(await store.channels()).toEqual([channel]);
    });

    it('whole write, then opened anew: all there', async () => {
      await store.commit('a', {
        state: STATE,
        monitor: '{"m":1}',
        actions: [action(1), action(2)],
        records: ['r0', 'r1'],
      });
      await store.setValue('name', 'value');
      await reopen();
      expect(await store.channel('a')).toEqual({
        key: 'a',
        state: STATE,
        monitor: '{"m":1}',
        pending: [action(1), action(2)],
        recordCount: 2,
      });
      expect(await store.records('a')).toEqual(['r0', 'r1']);
      expect(await store.value('name')).toBe('value');
    });

    it('later writes: change what they name and nothing else', async () => {
      await store.commit('a', {
        state: STATE,
        monitor: '{"m":1}',
        actions: [action(1), action(2), action(3)],
        records: ['r0'],
      });
      await store.commit('a', { state: '{"s":2}' });
      await store.commit('a', { records: ['r1', 'r2'] });
      await store.commit('a', { done: [2] });
      await store.commit('a', { monitor: '{"m":2}' });
      await store.commit('a', {});
      expect(await store.channel('a')).toEqual({
        key: 'a',
        state: '{"s":2}',
        monitor: '{"m":2}',
        pending: [action(1), action(3)],
        recordCount: 3,
      });
      expect(await store.records('a', 1)).toEqual(['r1', 'r2']);
      expect(await store.records('a', 3)).toEqual([]);
      expect(await store.records('a', 99)).toEqual([]);
      expect(await store.records('a', 0, 2)).toEqual(['r0', 'r1']);
      expect(await store.records('a', 1, 2)).toEqual(['r1', 'r2']);
      expect(await store.records('a', 2, 2)).toEqual(['r2']);
      expect(await store.records('a', 0, 0)).toEqual([]);
    });

    it('action new and done in one write: not pending', async () => {
      await store.commit('a', { state: STATE, actions: [action(1), action(2)], done: [1] });
      expect((await store.channel('a'))?.pending).toEqual([action(2)]);
    });

    it('action done twice, or never there: ignored', async () => {
      await store.commit('a', { state: STATE, actions: [action(1), action(2)] });
      await store.commit('a', { done: [1] });
      await store.commit('a', { done: [1, 77] });
      expect((await store.channel('a'))?.pending).toEqual([action(2)]);
    });

    it('ids above nine: pending in the order of numbers', async () => {
      const actions = [8, 9, 10, 100, 2 ** 40].map(action);
      await store.commit('a', { state: STATE, actions });
      await reopen();
      expect((await store.channel('a'))?.pending).toEqual(actions);
    });

    it('two channels: neither sees the other’s', async () => {
      await store.commit('b', { state: '{"s":"b"}', actions: [action(1)], records: ['b0'] });
      await store.commit('a', { state: '{"s":"a"}', actions: [action(1)], records: ['a0', 'a1'] });
      await store.commit('b', { done: [1] });
      expect((await store.channels()).map(({ key }) => key)).toEqual(['a', 'b']);
      expect((await store.channel('a'))?.pending).toEqual([action(1)]);
      expect((await store.channel('b'))?.pending).toEqual([]);
      expect(await store.records('a')).toEqual(['a0', 'a1']);
      expect(await store.records('b')).toEqual(['b0']);
    });

    it('value set again: the last counts; values and channels have names of their own', async () => {
      await store.setValue('a', '1');
      await store.setValue('a', '2');
      await store.commit('a', { state: STATE });
      await reopen();
      expect(await store.value('a')).toBe('2');
      expect((await store.channel('a'))?.state).toBe(STATE);
      expect(await store.value('b')).toBeUndefined();
    });

    it.each<[string, ChannelWrite]>([
      ['no state', { monitor: '{}', records: ['r'] }],
      ['the same action id twice', { state: '{"s":2}', actions: [action(9), action(9)], records: ['r'] }],
      ['action ids that fall', { state: '{"s":2}', actions: [action(9), action(8)], records: ['r'] }],
    ])('first write with %s: refused, nothing is stored', async (_name, write) => {
      await expect(store.commit('a', write)).rejects.toThrow(InvariantError);
      expect(await store.channel('a')).toBeUndefined();
      expect(await store.records('a')).toEqual([]);
      await reopen();
      expect(await store.channels()).toEqual([]);
    });

    it('action id not above one that is pending: refused, everything is as before', async () => {
      await store.commit('a', { state: STATE, actions: [action(5)], records: ['r0'] });
      const before = await store.channel('a');
      const write = { state: '{"s":2}', monitor: '{}', actions: [action(5)], done: [5], records: ['r1'] };
      await expect(store.commit('a', write)).rejects.toThrow(InvariantError);
      expect(await store.channel('a')).toEqual(before);
      expect(await store.records('a')).toEqual(['r0']);
      await store.commit('a', { state: '{"s":3}' });
      expect((await store.channel('a'))?.state).toBe('{"s":3}');
    });

    it('writes called without waiting: take effect in the order of the calls, reads see those before them', async () => {
      const writes: Promise<void>[] = [store.commit('a', { state: '0' })];
      for (let n = 1; n <= 20; n++)
        writes.push(store.commit('a', { state: `${n}`, actions: [action(n)], records: [`r${n}`] }));
      const seen = await store.channel('a');
      await Promise.all(writes);
      expect(seen).toMatchObject({ state: '20', recordCount: 20 });
      expect(seen?.pending).toHaveLength(20);
      expect(await store.records('a', 18)).toEqual(['r19', 'r20']);
    });

    it('what was read, and what was passed to a write: later changes do not reach one another', async () => {
      const actions = [action(1)];
      const records = ['r0'];
      await store.commit('a', { state: STATE, actions, records });
      actions.push(action(2));
      records.push('r1');
      const before = await store.channel('a');
      const recordsBefore = await store.records('a');
      await store.commit('a', { state: '{"s":2}', actions: [action(3)], records: ['r2'] });
      expect(before).toEqual({
        key: 'a',
        state: STATE,
        monitor: null,
        pending: [action(1)],
        recordCount: 1,
      });
      expect(recordsBefore).toEqual(['r0']);
      expect(await store.records('a')).toEqual(['r0', 'r2']);
    });

    it('large texts and foreign letters: come back equal', async () => {
      const state = JSON.stringify({ text: 'é\u{1f600}\u0000"\\\n'.repeat(20_000) });
      await store.commit('a', { state, records: [state, ''] });
      await store.setValue('v', state);
      await reopen();
      expect((await store.channel('a'))?.state).toBe(state);
      expect(await store.records('a')).toEqual([state, '']);
      expect(await store.value('v')).toBe(state);
    });

    it('closed: everything rejects with `closed`, closing again does not', async () => {
      await store.commit('a', { state: STATE });
      await store.close();
      await store.close();
      const calls = [
        () => store.channels(),
        () => store.channel('a'),
        () => store.commit('a', { state: STATE }),
        () => store.records('a'),
        () => store.value('a'),
        () => store.setValue('a', ''),
        () => store.recordsAbout('a', 'x'),
        () => store.appendEvents(['e']),
        () => store.events(),
        () => store.lastEvent(),
        () => store.dropEvents(1),
      ];
      for (const call of calls) {
        const error = await call().then(
          () => undefined,
          (reason: unknown) => reason,
        );
        expect(error).toBeInstanceOf(StoreError);
        expect(error).toMatchObject({ code: 'closed', retry: false });
      }
    });

    it('any writes, opened anew at any time: what a plain model says', async () => {
      await fc.assert(
        fc.asyncProperty(fc.array(step, { maxLength: 40, size: 'max' }), async (steps) => {
          await place.remove();
          place = await create();
          store = await place.open();
          const model = new Model();
          for (const step of steps) {
            if (step.type === 'reopen') await reopen();
            else if (step.type === 'value')
              await store.setValue(step.name, model.setValue(step.name, step.value));
            else if (step.type === 'events') await store.appendEvents(model.append(step.events));
            else if (step.type === 'drop') await store.dropEvents(model.drop(step.below));
            else await store.commit(step.key, model.write(step.key, step));
            if (step.type === 'write') expect(await store.channel(step.key)).toEqual(model.channel(step.key));
          }
          expect(await store.channels()).toEqual(KEYS.flatMap((key) => model.channel(key) ?? []));
          for (const key of KEYS) {
            expect(await store.records(key)).toEqual(model.records(key));
            expect(await store.records(key, 2)).toEqual(model.records(key).slice(2));
            expect(await store.value(key)).toBe(model.values.get(key));
            for (const subject of SUBJECTS)
              expect(await store.recordsAbout(key, subject)).toEqual(model.recordsAbout(key, subject));
          }
          expect(await store.events()).toEqual(model.events);
          expect(await store.events(3, 2)).toEqual(model.events.filter(({ seq }) => seq >= 3).slice(0, 2));
          expect(await store.lastEvent()).toBe(model.lastEvent);
        }),
        { numRuns: 40 },
      );
    });
  });
}

const KEYS = ['a', 'b', 'c'];
const SUBJECTS = ['x', 'y'];
const key = fc.constantFrom(...KEYS);
const json = fc.json({ maxDepth: 1 });

interface WriteStep {
  readonly type: 'write';
  readonly key: string;
  readonly state: string | undefined;
  readonly monitor: string | undefined;
  /** New actions; the model gives the ids. */
  readonly actions: readonly string[];
  /** Which of the pending actions are done, by position. */
  readonly done: readonly number[];
  readonly records: readonly NewRecord[];
  readonly events: readonly string[];
}

const record = fc.oneof(
  json,
  fc.record({ about: fc.constantFrom(...SUBJECTS), text: json }, { noNullPrototype: true }),
);

const step = fc.oneof(
  {
    weight: 8,
    arbitrary: fc.record<WriteStep>({
      type: fc.constant('write'),
      key,
      state: fc.option(json, { nil: undefined }),
      monitor: fc.option(json, { nil: undefined }),
      actions: fc.array(json, { maxLength: 3 }),
      done: fc.array(fc.nat({ max: 6 }), { maxLength: 4 }),
      records: fc.array(record, { maxLength: 3 }),
      events: fc.array(json, { maxLength: 2 }),
    }),
  },
  { weight: 1, arbitrary: fc.record({ type: fc.constant('value' as const), name: key, value: fc.string() }) },
  {
    weight: 1,
    arbitrary: fc.record({
      type: fc.constant('events' as const),
      events: fc.array(json, { maxLength: 3 }),
    }),
  },
  { weight: 1, arbitrary: fc.record({ type: fc.constant('drop' as const), below: fc.nat({ max: 20 }) }) },
  { weight: 1, arbitrary: fc.record({ type: fc.constant('reopen' as const) }) },
);

/** What a store has to hold, as plainly as it can be said. */
class Model {
  readonly values = new Map<string, string>();
  readonly #channels = new Map<string, StoredChannel>();
  readonly #records = new Map<string, readonly NewRecord[]>();
  #lastId = 0;
  events: readonly StoredEvent[] = [];
  lastEvent = 0;

  append(events: readonly string[]): readonly string[] {
    this.events = [...this.events, ...events.map((event) => ({ seq: ++this.lastEvent, event }))];
    return events;
  }

  drop(below: number): number {
    this.events = this.events.filter(({ seq }) => seq >= below);
    return below;
  }

  channel(key: string): StoredChannel | undefined {
    return this.#channels.get(key);
  }

  records(key: string): readonly string[] {
    return this.#recordsOf(key).map((each) => (typeof each === 'string' ? each : each.text));
  }

  recordsAbout(key: string, subject: string): readonly string[] {
    const found = this.#recordsOf(key).flatMap((each) => (typeof each === 'string' ? [] : [each]));
    return found.filter((each) => each.about === subject).map(({ text }) => text);
  }

  #recordsOf(key: string): readonly NewRecord[] {
    return this.#records.get(key) ?? [];
  }

  setValue(name: string, value: string): string {
    this.values.set(name, value);
    return value;
  }

  /** Notes the step's consequences and returns it as a write. */
  write(key: string, step: WriteStep): ChannelWrite {
    const before = this.#channels.get(key);
    const state = step.state ?? (before === undefined ? STATE : undefined);
    const actions = step.actions.map((action) => ({ id: ++this.#lastId, action }));
    const all = [...(before?.pending ?? []), ...actions];
    const done = step.done.flatMap((position) => all[position]?.id ?? []);
    const records = [...this.#recordsOf(key), ...step.records];
    this.append(step.events);
    this.#records.set(key, records);
    this.#channels.set(key, {
      key,
      state: state ?? before?.state ?? STATE,
      monitor: step.monitor ?? before?.monitor ?? null,
      pending: all.filter(({ id }) => !done.includes(id)),
      recordCount: records.length,
    });
    return {
      ...(state === undefined ? {} : { state }),
      ...(step.monitor === undefined ? {} : { monitor: step.monitor }),
      actions,
      done,
      records: step.records,
      events: step.events,
    };
  }
}
