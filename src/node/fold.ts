import { InvariantError } from '../base/invariant.ts';
import type { Role } from '../base/role.ts';
import type { BlockRef } from '../chain/port.ts';
import type { ChannelAction, ChannelRecord } from '../channel/action.ts';
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
import { encodeMessage } from '../wire/messages.ts';
import { breachOf, revealedSecret } from './breach.ts';
import type { BreachFile } from './breachFile.ts';
import { knowledgeOf } from './knowledge.ts';
import type { BlockInput, ChannelNotice, DurableAction, Effects, Work } from './work.ts';

/** Folds the events of one input into one piece of work. */
/** Folds what happens to a channel, one input after the other, into one piece of work. */
export class Fold {
  readonly #effects: Effects;
  readonly #context: Context;
  #channel: Channel;
  #monitor: Monitor | null;
  readonly #actions: DurableAction[];
  readonly #records: ChannelRecord[];
  readonly #notices: ChannelNotice[];
  readonly #tip: BlockRef;
  readonly #file: BreachFile | undefined;
  readonly #connections: Map<Role, number>;

  /**
   * @param before what was decided and is not written yet
   * @param connections the numbers of those that the channel has heard of last, which the fold keeps
   * @param file what the records say of the revoked commitment on the chain, if there is one
   */
  constructor(
    before: Work,
    effects: Effects,
    tip: BlockRef,
    connections: Map<Role, number>,
    file: BreachFile | undefined,
  ) {
    this.#connections = connections;
    this.#tip = tip;
    this.#file = file;
    this.#channel = before.channel;
    this.#monitor = before.monitor;
    this.#actions = [...before.actions];
    this.#records = [...before.records];
    this.#notices = [...before.notices];
    this.#effects = effects;
    this.#context = effects.context();
  }

  get work(): Work {
    return {
      channel: this.#channel,
      monitor: this.#monitor,
      actions: this.#actions,
      records: this.#records,
      notices: this.#notices,
    };
  }

  /** Something that the application is told, with what follows. */
  notice(notice: ChannelNotice): void {
    this.#notices.push(notice);
  }

  /** From here on messages to this peer are for this connection. */
  connected(peer: Role, connection: number): void {
    this.#connections.set(peer, connection);
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
    for (const notice of step.notices) this.#notices.push({ type: 'chain', notice });
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
    const before = {
      channel: this.#channel,
      monitor: this.#monitor,
      actions: this.#actions.length,
      records: this.#records.length,
      notices: this.#notices.length,
    };
    try {
      for (const event of events) this.#event(event);
      return undefined;
    } catch (error) {
      if (!isOurBug(error)) throw error;
      this.#channel = before.channel;
      this.#monitor = before.monitor;
      this.#actions.splice(before.actions);
      this.#records.splice(before.records);
      this.#notices.splice(before.notices);
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
      this.#claim(planned);
  }

  #claim({ claim, signWith, purpose }: PlannedClaim): void {
    const revoked = signWith.find((each) => each.key === 'revocation');
    const secret = revoked === undefined ? undefined : revealedSecret(this.#channel, revoked.n);
    const tx = this.#context.signer.signer.signClaim(claim, secret);
    this.#notices.push({ type: 'claiming', purpose, tx, feeSat: claim.feeSat });
    this.#actions.push({ type: 'broadcast', tx, purpose: `claim: ${purpose}` });
  }

  #knowledge(): Knowledge | undefined {
    return knowledgeOf(this.#channel, this.#context, this.#file);
  }

  #take(action: ChannelAction): void {
    if (action.type === 'watchFunding') this.#watch();
    else if (action.type === 'notify') this.#notices.push(action.notice);
    else if (action.type === 'send') this.#send(action);
    else this.#actions.push(action);
  }

  #send({ to, message }: Extract<ChannelAction, { type: 'send' }>): void {
    // a channel that is being opened may have begun on a connection that was there
    const on = this.#connections.get(to) ?? this.#effects.connection(to);
    const bytes = encodeMessage(message);
    this.#actions.push({
      type: 'send',
      to,
      bytes,
      ...(on === undefined ? {} : { on }),
      // signed by the meter under a number that is given out for good
      ...(message.type === 'meter_reading' ? { isFree: true } : {}),
    });
  }

  #watch(): void {
    if (this.#monitor !== null || !('identity' in this.#channel)) return;
    this.#monitor = startMonitor(this.#channel.identity.contract.funding, this.#tip);
  }
}

/** The tip of the chain once the block is taken in. */
export function tipAfter({ type, block }: BlockInput): BlockRef {
  if (type === 'blockConnected') return { height: block.height, hash: block.hash };
  return { height: block.height - 1, hash: block.previousHash };
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

/** Whether an error is a mistake of this program, and none of the edges'. */
export function isOurBug(error: unknown): error is Error {
  return error instanceof InvariantError || error instanceof TypeError || error instanceof RangeError;
}
