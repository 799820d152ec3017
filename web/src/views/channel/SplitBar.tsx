import { msatText } from '../../text/amounts.ts';
import type { BarPart } from './balances.ts';
import { type Part, segments } from './bar.ts';

const FRAME = { width: 1000, height: 34 } as const;
const LEAST = 6;

/** Amounts side by side in one frame, which they always fill. */
export function SplitBar({
  label,
  parts,
  names,
}: {
  readonly label: string;
  readonly parts: readonly Part<BarPart>[];
  readonly names: Readonly<Record<BarPart, string>>;
}) {
  const shown = segments(parts, FRAME.width, LEAST);
  const spoken = shown.map(({ key, amount }) => `${names[key]} ${msatText(amount)} sat`).join(', ');
  return (
    <svg
      class="split-bar"
      viewBox={`0 0 ${FRAME.width} ${FRAME.height}`}
      preserveAspectRatio="none"
      role="img"
      aria-label={`${label}: ${spoken}`}
    >
      {shown.map(({ key, amount, from, width }) => (
        <rect key={key} class={`part part-${key}`} x={from} y={0} width={width} height={FRAME.height}>
          <title>{`${names[key]}: ${msatText(amount)} sat`}</title>
        </rect>
      ))}
    </svg>
  );
}
