import { invariant } from './invariant.ts';

declare const unit: unique symbol;

/** On-chain amount, integer satoshi. */
export type Sat = bigint & { readonly [unit]: 'sat' };
/** Off-chain amount, integer millisatoshi. */
export type Msat = bigint & { readonly [unit]: 'msat' };

/** All the coins there will ever be, in satoshi (Bitcoin Core's `MAX_MONEY`). */
export const MAX_MONEY = 2_100_000_000_000_000n as Sat;
const MAX_MONEY_MSAT = MAX_MONEY * 1000n;

export const ZERO_SAT = 0n as Sat;

/** `value` satoshi. Throws `InvariantError` when negative or above {@link MAX_MONEY}: check foreign values with {@link isSat} first. */
export function sat(value: bigint | number): Sat {
  const amount = BigInt(value);
  invariant(isSat(amount), `not an amount in satoshi: ${amount}`);
  return amount;
}

/** `value` millisatoshi. Throws `InvariantError` when negative or above 21 million bitcoin: check foreign values with {@link isMsat} first. */
export function msat(value: bigint | number): Msat {
  const amount = BigInt(value);
  invariant(isMsat(amount), `not an amount in millisatoshi: ${amount}`);
  return amount;
}

export function isSat(value: bigint): value is Sat {
  return value >= 0n && value <= MAX_MONEY;
}

export function isMsat(value: bigint): value is Msat {
  return value >= 0n && value <= MAX_MONEY_MSAT;
}

export function satToMsat(value: Sat): Msat {
  return (value * 1000n) as Msat;
}

/** The one place where millisatoshi become satoshi: rounded down, the rest becomes fee (protocol section 5). */
export function msatToSatFloor(value: Msat): Sat {
  return (value / 1000n) as Sat;
}

/** `ppm` millionths of `amount`, rounded down. */
export function partsPerMillion(amount: Msat, ppm: number): Msat {
  return ((amount * BigInt(ppm)) / 1_000_000n) as Msat;
}
