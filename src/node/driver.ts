import { InvariantError } from '../base/invariant.ts';
import { fromJson, toJson } from '../base/json.ts';
import type { Role } from '../base/role.ts';
import type { Block, BlockRef, BroadcastResult } from '../chain/port.ts';
import type { ChannelAction, ChannelRecord, Notice } from '../channel/action.ts';
import type { ChannelEvent } from '../channel/event.ts';
import type { Channel } from '../channel/state.ts';
import type { Context } from '../channel/step.ts';
import { transition } from '../channel/transition.ts';
import { claimsDue, type PlannedClaim } from '../penalty/claims.ts';
import type { Knowledge } from '../penalty/knowledge.ts';
import {
  connectBlock,
  disconnectBlock,
  fundingDepth,
  type Monitor,
  type MonitorNotice,
  startMonitor,
} from '../penalty/monitor.ts';
import { type Store, type StoredAction, type StoredChannel, StoreError } from '../store/port.ts';
import type { Tx } from '../tx/transaction.ts';
import { encodeMessage } from '../wire/messages.ts';
import { BreachFiles, breachOf, revealedSecret } from './breach.ts';
import type { BreachFile } from './breachFile.ts';
import { knowledgeOf } from './knowledge.ts';
import { storedRecord } from './records.ts';

/** What the driver asks of the node around it. Everything may be asked again after a crash. */
export interface Effects {
  /** Sends to a peer of this channel; dropped while there is no connection. */
  send(to: Role, message: Uint8Array): void;
  broadcast(tx: Tx, purpose: string): Promise<void>;
  /**
   * Begins one of the rest of the actions: the wallet's, the chain's and the meters' part. `done` is called once it
   * need not be done again, before or after this returns; the driver goes on meanwhile, for the answer is an input of its own.
   */
  perform(action: OtherAction, done: () => void): void;
  notify(notice: ChannelNotice): void;
  /** A new state was stored and is in force; called before its actions. */
  stored(): void;
  /** Seconds and height at which the event is judged, and the keys of this channel. */
  context(): Context;
  tip(): BlockRef;
  /** Blocks on top of everything before the channel is over. */
  readonly resolvedDepth: number;
  /** Satoshi per 1,000 virtual bytes that claims pay. */
  claimFeeRate(): Promise<bigint>;
}

export type OtherAction = Exclude<
  ChannelAction,
  { type: 'send' } | { type: 'broadcast' } | { type: 'notify' } | { type: 'watchFunding' }
>;

/** What the application hears of one channel: the machine's notices, the monitor's, and what became of claims. */
export type ChannelNotice =
  | Notice
  | { readonly type: 'chain'; readonly notice: MonitorNotice }
  | { readonly type: 'claiming'; readonly purpose: string; readonly tx: Tx; readonly feeSat: bigint }
  /** What the node said of a transaction of ours; said again with each block until it confirms. */
  | {
      readonly type: 'broadcast';
      readonly purpose: string;
      readonly tx: Tx;
      readonly result: BroadcastResult;
      /** Of a child that pays for our commitment (purpose `anchor`), satoshi. */
      readonly feeSat?: bigint;
    }
  /** The coins set aside for the anchor, and the free ones, do not reach for the fee that is asked, satoshi. */
  | { readonly type: 'anchorCoinsShort'; readonly neededSat: bigint; readonly availableSat: bigint }
  /** The utility keeps no more blobs of this channel: from state `next` on nobody answers a breach for us. */
  | { readonly type: 'unwatched'; readonly next: bigint }
  | { readonly type: 'halted'; readonly reason: string };

/** The notice of something that was asked for and not done. */
export type Refusal = Extract<Notice, { type: 'refused' }>;

/** One thing that happens to a channel. */
export type DriverInput =
  | { readonly type: 'event'; readonly event: ChannelEvent }
  | { readonly type: 'blockConnected'; readonly block: Block }
  | { readonly type: 'blockDisconnected'; readonly block: Block };

type BlockInput = Exclude<DriverInput, { type: 'event' }>;

