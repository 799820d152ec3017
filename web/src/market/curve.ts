import type { WorldState } from '../../../lab/schema.ts';
import { demandPrice, type PriceCoefficients } from '../../../src/market/pricing.ts';

/**
 * How a coefficient is read and written: exactly, with so many digits after the point. A person counts the demand in kWh;
 * the protocol counts it in MWh, and coefficients in millionths (docs/market.md, Price).
 */
export const COEFFICIENTS = {
  a1: { digits: 12, unit: 'sat/kWh per kWh²' },
  b1: { digits: 9, unit: 'sat/kWh per kWh' },
  c1: { digits: 6, unit: 'sat/kWh' },
} as const satisfies Readonly<Record<keyof PriceCoefficients, unknown>>;

export const COEFFICIENT_NAMES = ['a1', 'b1', 'c1'] as const;

/** The coefficients of the world's utility. */
export function coefficientsOf({ coefficients: { a1, b1, c1 } }: WorldState): PriceCoefficients {
  return { a1: BigInt(a1), b1: BigInt(b1), c1: BigInt(c1) };
}

/** A point of the price curve; whole numbers, as the protocol computes them. */
export interface CurvePoint {
  readonly demandWh: bigint;
  readonly msatPerWh: bigint;
}

export interface Curve {
  readonly points: readonly CurvePoint[];
  /** Where the demand of now is; null where the curve gives no price. */
  readonly today: CurvePoint | null;
}

const POINTS = 49n;

/** The price curve from no demand to twice that of now: `demandPrice` of src/market/pricing.ts, point by point. */
export function curveOf(coefficients: PriceCoefficients, demandWh: bigint): Curve {
  const most = demandWh > 0n ? 2n * demandWh : POINTS - 1n;
  const points: CurvePoint[] = [];
  for (let index = 0n; index < POINTS; index++) {
    const point = pointAt(coefficients, (most * index) / (POINTS - 1n));
    if (point !== null) points.push(point);
  }
  return { points, today: pointAt(coefficients, demandWh) };
}

function pointAt(coefficients: PriceCoefficients, demandWh: bigint): CurvePoint | null {
  const price = demandPrice(coefficients, demandWh);
  return price.ok ? { demandWh, msatPerWh: price.value } : null;
}
