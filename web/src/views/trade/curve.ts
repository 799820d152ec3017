import { demandPrice, type PriceCoefficients } from '../../../../src/market/pricing.ts';

/** A point of the demand curve; whole numbers, as the protocol computes them. */
export interface CurvePoint {
  readonly demandWh: bigint;
  readonly msatPerWh: bigint;
}

export interface Curve {
  readonly points: readonly CurvePoint[];
  /** Where today's demand is; null where the curve gives no price. */
  readonly today: CurvePoint | null;
}

const POINTS = 49n;

/** The price curve from no demand to twice today's: `demandPrice` of src/market/pricing.ts, point by point. */
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

/** A number of millionths as a decimal: `1_250_000n` is `1.25`. */
export function millionths(value: bigint): string {
  const whole = value / 1_000_000n;
  const rest = String(value % 1_000_000n)
    .padStart(6, '0')
    .replace(/0+$/, '');
  return rest === '' ? String(whole) : `${whole}.${rest}`;
}