/** An action as it is stored: messages as their exact bytes. */
type DurableAction =
  | Exclude<ChannelAction, { type: 'send' } | { type: 'watchFunding' }>
  | { readonly type: 'send'; readonly to: Role; readonly bytes: Uint8Array }
  | { readonly type: 'claim'; readonly tx: Tx; readonly purpose: string; readonly feeSat: bigint }
  | { readonly type: 'chain'; readonly notice: MonitorNotice };

/** Everything that one input changes: written at once, then done. */
interface Work {
  readonly channel: Channel;
  readonly monitor: Monitor | null;
  readonly actions: readonly DurableAction[];
  readonly records: readonly ChannelRecord[];
}

/**
 * Drives one channel by the law of docs/architecture.md: one input at a time; first the next state, then one
 * atomic write of state, actions, monitor and records, then the actions in order. An error in the core is our own
 * bug: the state stays as it was, the channel is halted and says so, and the monitor goes on.
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
  #pending: readonly StoredAction[];
  #nextActionId: number;
  #done: number[] = [];
  #queue: Promise<unknown> = Promise.resolve();
  #halted: string | undefined;
  /** The last block that this channel was told of. */
  #tip: BlockRef | undefined;

  constructor(store: Store, effects: Effects, stored: StoredChannel) {
    this.key = stored.key;
    this.#store = store;
    this.#effects = effects;
    this.#breaches = new BreachFiles(store, stored.key);
    this.#channel = parse<Channel>(stored.state);
    this.#monitor = stored.monitor === null ? null : parse<Monitor | null>(stored.monitor);
    this.#pending = stored.pending;
    this.#nextActionId = (stored.pending.at(-1)?.id ?? 0) + 1;
  }

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
  resume(): Promise<void> {
    return this.#enqueue(async () => {
      this.#file = await this.#breaches.about(this.#channel, this.#monitor, null);
      const pending = this.#pending;
      this.#pending = [];
      for (const { id, action } of pending) {
        const again = parse<DurableAction>(action);
        if (again.type === 'send') this.#done.push(id);
        else await this.#perform(id, again);
      }
    });
  }

  /** Queues one input; resolves with what of it was refused when it was stored and its actions were done. Rejects with a `StoreError` when it could not be stored. */
  handle(input: DriverInput): Promise<readonly Refusal[]> {
    return this.#enqueue(() => this.#process(input));
  }

  /** Resolves when everything that was queued before is done. */
  idle(): Promise<void> {
    return this.#queue.then(
      () => {},
      () => {},
    );
  }

  #enqueue<T>(work: () => Promise<T>): Promise<T> {
    const done = this.#queue.catch(() => {}).then(work);
    this.#queue = done;
    return done;
  }

  async #process(input: DriverInput): Promise<readonly Refusal[]> {
    const work = await this.#decide(input);
    const numbered = work.actions.map((action) => ({ id: this.#nextActionId++, action }));
    await this.#store.commit(this.key, {
      ...(work.channel === this.#channel ? {} : { state: toJson(work.channel) }),
      ...(work.monitor === this.#monitor ? {} : { monitor: toJson(work.monitor) }),
      actions: numbered.map(({ id, action }) => ({ id, action: toJson(action) })),
      done: this.#done.splice(0),
      records: work.records.map(storedRecord),
    });
    this.#channel = work.channel;
    this.#monitor = work.monitor;
    this.#effects.stored();
    for (const { id, action } of numbered) await this.#perform(id, action);
    return refusalsIn(work.actions);
  }

  async #decide(input: DriverInput): Promise<Work> {
    if (input.type === 'blockConnected' || this.#file !== undefined)
      this.#file = await this.#breaches.about(this.#channel, this.#monitor, blockOf(input));
    const tip = this.#tip ?? this.#effects.tip();
    const fold = new Fold(this.#channel, this.#monitor, this.#effects, tip, this.#file);
    const events =
      input.type === 'event' ? [input.event] : ((await this.#unlessOurBug(() => fold.follow(input))) ?? []);
    const fault = this.#halted === undefined ? (fold.play(events) ?? fold.tellBreach()) : undefined;
    if (fault !== undefined) this.#halt(fault);
    if (input.type === 'blockConnected') await this.#unlessOurBug(() => fold.claims());
    if (input.type !== 'event') this.#tip = tipAfter(input);
    return fold.work;
  }

  /** A bug that one channel runs into halts that channel: the others, and the chain's following, go on. */
  async #unlessOurBug<T>(work: () => T | Promise<T>): Promise<T | undefined> {
    try {
      return await work();
    } catch (error) {
      if (!isOurBug(error)) throw error;
      this.#halt(error.message);
      return undefined;
    }
  }

  /** Never a reason to close: the chain monitor of a halted channel still claims what is ours. */
  #halt(reason: string): void {
    if (this.#halted === reason) return;
    this.#halted = reason;
    this.#effects.notify({ type: 'halted', reason });
  }

  async #perform(id: number, action: DurableAction): Promise<void> {
    switch (action.type) {
      case 'send':
        this.#effects.send(action.to, action.bytes);
        break;
      case 'broadcast':
        await this.#effects.broadcast(action.tx, action.purpose);
        break;
      case 'claim':
        this.#effects.notify({
          type: 'claiming',
          purpose: action.purpose,
          tx: action.tx,
          feeSat: action.feeSat,
        });
        await this.#effects.broadcast(action.tx, `claim: ${action.purpose}`);
        break;
      case 'chain':
        this.#effects.notify(action);
        break;
      case 'notify':
        this.#effects.notify(action.notice);
        break;
      default:
        return this.#effects.perform(action, () => this.#done.push(id));
    }
    this.#done.push(id);
  }
}

