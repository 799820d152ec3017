import type { Trader } from '../../../../src/base/role.ts';
import type { ChannelDetail } from '../../nodes/node.ts';
import type { Section } from '../../text/sections.ts';
import type { ChannelTransaction } from '../chain/transaction.ts';

/** A height that something waits for. */
export interface TimeLock {
  readonly key: string;
  readonly name: string;
  /** The block that it is about. */
  readonly height: number;
  /** Blocks until that block is the tip; 0 or less once it is. */
  readonly blocksLeft: number;
  /** Blocks that it was away when it began; null where that is not known. */
  readonly span: number | null;
  /** What happens from then on. */
  readonly means: string;
  readonly section: Section;
}

export type CountedChannel = Pick<
  ChannelDetail,
  'state' | 'role' | 'params' | 'deliveries' | 'depth' | 'dispute' | 'onChain'
>;

/** The commitment on the chain, if it is one that ended the channel. */
export interface ChainSpend {
  readonly height: number;
  /** Whose commitment it is; null when it is none, or when nobody can tell. */
  readonly broadcaster: Trader | null;
  readonly revoked: boolean;
}

/** What ended the channel, among its transactions, once it is in a block. */
export function spendOf(
  transactions: readonly Pick<ChannelTransaction, 'kind' | 'broadcaster' | 'height' | 'inputs'>[],
): ChainSpend | null {
  const spend = transactions.find(({ inputs }) => inputs.some(({ what }) => what === 'funding'));
  if (spend === undefined || spend.height === null) return null;
  const { kind, height, broadcaster } = spend;
  const isCommitment = kind === 'commitment' || kind === 'revokedCommitment';
  return {
    height,
    broadcaster: isCommitment && broadcaster !== null && broadcaster !== 'utility' ? broadcaster : null,
    revoked: kind === 'revokedCommitment',
  };
}

/** Where the protocol says who acts at which height. */
export const DEADLINES: Section = 'deadlines-who-acts-at-which-height';

/** Every block that this channel waits for now, the nearest first, those that have come last. */
export function timeLocks(
  channel: CountedChannel,
  height: number,
  spend: ChainSpend | null,
): readonly TimeLock[] {
  if (channel.state === 'closed' || channel.state === 'aborted') return [];
  const found = [
    ...fundingLocks(channel, height),
    ...(spend === null || isStanding(spend) ? deliveryLocks(channel, height) : []),
    ...disputeLocks(channel, height),
    ...(spend === null ? settlementLocks(channel, height) : spendLocks(channel, height, spend)),
  ];
  const isOver = ({ blocksLeft }: TimeLock) => (blocksLeft > 0 ? 0 : 1);
  return found.sort((a, b) => isOver(a) - isOver(b) || a.height - b.height);
}

/** Whether it holds the deliveries that are in flight: a close has none, an old state others. */
function isStanding({ broadcaster, revoked }: ChainSpend): boolean {
  return broadcaster !== null && !revoked;
}

/** `in 12 blocks`, `with the next block`, `since block 120`. */
export function leftText({ blocksLeft, height }: Pick<TimeLock, 'blocksLeft' | 'height'>): string {
  if (blocksLeft > 1) return `in ${blocksLeft} blocks`;
  return blocksLeft === 1 ? 'with the next block' : `since block ${height}`;
}

/** How much of a lock's time is over, of 1000. */
export function elapsed({ blocksLeft, span }: TimeLock): number | null {
  if (span === null || span <= 0) return null;
  return Math.max(0, Math.min(1000, Math.round(((span - blocksLeft) * 1000) / span)));
}

function lock(tip: number, parts: Omit<TimeLock, 'blocksLeft'>): TimeLock {
  return { ...parts, blocksLeft: parts.height - tip };
}

