import { fromJson, toJson } from '../base/json.ts';
import type { Role } from '../base/role.ts';
import type { BlockRef } from '../chain/port.ts';
import type { Channel } from '../channel/state.ts';
import type { Context } from '../channel/step.ts';
import type { Knowledge } from '../penalty/knowledge.ts';
import type { Monitor } from '../penalty/monitor.ts';
import { type Store, type StoredAction, type StoredChannel, StoreError } from '../store/port.ts';
import { BreachFiles } from './breach.ts';
import type { BreachFile } from './breachFile.ts';
import { Fold, isOurBug, tipAfter } from './fold.ts';
import { eventText } from './journal.ts';
import { knowledgeOf } from './knowledge.ts';
import { storedRecord } from './records.ts';
import { StateTexts } from './stateText.ts';
import {
  type ChannelNotice,
  type DriverInput,
  type DurableAction,
  type Effects,
  isKept,
  type Refusal,
  type Work,
} from './work.ts';

/** Most inputs of one write: what waits behind them is written next. */
const MAX_INPUTS = 256;
/** For how long a write that nobody waits for may wait for one that somebody does, milliseconds. */
const PATIENCE_MS = 10;

/** An input, or what the driver asks of itself: to write what is decided, to do again what was not done before a crash. */
interface Waiting {
  readonly input: DriverInput | { readonly type: 'write' | 'resume' | 'forget' };
  readonly resolve: (refusals: readonly Refusal[]) => void;
  readonly reject: (error: unknown) => void;
}

/** An input that was folded, and what of it was refused. */
interface Folded extends Waiting {
  readonly refusals: readonly Refusal[];
}

/** What is decided and not written. */
interface Draft {
  readonly work: Work;
  readonly inputs: readonly Folded[];
}

/**
 * Drives one channel by the law of docs/architecture.md: what waits for it is folded in the order in which it came; one
 * atomic write of state, actions, monitor, records and notices; then the notices are told and the actions done in order.
 * An error in the core is our own bug: the state stays as it was before that input, the channel is halted and says so,
 * and the monitor goes on.
 */
export class ChannelDriver {
  readonly key: string;
  readonly #store: Store;
  readonly #effects: Effects;
  readonly #breaches: BreachFiles;
  /** What the records say of the revoked commitment on the chain, if there is one. */
  #file: BreachFile | undefined;
  #channel: Channel;
  #monitor: Monitor | null;
  readonly #texts = new StateTexts();
  #draft: Draft;
  #pending: readonly StoredAction[];
  #nextActionId: number;
  /** The number of the connection with each peer, as of the last input: an answer is for the one that it came by. */
  readonly #connections = new Map<Role, number>();
  readonly #done: number[] = [];
  #waiting: Waiting[] = [];
  #busy = false;
  #callOffWrite: () => void = () => {};
  #halted: string | undefined;
  #isForgotten = false;
  /** The last block that this channel was told of. */
  #tip: BlockRef | undefined;

  /** @param channel the state of `stored`, see {@link readState} */
  constructor(store: Store, effects: Effects, stored: StoredChannel, channel: Channel) {
    this.key = stored.key;
    this.#store = store;
    this.#effects = effects;
    this.#breaches = new BreachFiles(store, stored.key);
    this.#channel = channel;
    this.#monitor = stored.monitor === null ? null : parse<Monitor | null>(stored.monitor);
    this.#draft = this.#nothing();
    this.#pending = stored.pending;
    this.#nextActionId = (stored.pending.at(-1)?.id ?? 0) + 1;
  }

  /** As it is on the disk. */
  get channel(): Channel {
    return this.#channel;
  }
  get monitor(): Monitor | null {
    return this.#monitor;
  }
  /** Why the channel is halted, if it is. */
  get halted(): string | undefined {
    return this.#halted;
  }

  /** Keys, time and height at which an event would be judged now. */
  context(): Context {
    return this.#effects.context();
  }

