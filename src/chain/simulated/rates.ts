import type { PoolEntry } from './pool.ts';

/** What a transaction, or several together, pay for how much room. */
export interface Paid {
  /** Satoshi. */
  readonly fee: bigint;
  /** Virtual bytes. */
  readonly size: number;
}

/** Satoshi per 1,000 virtual bytes, rounded down as Bitcoin Core's `CFeeRate` does. */
export function feeRateOf({ fee, size }: Paid): bigint {
  return (fee * 1000n) / BigInt(size);
}

export function together(entries: readonly PoolEntry[]): Paid {
  return {
    fee: entries.reduce((sum, entry) => sum + entry.fee, 0n),
    size: entries.reduce((sum, entry) => sum + entry.size, 0),
  };
}

export function highest(first: bigint, ...others: readonly bigint[]): bigint {
  let best = first;
  for (const rate of others) if (rate > best) best = rate;
  return best;
}
