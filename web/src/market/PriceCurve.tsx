import './market.css';
import type { PriceCoefficients } from '../../../src/market/pricing.ts';
import { energyText, priceText } from '../text/amounts.ts';
import { decimalText, grouped } from '../text/numbers.ts';
import { COEFFICIENT_NAMES, COEFFICIENTS, type CurvePoint, curveOf } from './curve.ts';

const WIDTH = 320;
const HEIGHT = 150;
const LEFT = 46;
const BOTTOM = 24;
const TOP = 14;
const RIGHT = 10;
const TICK = 12;

export interface PriceCurveProps {
  readonly coefficients: PriceCoefficients;
  /** The demand of now, marked on the curve. */
  readonly demandWh: bigint;
  /** The price of the tariff that holds now. It was fixed when the tariff was published. */
  readonly tariffMsatPerWh?: bigint | undefined;
}

/** The price over the demand, with the demand of now marked. */
export function PriceCurve({ coefficients, demandWh, tariffMsatPerWh }: PriceCurveProps) {
  const { points, today } = curveOf(coefficients, demandWh);
  const last = points.at(-1);
  if (last === undefined || today === null)
    return <p class="hint">At the demand of now the coefficients give no price.</p>;
  const place = placer(last);
  const [x, y] = place(today);
  const path = points.map((point, index) => `${index === 0 ? 'M' : 'L'}${place(point).join(' ')}`).join('');
  const isOther = tariffMsatPerWh !== undefined && tariffMsatPerWh !== today.msatPerWh;
  const isMarked = isOther && tariffMsatPerWh <= last.msatPerWh;
  const demand = `D = ${energyText(demandWh)}`;
  return (
    <figure class="curve">
      <svg
        viewBox={`0 0 ${WIDTH} ${HEIGHT}`}
        role="img"
        aria-label={`Price over demand: ${priceText(today.msatPerWh)} at ${demand}`}
      >
        <path class="curve-axis" d={`M${LEFT} ${TOP}V${HEIGHT - BOTTOM}H${WIDTH - RIGHT}`} />
        <path class="curve-today" d={`M${x} ${HEIGHT - BOTTOM}V${y}H${LEFT}`} />
        <path class="curve-line" d={path} />
        {isMarked && (
          <path
            class="curve-tariff"
            d={`M${LEFT} ${place({ demandWh: 0n, msatPerWh: tariffMsatPerWh })[1]}h${TICK}`}
          />
        )}
        <circle class="curve-dot" cx={x} cy={y} r="4.5" />
        <text class="curve-text" x={LEFT - 6} y={Math.max(TOP + 4, y + 4)} text-anchor="end">
          {grouped(today.msatPerWh)}
        </text>
        <text class="curve-text" x={x} y={HEIGHT - 8} text-anchor="middle">
          {demand}
        </text>
      </svg>
      <figcaption class="hint">
        {isOther && (
          <>
            The tariff keeps the {priceText(tariffMsatPerWh)} that it was published at
            {isMarked && ', marked on the axis'}; now the curve gives {priceText(today.msatPerWh)}.{' '}
          </>
        )}
        <span class="formula">p = a1·D² + b1·D + c1</span>, p in sat/kWh (the same number as in msat/Wh),
        rounded down, D in kWh:{' '}
        {COEFFICIENT_NAMES.map((name) => `${name}\u00a0=\u00a0${shown(coefficients, name)}`).join(', ')}.
      </figcaption>
    </figure>
  );
}

function shown(coefficients: PriceCoefficients, name: keyof PriceCoefficients): string {
  return decimalText(coefficients[name], COEFFICIENTS[name].digits);
}

/** Where a point is drawn. Only the drawing is rounded, never a price. */
function placer(last: CurvePoint): (point: CurvePoint) => readonly [number, number] {
  const width = WIDTH - LEFT - RIGHT;
  const height = HEIGHT - TOP - BOTTOM;
  const share = (part: bigint, whole: bigint) =>
    whole === 0n ? 0 : Number((part * 10_000n) / whole) / 10_000;
  return ({ demandWh, msatPerWh }) => [
    Math.round(LEFT + width * share(demandWh, last.demandWh)),
    Math.round(HEIGHT - BOTTOM - height * share(msatPerWh, last.msatPerWh)),
  ];
}
