import type { UnitRow } from '../../nodes/units.ts';
import { energyText, msatText } from '../../text/amounts.ts';
import { grouped } from '../../text/numbers.ts';
import { UNIT_STATES } from '../../text/unitStates.ts';

export const COLUMNS = ['Unit', 'State', 'Energy', 'Payment', 'Ordered', 'Metered', 'Ended'] as const;

/** Units that can be ordered now: the first row. */
export interface Offered {
  readonly firstUnit: bigint;
  readonly units: number;
  readonly energyWh: number;
  readonly unitMsat: bigint;
}

export function OfferedRow({
  offered: { firstUnit, units, energyWh, unitMsat },
}: {
  readonly offered: Offered;
}) {
  return (
    <tr aria-rowindex={2} data-status="offered">
      <td class="unit-unit">
        {String(firstUnit)}
        {units > 1 && ` – ${firstUnit + BigInt(units) - 1n}`}
      </td>
      <td>
        <span class="badge">offered</span>
      </td>
      <td class="unit-energy">{energyText(energyWh)}</td>
      <td class="unit-payment">{msatText(unitMsat)} sat</td>
      <td class="unit-ordered soft">{grouped(units)} left</td>
      <td class="unit-metered" />
      <td class="unit-ended" />
    </tr>
  );
}

interface RowProps {
  readonly row: UnitRow;
  /** From the top, the offered row included. */
  readonly index: number;
  /** Whether Tab comes to this row. */
  readonly reached: boolean;
  readonly onKey: (event: KeyboardEvent) => void;
  readonly onOpen: () => void;
}

export function Row({ row, index, reached, onKey, onOpen }: RowProps) {
  const { text, tone } = UNIT_STATES[row.status];
  return (
    <tr aria-rowindex={index + 2} data-unit={row.unit} data-status={row.status}>
      <td class="unit-unit">
        <button
          type="button"
          class="unit-open"
          tabIndex={reached ? 0 : -1}
          onClick={onOpen}
          onKeyDown={onKey}
        >
          <span class="sr-only">Unit </span>
          {String(row.unit)}
        </button>
      </td>
      <td>
        <span class={`badge badge-${tone}`}>{text}</span>
      </td>
      <td class="unit-energy">{energyText(row.energyWh)}</td>
      <td class="unit-payment">{msatText(row.paymentMsat)} sat</td>
      <td class="unit-ordered">{clock(row.orderedAt)}</td>
      <td class="unit-metered">{clock(row.meteredAt)}</td>
      <td class="unit-ended">{clock(row.endedAt)}</td>
    </tr>
  );
}

function clock(time: number | null): string {
  return time === null ? '' : new Date(time * 1000).toISOString().slice(11, 19);
}
