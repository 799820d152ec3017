import { energyText } from '../../text/amounts.ts';
import { unitsText } from '../../text/voice.ts';
import { SplitBar } from '../../ui/SplitBar.tsx';

interface Part {
  readonly name: 'attested' | 'waiting' | 'refused';
  readonly wh: bigint;
  readonly units: number;
}

export interface EnergyBarProps {
  readonly wholeWh: bigint;
  readonly parts: readonly Part[];
}

/** How much of what was sold came to what end. The rest was paid or given up without a word of the utility. */
export function EnergyBar({ wholeWh, parts }: EnergyBarProps) {
  const restWh = parts.reduce((rest, { wh }) => rest - wh, wholeWh);
  return (
    <>
      <SplitBar
        label="What was sold"
        textOf={({ key, amount }) => `${key} ${energyText(amount)}`}
        parts={[...parts.map(({ name, wh }) => ({ key: name, amount: wh })), { key: 'rest', amount: restWh }]}
      />
      <ul class="legend">
        {parts.map(({ name, wh, units }) => (
          <li key={name} data-part={name}>
            <span class={`swatch part-${name}`} aria-hidden="true" />
            {name}: {energyText(wh)} <span class="hint">in {unitsText(units)}</span>
          </li>
        ))}
      </ul>
    </>
  );
}
