import { energyText } from '../../text/amounts.ts';
import { unitsText } from '../../text/voice.ts';

interface Part {
  readonly name: 'attested' | 'waiting' | 'refused';
  readonly wh: bigint;
  readonly units: number;
}

export interface EnergyBarProps {
  readonly wholeWh: bigint;
  readonly parts: readonly Part[];
}

const WIDTH = 1000;

/** How much of what was sold came to what end. The rest was paid or given up without a word of the utility. */
export function EnergyBar({ wholeWh, parts }: EnergyBarProps) {
  const share = (part: bigint) => (wholeWh === 0n ? 0 : Number((part * BigInt(WIDTH)) / wholeWh));
  let at = 0;
  const drawn = parts.map((part) => {
    const x = at;
    at += share(part.wh);
    return { ...part, x, width: at - x };
  });
  return (
    <>
      <svg class="meter-bar" viewBox={`0 0 ${WIDTH} 20`} preserveAspectRatio="none" aria-hidden="true">
        {drawn.map(({ name, x, width }) => (
          <rect key={name} class={`meter-part meter-part-${name}`} x={x} width={width} height="20" />
        ))}
      </svg>
      <ul class="legend">
        {drawn.map(({ name, wh: energy, units }) => (
          <li key={name} data-part={name}>
            <span class={`legend-mark meter-part-${name}`} aria-hidden="true" />
            {name}: {energyText(energy)} <span class="hint">in {unitsText(units)}</span>
          </li>
        ))}
      </ul>
    </>
  );
}
