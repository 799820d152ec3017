import { demandPrice, type PriceCoefficients } from '../../../../src/market/pricing.ts';
import { wh } from '../../text/voice.ts';

const WIDTH = 320;
const HEIGHT = 150;
const LEFT = 8;
const BOTTOM = 22;
const TOP = 16;
const STEPS = 48;

export interface PriceCurveProps {
  readonly coefficients: PriceCoefficients;
  /** The demand of now, marked on the curve. */
  readonly demandWh: bigint;
}

/** The price over the demand, from none to twice the demand of now: drawn by the same function that makes it. */
export function PriceCurve({ coefficients, demandWh }: PriceCurveProps) {
  const most = demandWh > 0n ? 2n * demandWh : 1000n;
  const priceAt = (demand: bigint) => {
    const price = demandPrice(coefficients, demand);
    return price.ok ? Number(price.value) : 0;
  };
  const top = Math.max(1, priceAt(most));
  const x = (demand: bigint) => LEFT + (Number(demand) / Number(most)) * (WIDTH - 2 * LEFT);
  const y = (price: number) => HEIGHT - BOTTOM - (price / top) * (HEIGHT - BOTTOM - TOP);
  const points = Array.from({ length: STEPS + 1 }, (_, step) => {
    const demand = (most * BigInt(step)) / BigInt(STEPS);
    return `${x(demand).toFixed(1)},${y(priceAt(demand)).toFixed(1)}`;
  });
  const now = priceAt(demandWh);
  return (
    <svg
      class="price-curve"
      viewBox={`0 0 ${WIDTH} ${HEIGHT}`}
      role="img"
      aria-label={`Price over demand: ${priceAt(0n)} msat per Wh without demand, ${now} at ${wh(demandWh)}, ${priceAt(most)} at ${wh(most)}`}
    >
      <path class="axis" d={`M${LEFT} ${HEIGHT - BOTTOM}H${WIDTH - LEFT}`} />
      <polyline class="curve" points={points.join(' ')} />
      <path class="now" d={`M${x(demandWh)} ${HEIGHT - BOTTOM}V${y(now)}`} />
      <circle class="now-point" cx={x(demandWh)} cy={y(now)} r="4" />
      <text x={LEFT} y={HEIGHT - 6}>
        0
      </text>
      <text x={x(demandWh)} y={HEIGHT - 6} text-anchor="middle">
        D = {wh(demandWh)}
      </text>
      <text x={WIDTH - LEFT} y={HEIGHT - 6} text-anchor="end">
        {wh(most)}
      </text>
      <text x={x(demandWh) - 8} y={y(now) - 6} text-anchor="end">
        {now} msat/Wh
      </text>
    </svg>
  );
}