function fundingLocks({ state, params, depth }: CountedChannel, tip: number): readonly TimeLock[] {
  if (state !== 'awaitingFunding' || params === null || depth === null) return [];
  return [
    lock(tip, {
      key: 'funding',
      name: 'Funding deep enough',
      height: tip + params.minimumDepth - depth,
      span: params.minimumDepth,
      means: `The channel opens when the funding has ${confirmations(params.minimumDepth)}.`,
      section: 'open',
    }),
  ];
}

function deliveryLocks({ deliveries, params }: CountedChannel, tip: number): readonly TimeLock[] {
  return deliveries.flatMap(({ deliveryId, unit, seller, deadline, expiry }) => [
    lock(tip, {
      key: `deadline ${deliveryId}`,
      name: `Deadline of unit ${unit}`,
      height: deadline,
      span: params?.deliveryWindow ?? null,
      means: `If the meter has not shown the unit by then, the utility refuses it: payment and bond can be forfeited.`,
      section: DEADLINES,
    }),
    lock(tip, {
      key: `expiry ${deliveryId}`,
      name: `Expiry of unit ${unit}`,
      height: expiry,
      span: params === null ? null : expiry - deadline + params.deliveryWindow,
      means: `Should it come to the chain: until then only the ${seller} can take payment and bond, with the utility’s secret. After it the utility can.`,
      section: DEADLINES,
    }),
  ]);
}

function disputeLocks({ dispute, role }: CountedChannel, tip: number): readonly TimeLock[] {
  if (dispute === null || dispute.verdict !== null) return [];
  const { openedAt, until } = dispute;
  return [
    lock(tip, {
      key: 'dispute',
      name: role === 'utility' ? 'Contest window' : 'Waiting for the verdict',
      height: until,
      span: until - openedAt,
      means:
        role === 'utility'
          ? 'Until then both traders can show a newer state. From then on this node decides.'
          : 'If the utility has not decided by then, this node goes to the chain alone.',
      section: 'arbitration',
    }),
  ];
}

function settlementLocks({ params, onChain }: CountedChannel, tip: number): readonly TimeLock[] {
  if (params === null) return [];
  const { settlementHeight: end, resolutionMargin: margin } = params;
  const since = onChain?.confirmedAt ?? null;
  const before = (blocks: number) => (since === null ? null : end - blocks - since);
  const locks = [
    lock(tip, {
      key: 'closing',
      name: 'The traders begin to close (T − 2m)',
      height: end - 2 * margin,
      span: before(2 * margin),
      means: 'The nodes close together of their own accord, so that everybody is out in time.',
      section: DEADLINES,
    }),
    lock(tip, {
      key: 'alone',
      name: 'Each trader goes to the chain alone (T − m)',
      height: end - margin,
      span: before(margin),
      means: 'A node that got no answer until then publishes its commitment.',
      section: DEADLINES,
    }),
    lock(tip, {
      key: 'settlement',
      name: 'Settlement height T',
      height: end,
      span: before(0),
      means:
        params.arbitration === 'afterHeight'
          ? 'The channel is settled by then. From the next block on the utility’s key counts: with one trader it can decide.'
          : 'The channel is settled by then. The utility’s key counts all the time in this channel.',
      section: DEADLINES,
    }),
  ];
  return locks;
}

function spendLocks(
  { params }: CountedChannel,
  tip: number,
  { height, broadcaster, revoked }: ChainSpend,
): readonly TimeLock[] {
  if (params === null || broadcaster === null) return [];
  const delay = broadcaster === 'consumer' ? params.consumerToSelfDelay : params.producerToSelfDelay;
  return [
    lock(tip, {
      key: 'delay',
      name: `The ${broadcaster}’s own delay`,
      height: height + delay,
      span: delay,
      means: revoked
        ? `An old state: until then only the one who was cheated can take what the ${broadcaster} had. From then on the ${broadcaster} could.`
        : `The ${broadcaster} published its commitment, so it waits for its own coins. From this block on it can take them.`,
      section: revoked ? 'breach' : '4-scripts',
    }),
  ];
}

function confirmations(count: number): string {
  return count === 1 ? 'one confirmation' : `${count} confirmations`;
}