  /** What the monitor knows of the channel now. */
  knowledge(): Knowledge | undefined {
    return knowledgeOf(this.#channel, this.#effects.context(), this.#file);
  }

  /**
   * Does again what was stored and not marked done before the last stop. Messages are not: their connection ended with the
   * process, and on one that is there already they would come ahead of `reestablish`, or contradict it.
   */
  async resume(): Promise<void> {
    await this.#enqueue({ type: 'resume' });
  }

  /** Queues one input; resolves with what of it was refused when it was stored and its actions were done. Rejects with a `StoreError` when it could not be stored. */
  handle(input: DriverInput): Promise<readonly Refusal[]> {
    return this.#enqueue(input);
  }

  /** Removes the channel from the store; what it is told from then on is kept nowhere. */
  async forget(): Promise<void> {
    await this.#enqueue({ type: 'forget' });
  }

  /** Resolves when everything that was queued before is stored and done, or failed. */
  async idle(): Promise<void> {
    await this.#enqueue({ type: 'write' });
  }

  #enqueue(input: Waiting['input']): Promise<readonly Refusal[]> {
    return new Promise((resolve, reject) => {
      this.#waiting.push({ input, resolve, reject });
      if (this.#busy) return;
      this.#busy = true;
      // what else comes of the same event is in the same write
      queueMicrotask(() => void this.#work());
    });
  }

  async #work(): Promise<void> {
    while (this.#waiting.length > 0) {
      const inputs = this.#next();
      try {
        await this.#turn(inputs);
      } catch (error) {
        for (const each of inputs) each.reject(error);
      }
    }
    this.#busy = false;
  }

  /** What is folded next: blocks and what comes with a breach one at a time, for they read what is on the disk. */
  #next(): readonly Waiting[] {
    const [first] = this.#waiting;
    if (first === undefined) return [];
    if (this.#file !== undefined || !isEvent(first)) return this.#waiting.splice(0, 1);
    const end = this.#waiting.findIndex((each) => !isEvent(each));
    return this.#waiting.splice(0, Math.min(end < 0 ? MAX_INPUTS : end, MAX_INPUTS));
  }

  async #turn(inputs: readonly Waiting[]): Promise<void> {
    const [first] = inputs;
    if (first === undefined) return;
    if (this.#file !== undefined || !isEvent(first)) await this.#write();
    if (first.input.type === 'resume') await this.#resume();
    if (first.input.type === 'forget') {
      await this.#store.forget(this.key);
      this.#isForgotten = true;
    }
    if (!isInput(first.input)) return first.resolve([]);
    this.#draft = await this.#decide(inputs);
    if (this.#mayWait()) await this.#writeLater();
    else await this.#write();
  }

  async #decide(inputs: readonly Waiting[]): Promise<Draft> {
    const block = inputs.map(({ input }) => input).find(isConnected)?.block ?? null;
    if (block !== null || this.#file !== undefined)
      this.#file = await this.#breaches.about(this.#channel, this.#monitor, block);
    const fold = new Fold(
      this.#draft.work,
      this.#effects,
      this.#tip ?? this.#effects.tip(),
      this.#connections,
      this.#file,
    );
    const folded: Folded[] = [];
    for (const each of inputs) {
      const told = fold.work.notices.length;
      if (isInput(each.input)) await this.#take(fold, each.input);
      folded.push({ ...each, refusals: fold.work.notices.slice(told).filter(isRefusal) });
    }
    return { work: fold.work, inputs: [...this.#draft.inputs, ...folded] };
  }

  async #take(fold: Fold, input: DriverInput): Promise<void> {
    if (input.type === 'event' && input.event.type === 'connected' && input.connection !== undefined)
      fold.connected(input.event.peer, input.connection);
    const events =
      input.type === 'event'
        ? [input.event]
        : ((await this.#unlessOurBug(fold, () => fold.follow(input))) ?? []);
    const fault = this.#halted === undefined ? (fold.play(events) ?? fold.tellBreach()) : undefined;
    if (fault !== undefined) this.#halt(fold, fault);
    if (input.type === 'blockConnected') await this.#unlessOurBug(fold, () => fold.claims());
    if (input.type !== 'event') this.#tip = tipAfter(input);
  }

  /** A bug that one channel runs into halts that channel: the others, and the chain's following, go on. */
  async #unlessOurBug<T>(fold: Fold, work: () => T | Promise<T>): Promise<T | undefined> {
    try {
      return await work();
    } catch (error) {
      if (!isOurBug(error)) throw error;
      this.#halt(fold, error.message);
      return undefined;
    }
  }

  /** Never a reason to close: the chain monitor of a halted channel still claims what is ours. */
  #halt(fold: Fold, reason: string): void {
    if (this.#halted === reason) return;
    this.#halted = reason;
    fold.notice({ type: 'halted', reason });
  }

  #nothing(): Draft {
    const work = { channel: this.#channel, monitor: this.#monitor, actions: [], records: [], notices: [] };
    return { work, inputs: [] };
  }

  /**
   * Whether the draft may wait for a write that somebody waits for: only peers said it, and nothing of it has left this
   * node or reached another part of it. Lost in a crash, it was never received, and the peers say it again.
   */
  #mayWait(): boolean {
    if (this.#effects.isAwaited()) return false;
    const { work, inputs } = this.#draft;
    return inputs.every(isPatient) && !work.actions.some(isStored) && this.#isNews(work);
  }

  /** Whether there is something that the disk has not. */
  #isNews({ channel, monitor, actions, records, notices }: Work): boolean {
    const isSame = channel === this.#channel && monitor === this.#monitor && records.length === 0;
    return !isSame || actions.some(isStored) || notices.some(isKept);
  }

  async #writeLater(): Promise<void> {
    const { work, inputs } = this.#draft;
    this.#draft = { work: { ...work, actions: [] }, inputs };
    for (const action of work.actions) await this.#perform(action, () => {});
    this.#callOffWrite();
    this.#callOffWrite = this.#effects.after(PATIENCE_MS, () => void this.idle());
  }

  /** Writes what is decided, then tells and does it. What cannot be written was not decided. */
  async #write(): Promise<void> {
    this.#callOffWrite();
    const { work, inputs } = this.#draft;
    const isNews = this.#isNews(work);
    const stored = work.actions.filter(isStored).map((action) => ({ id: this.#nextActionId++, action }));
    try {
      if (isNews) await this.#commit(work, stored);
    } catch (error) {
      return this.#undo(error);
    }
    this.#channel = work.channel;
    this.#monitor = work.monitor;
    this.#draft = this.#nothing();
    if (isNews) this.#effects.stored(work.notices.filter(isKept).length);
    for (const notice of work.notices) this.#effects.notify(notice);
    try {
      const ids = new Map(stored.map(({ id, action }) => [action, id]));
      for (const action of work.actions) await this.#perform(action, this.#marksDone(ids.get(action)));
    } catch (error) {
      for (const each of inputs) each.reject(error);
      return;
    }
    for (const { resolve, refusals } of inputs) resolve(refusals);
  }

  async #commit(
    { channel, monitor, records, notices }: Work,
    actions: readonly { readonly id: number; readonly action: DurableAction }[],
  ): Promise<void> {
    if (this.#isForgotten) return;
    const done = [...this.#done];
    const at = this.#effects.context().now;
    const state = channel === this.#channel ? undefined : this.#texts.write(channel);
    await this.#store.commit(this.key, {
      ...(state === undefined ? {} : { state: state.text }),
      ...(monitor === this.#monitor ? {} : { monitor: toJson(monitor) }),
      actions: actions.map(({ id, action }) => ({ id, action: toJson(action) })),
      done,
      records: [...(state?.records ?? []), ...records.map(storedRecord)],
      events: notices.filter(isKept).map((notice) => eventText({ channel: this.key, at, notice })),
    });
    this.#done.splice(0, done.length);
    this.#texts.stored(channel);
  }

  /** Back to what the disk has. Of what peers said since, the beginning is missing: it is not taken either. */
  #undo(error: unknown): void {
    const { work, inputs } = this.#draft;
    if (work.notices.some(({ type }) => type === 'halted')) this.#halted = undefined;
    this.#draft = this.#nothing();
    const late = this.#waiting.filter(isSaidByPeer);
    this.#waiting = this.#waiting.filter((each) => !isSaidByPeer(each));
    for (const each of [...inputs, ...late]) each.reject(error);
  }

  async #resume(): Promise<void> {
    this.#file = await this.#breaches.about(this.#channel, this.#monitor, null);
    const pending = this.#pending;
    this.#pending = [];
    for (const { id, action } of pending) {
      const again = parse<DurableAction>(action);
      if (again.type === 'send') this.#done.push(id);
      else await this.#perform(again, this.#marksDone(id));
    }
  }

  /** The mark that an action need not be done again; it is in the next write. */
  #marksDone(id: number | undefined): () => void {
    return () => {
      if (id !== undefined) this.#done.push(id);
    };
  }

  async #perform(action: DurableAction, done: () => void): Promise<void> {
    switch (action.type) {
      case 'send':
        this.#effects.send(action.to, action.bytes, action.on);
        break;
      case 'broadcast':
        await this.#effects.broadcast(action.tx, action.purpose);
        break;
      default:
        return this.#effects.perform(action, done);
    }
    done();
  }
}