/** The block that a new spend of the funding output may be in. */
function blockOf(input: DriverInput): Block | null {
  return input.type === 'blockConnected' ? input.block : null;
}

function tipAfter({ type, block }: BlockInput): BlockRef {
  if (type === 'blockConnected') return { height: block.height, hash: block.hash };
  return { height: block.height - 1, hash: block.previousHash };
}

/** What was asked for and not done: the caller of a command hears it as its answer. */
function refusalsIn(actions: readonly DurableAction[]): readonly Refusal[] {
  return actions.flatMap((action) =>
    action.type === 'notify' && action.notice.type === 'refused' ? [action.notice] : [],
  );
}

/** What the channel hears of what the monitor saw. */
function eventOf(notice: MonitorNotice): readonly ChannelEvent[] {
  switch (notice.type) {
    case 'fundingSpent':
      return [{ type: 'fundingSpent', txid: notice.txid, spend: notice.spend.kind }];
    case 'fundingSpendReorganised':
      return [{ type: 'fundingUnspent' }];
    case 'preimageSeen':
      return [notice];
    case 'resolved':
      return [{ type: 'resolved' }];
    default:
      return [];
  }
}

function isOurBug(error: unknown): error is Error {
  return error instanceof InvariantError || error instanceof TypeError || error instanceof RangeError;
}

/** Folds the events of one input into one piece of work. */
class Fold {
  readonly #effects: Effects;
  readonly #context: Context;
  #channel: Channel;
  #monitor: Monitor | null;
  readonly #actions: DurableAction[] = [];
  readonly #records: ChannelRecord[] = [];
  readonly #tip: BlockRef;
  readonly #file: BreachFile | undefined;

  constructor(
    channel: Channel,
    monitor: Monitor | null,
    effects: Effects,
    tip: BlockRef,
    file: BreachFile | undefined,
  ) {
    this.#tip = tip;
    this.#file = file;
    this.#channel = channel;
    this.#monitor = monitor;
    this.#effects = effects;
    this.#context = effects.context();
  }

  get work(): Work {
    return {
      channel: this.#channel,
      monitor: this.#monitor,
      actions: this.#actions,
      records: this.#records,
    };
  }

