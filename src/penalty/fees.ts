import { invariant } from '../base/invariant.ts';

/** Blocks before a deadline from which on the fee rate rises. */
export const URGENT_BLOCKS = 6;
/** What a replacement has to add at least, satoshi per 1,000 virtual bytes: the nodes' usual incremental relay fee. */
export const REPLACEMENT_STEP = 1000n;
/** Nodes relay nothing that pays less, satoshi per 1,000 virtual bytes. */
export const LOWEST_FEE_RATE = 1000n;

/** What a fee is paid for: never more is paid than it brings. */
export interface Stake {
  /** Size of what pays the fee. */
  readonly vbytes: number;
  /** What is lost without it, satoshi. */
  readonly valueSat: bigint;
  /** What has to be left of that, satoshi. */
  readonly dustLimitSat: bigint;
}

/**
 * The fee function (protocol section 12), satoshi per 1,000 virtual bytes: {@link urgentFeeRate}, but at most what
 * leaves the dust limit of the stake, and never under {@link LOWEST_FEE_RATE}.
 *
 * @param estimate what the chain asks for, never under the mempool's minimum
 * @param blocksLeft blocks in which a confirmation still counts; `null` when there is no deadline
 */
export function feeRateFor(estimate: bigint, blocksLeft: number | null, stake: Stake): bigint {
  const wanted = urgentFeeRate(estimate, blocksLeft);
  const cap = highestFeeRate(stake);
  return max(LOWEST_FEE_RATE, wanted < cap ? wanted : cap);
}

/**
 * The estimate while more than {@link URGENT_BLOCKS} blocks are left. With each block under seven half as much again
 * and at least {@link REPLACEMENT_STEP} more, so that the mempool takes it in place of the last block's.
 */
export function urgentFeeRate(estimate: bigint, blocksLeft: number | null): bigint {
  let rate = max(LOWEST_FEE_RATE, estimate);
  if (blocksLeft === null) return rate;
  for (let left = URGENT_BLOCKS; left >= Math.max(0, blocksLeft); left--)
    rate = max((rate * 3n) / 2n, rate + REPLACEMENT_STEP);
  return rate;
}

/** The highest rate whose fee, rounded up, leaves the dust limit of the stake; 0 when nothing would be left. */
export function highestFeeRate({ vbytes, valueSat, dustLimitSat }: Stake): bigint {
  invariant(vbytes > 0, 'a transaction has a size');
  return max(0n, ((valueSat - dustLimitSat) * 1000n) / BigInt(vbytes));
}

function max(a: bigint, b: bigint): bigint {
  return a > b ? a : b;
}
