import type { WorldState } from '../../../../lab/schema.ts';
import { energyText, grouped } from '../../text/amounts.ts';
import { type CurvePoint, curveOf, millionths } from './curve.ts';

const WIDTH = 320;
const HEIGHT = 150;
const LEFT = 46;
const BOTTOM = 24;
const TOP = 14;
const RIGHT = 10;

/** The price over the demand, with today's demand marked. */
export function DemandCurve({ world }: { readonly world: WorldState }) {
  const { coefficients, demandWh } = world;
  const exact = {
    a1: BigInt(coefficients.a1),
    b1: BigInt(coefficients.b1),
    c1: BigInt(coefficients.c1),
  };
  const { points, today } = curveOf(exact, BigInt(demandWh));
  const last = points.at(-1);
  if (last === undefined || today === null)
    return <p class="hint">The utility’s coefficients give no price for this demand.</p>;
  const place = placer(last);
  const [x, y] = place(today);
  const path = points.map((point, index) => `${index === 0 ? 'M' : 'L'}${place(point).join(' ')}`).join('');
  const todayText = `${grouped(String(today.msatPerWh))} sat/kWh at D = ${energyText(demandWh)}`;
  return (
    <figure class="curve">
      <svg viewBox={`0 0 ${WIDTH} ${HEIGHT}`} role="img" aria-label={`Price over demand: ${todayText}`}>
        <path class="curve-axis" d={`M${LEFT} ${TOP}V${HEIGHT - BOTTOM}H${WIDTH - RIGHT}`} />
        <path class="curve-today" d={`M${x} ${HEIGHT - BOTTOM}V${y}H${LEFT}`} />
        <path class="curve-line" d={path} />
        <circle class="curve-dot" cx={x} cy={y} r="4.5" />
        <text class="curve-text" x={LEFT - 6} y={Math.max(TOP + 4, y + 4)} text-anchor="end">
          {grouped(String(today.msatPerWh))}
        </text>
        <text class="curve-text" x={x} y={HEIGHT - 8} text-anchor="middle">
          D = {energyText(demandWh)}
        </text>
      </svg>
      <figcaption class="hint">
        p = a1·D² + b1·D + c1, D in MWh, p in sat/kWh, rounded down: a1 = {shown(exact.a1)}, b1 ={' '}
        {shown(exact.b1)}, c1 = {shown(exact.c1)}.
      </figcaption>
    </figure>
  );
}

function shown(value: bigint): string {
  const [whole = '', rest] = millionths(value).split('.');
  return rest === undefined ? grouped(whole) : `${grouped(whole)}.${rest}`;
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
