import type { Balance } from '../../../nodes/node.ts';

export type PartName =
  | 'spendable'
  | 'arriving'
  | 'reserved'
  | 'immature'
  | 'channels'
  | 'inFlight'
  | 'watched';

/** A part of what a party has, millisatoshi. */
export interface BalancePart {
  readonly name: PartName;
  readonly msat: bigint;
}

export interface BalanceShown {
  /** Everything that is this party's: on the chain and in channels. */
  readonly totalMsat: bigint;
  readonly onChainSat: bigint;
  readonly channelsMsat: bigint;
  /** What the total consists of; parts of nothing are left out. */
  readonly parts: readonly BalancePart[];
  /** What is not in the total. */
  readonly beside: readonly BalancePart[];
}

/** What is in a balance. The parts add up to the total, to the millisatoshi. */
export function balanceShown({ wallet, channels }: Balance): BalanceShown {
  const [confirmed, pendingOut, pendingIn, immature, reserved, spendable] = [
    wallet.confirmedSat,
    wallet.pendingOutSat,
    wallet.pendingInSat,
    wallet.immatureSat,
    wallet.reservedSat,
    wallet.spendableSat,
  ].map(BigInt) as [bigint, bigint, bigint, bigint, bigint, bigint];
  const onChainSat = confirmed - pendingOut + pendingIn + immature;
  // the rest cannot be spent yet: it is too young, or it comes from others and is in no block
  const waiting = onChainSat - spendable - reserved;
  const young = immature < waiting ? immature : waiting;
  const own = BigInt(channels.ownMsat);
  const parts: readonly BalancePart[] = [
    { name: 'spendable', msat: spendable * 1000n },
    { name: 'arriving', msat: (waiting - young) * 1000n },
    { name: 'reserved', msat: reserved * 1000n },
    { name: 'immature', msat: young * 1000n },
    { name: 'channels', msat: own },
  ];
  const beside: readonly BalancePart[] = [
    { name: 'inFlight', msat: BigInt(channels.inFlightMsat) },
    { name: 'watched', msat: BigInt(wallet.watchedSat) * 1000n },
  ];
  const some = ({ msat }: BalancePart) => msat !== 0n;
  return {
    totalMsat: onChainSat * 1000n + own,
    onChainSat,
    channelsMsat: own,
    parts: parts.filter(some),
    beside: beside.filter(some),
  };
}