  /** Lets the monitor see a block first, whatever the channel makes of it; returns the events that follow from it. */
  follow(input: BlockInput): readonly ChannelEvent[] {
    const { block } = input;
    const height = tipAfter(input).height;
    const knowledge = this.#knowledge();
    if (this.#monitor === null || knowledge === undefined || !this.#concerns(input))
      return [{ type: 'block', height }];
    const step =
      input.type === 'blockConnected'
        ? connectBlock(this.#monitor, block, knowledge, this.#effects.resolvedDepth)
        : disconnectBlock(this.#monitor, block);
    this.#monitor = step.monitor;
    for (const notice of step.notices) this.#actions.push({ type: 'chain', notice });
    const { undoneFunding } = step.monitor;
    if (undoneFunding !== null && input.type === 'blockConnected')
      this.#actions.push({ type: 'broadcast', tx: undoneFunding, purpose: 'funding' });
    return [
      ...step.notices.flatMap(eventOf),
      { type: 'fundingDepth', depth: fundingDepth(step.monitor) },
      { type: 'block', height },
    ];
  }

  /** The transitions of these events, or none of them and the message of the bug that one ran into. */
  play(events: readonly ChannelEvent[]): string | undefined {
    const { work } = this;
    const before = { channel: work.channel, actions: work.actions.length, records: work.records.length };
    try {
      for (const event of events) this.#event(event);
      return undefined;
    } catch (error) {
      if (!isOurBug(error)) throw error;
      this.#channel = before.channel;
      this.#actions.splice(before.actions);
      this.#records.splice(before.records);
      return error.message;
    }
  }

  /** Tells the machine of a revoked commitment that is on the chain, by what is known of it now. */
  tellBreach(): string | undefined {
    if (this.#file === undefined) return undefined;
    const breach = breachOf(this.#channel, this.#monitor, this.#knowledge(), this.#file, this.#context.secp);
    return breach === undefined ? undefined : this.play([{ type: 'breach', breach }]);
  }

  #event(event: ChannelEvent): void {
    const next = transition(this.#channel, event, this.#context);
    this.#channel = next.state;
    this.#records.push(...next.records);
    for (const action of next.actions) this.#take(action);
  }

  /** A monitor that was stored before a crash has seen some of the blocks that are told again. */
  #concerns({ type, block }: BlockInput): boolean {
    const tip = this.#monitor?.tip;
    if (tip === undefined) return false;
    return type === 'blockConnected' ? block.previousHash === tip.hash : block.hash === tip.hash;
  }

  /** Claims that the next block may hold; the same each time until they confirm. */
  async claims(): Promise<void> {
    const knowledge = this.#knowledge();
    if (this.#monitor === null || knowledge === undefined || this.#monitor.spend === null) return;
    const feeRate = await this.#effects.claimFeeRate();
    for (const planned of claimsDue(this.#monitor, knowledge, feeRate, this.#monitor.tip.height))
      this.#actions.push(this.#claim(planned));
  }

  #claim({ claim, signWith, purpose }: PlannedClaim): DurableAction {
    const revoked = signWith.find((each) => each.key === 'revocation');
    const secret = revoked === undefined ? undefined : revealedSecret(this.#channel, revoked.n);
    const tx = this.#context.signer.signer.signClaim(claim, secret);
    return { type: 'claim', tx, purpose, feeSat: claim.feeSat };
  }

  #knowledge(): Knowledge | undefined {
    return knowledgeOf(this.#channel, this.#context, this.#file);
  }

  #take(action: ChannelAction): void {
    if (action.type === 'watchFunding') this.#watch();
    else if (action.type === 'send')
      this.#actions.push({ type: 'send', to: action.to, bytes: encodeMessage(action.message) });
    else this.#actions.push(action);
  }

  #watch(): void {
    if (this.#monitor !== null || !('identity' in this.#channel)) return;
    this.#monitor = startMonitor(this.#channel.identity.contract.funding, this.#tip);
  }
}

/** What this driver wrote: our own text, from our own store. */
function parse<T>(text: string): T {
  const parsed = fromJson(text);
  if (!parsed.ok) throw new StoreError('corrupt', `stored value is not JSON: ${parsed.error.reason}`);
  return parsed.value as T;
}