function isConnected(input: Waiting['input']): input is Extract<DriverInput, { type: 'blockConnected' }> {
  return input.type === 'blockConnected';
}

function isRefusal(notice: ChannelNotice): notice is Refusal {
  return notice.type === 'refused';
}

function isEvent({ input }: Waiting): boolean {
  return input.type === 'event';
}

function isInput(input: Waiting['input']): input is DriverInput {
  return input.type !== 'write' && input.type !== 'resume' && input.type !== 'forget';
}

function isSaidByPeer({ input }: Waiting): boolean {
  return input.type === 'event' && input.event.type === 'messageReceived';
}

/** Whether the action waits for the write, and is done again after a crash. A meter's reading is not: its owner says its last one again. */
function isStored(action: DurableAction): boolean {
  return action.type !== 'meterRead' && !(action.type === 'send' && action.isFree === true);
}

/** Whether the input may wait to be written: a message, or a reading of our own meter. */
function isPatient(waiting: Waiting): boolean {
  const { input } = waiting;
  return isSaidByPeer(waiting) || (input.type === 'event' && input.event.type === 'readMeter');
}

/** What this driver wrote: our own text, from our own store. */
function parse<T>(text: string): T {
  const parsed = fromJson(text);
  if (!parsed.ok) throw new StoreError('corrupt', `stored value is not JSON: ${parsed.error.reason}`);
  return parsed.value as T;
}
