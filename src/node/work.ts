import type { Role } from '../base/role.ts';
import type { Block, BlockRef, BroadcastResult } from '../chain/port.ts';
import type { ChannelAction, ChannelRecord, Notice } from '../channel/action.ts';
import type { ChannelEvent } from '../channel/event.ts';
import type { Channel } from '../channel/state.ts';
import type { Context } from '../channel/step.ts';
import type { Monitor, MonitorNotice } from '../penalty/monitor.ts';
import type { Tx } from '../tx/transaction.ts';

/** What the driver asks of the node around it. Everything may be asked again after a crash. */
export interface Effects {
  /** Sends to a peer of this channel; dropped while there is no connection, or another than the one with the number `on`. */
  send(to: Role, message: Uint8Array, on: number | undefined): void;
  /** The number of the connection with a peer of this channel, if there is one. */
  connection(to: Role): number | undefined;
  broadcast(tx: Tx, purpose: string): Promise<void>;
  /**
   * Begins one of the rest of the actions: the wallet's, the chain's and the meters' part. `done` is called once it
   * need not be done again, before or after this returns; the driver goes on meanwhile, for the answer is an input of its own.
   */
  perform(action: OtherAction, done: () => void): void;
  /** Called after the write that the notice follows from. */
  notify(notice: ChannelNotice): void;
  /** A new state was stored and is in force, and `events` of its notices with it; called before its actions. */
  stored(events: number): void;
  /** Seconds and height at which the event is judged, and the keys of this channel. */
  context(): Context;
  tip(): BlockRef;
  /** Whether somebody waits until everything is stored: then nothing waits to be written. */
  isAwaited(): boolean;
  /** Calls `then` once after `ms` milliseconds. Returns the way to call it off. */
  after(ms: number, then: () => void): () => void;
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

/**
 * Whether the notice is kept with the write that it follows from. A refusal changed nothing, and a peer could fill the disk
 * with them: only that of a wish of the application is kept, which may come long after the wish. What is said of the moment
 * is said again with the next block.
 */
export function isKept(notice: ChannelNotice): boolean {
  const { type } = notice;
  if (type === 'refused') return notice.update !== undefined;
  return type !== 'broadcast' && type !== 'anchorCoinsShort' && type !== 'unwatched';
}

/** One thing that happens to a channel. */
export type DriverInput =
  | {
      readonly type: 'event';
      readonly event: ChannelEvent;
      /** Of `connected`: the number of the connection. What follows from later inputs is for no other. */
      readonly connection?: number;
    }
  | { readonly type: 'blockConnected'; readonly block: Block }
  | { readonly type: 'blockDisconnected'; readonly block: Block };

export type BlockInput = Exclude<DriverInput, { type: 'event' }>;

/** An action as it is stored: messages as their exact bytes, claims as transactions. */
export type DurableAction =
  | OtherAction
  | { readonly type: 'broadcast'; readonly tx: Tx; readonly purpose: string }
  | {
      readonly type: 'send';
      readonly to: Role;
      readonly bytes: Uint8Array;
      /** The connection that it was decided for; absent if there was none. */
      readonly on?: number;
      /** It follows from nothing that this node keeps: it may leave before the write. */
      readonly isFree?: true;
    };

/** What inputs change: written at once, then told and done. */
export interface Work {
  readonly channel: Channel;
  readonly monitor: Monitor | null;
  readonly actions: readonly DurableAction[];
  readonly records: readonly ChannelRecord[];
  readonly notices: readonly ChannelNotice[];
}
