import { isMsat, type Msat } from '../base/amount.ts';
import { err, ok, type Result } from '../base/result.ts';

/**
 * The utility's price curve `p = a1*D^2 + b1*D + c1`, D the total demand of a tariff slot.
 * All three in millionths (1e-6), none negative, so that more demand never costs less.
 */
export interface PriceCoefficients {
  /** Millionths of a msat/Wh per MWh^2. */
  readonly a1: bigint;
  /** Millionths of a msat/Wh per MWh. */
  readonly b1: bigint;
  /** Millionths of a msat/Wh. */
  readonly c1: bigint;
}

export type PricingProblem =
  | { readonly code: 'coefficientOutOfRange'; readonly name: keyof PriceCoefficients; readonly value: bigint }
  | { readonly code: 'demandOutOfRange'; readonly demandWh: bigint }
  | { readonly code: 'priceNotPositive'; readonly demandWh: bigint }
  | { readonly code: 'priceTooHigh'; readonly msatPerWh: bigint };

/** Largest coefficient and largest demand (Wh). */
export const PRICING_LIMIT = 2n ** 64n - 1n;

const WH_PER_MWH = 1_000_000n;
const MILLION = 1_000_000n;

/**
 * The price of a slot with a total demand of `demandWh` watt-hours, in whole msat per Wh.
 *
 * Exact: everything is brought over one denominator and divided once, at the end, rounded down (in favour of
 * the buyer, by less than 1 msat per Wh).
 *
 * Errors: a coefficient or a demand that is negative or above {@link PRICING_LIMIT}; a price that rounds to
 * nothing; a price above 21 million bitcoin per Wh.
 *
 * @example demandPrice({ a1: 1_000_000n, b1: 1_000_000n, c1: 1_000_000n }, 2_000_000n) // 2^2 + 2 + 1 = 7 msat/Wh
 */
export function demandPrice(
  coefficients: PriceCoefficients,
  demandWh: bigint,
): Result<bigint, PricingProblem> {
  for (const name of ['a1', 'b1', 'c1'] as const) {
    const value = coefficients[name];
    if (!withinLimit(value)) return err({ code: 'coefficientOutOfRange', name, value });
  }
  if (!withinLimit(demandWh)) return err({ code: 'demandOutOfRange', demandWh });

  const { a1, b1, c1 } = coefficients;
  const scaled = a1 * demandWh ** 2n + b1 * demandWh * WH_PER_MWH + c1 * WH_PER_MWH ** 2n;
  const msatPerWh = scaled / (WH_PER_MWH ** 2n * MILLION);
  if (msatPerWh === 0n) return err({ code: 'priceNotPositive', demandWh });
  if (!isMsat(msatPerWh)) return err({ code: 'priceTooHigh', msatPerWh });
  return ok(msatPerWh);
}

/** What `energyWh` watt-hours cost at `msatPerWh`, exactly; `undefined` when that is no amount of bitcoin. */
export function energyCost(msatPerWh: bigint, energyWh: number): Msat | undefined {
  const cost = msatPerWh * BigInt(energyWh);
  return isMsat(cost) ? cost : undefined;
}

function withinLimit(value: bigint): boolean {
  return value >= 0n && value <= PRICING_LIMIT;
}
