import type { MethodResult } from '../../../../src/client/index.ts';
import type { NodeModel } from '../../nodes/node.ts';
import { energyText } from '../../text/amounts.ts';
import { unitsText } from '../../text/voice.ts';
import { Card } from '../../ui/Card.tsx';
import { Failure } from '../../ui/Notice.tsx';
import { Term } from '../../ui/Term.tsx';
import { EnergyBar } from './EnergyBar.tsx';
import { useRefreshed } from './useRefreshed.ts';

type MeterRow = MethodResult<'getMeterBook'>['meters'][number];

/** A meter over all channels in which its owner sells. */
interface Meter {
  readonly meter: string;
  readonly nodeId: string | null;
  readonly newest: MeterRow['newest'];
  readonly channels: number;
  readonly orderedWh: bigint;
  readonly attestedWh: bigint;
  readonly waitingWh: bigint;
  readonly refusedWh: bigint;
  readonly units: Readonly<Record<'ordered' | 'attested' | 'waiting' | 'refused', number>>;
}

/** A stream of units changes the figures many times a second. */
const GAP_MS = 500;

/** What was attested against what was sold, for each meter. */
export function MetersCard({ node }: { readonly node: NodeModel }) {
  const { answer, problem } = useRefreshed(
    () => node.call('getMeterBook', {}).then(({ meters }) => metersOf(meters)),
    node.channelVersion,
    GAP_MS,
  );
  const meters = answer ?? [];
  const sold = meters.filter(({ units }) => units.ordered > 0);
  return (
    <Card title="Attested against sold" wide>
      <p>
        Each <Term name="meter" /> has one <Term name="meter ledger">ledger</Term> over all channels, so a
        watt-hour is attested once. What was sold is attested, waits for its energy, or is refused at its{' '}
        <Term name="deadline" />.
      </p>
      {answer !== null && sold.length === 0 && <p class="hint">No meter’s owner has sold anything yet.</p>}
      {sold.map((meter) => (
        <MeterPart key={meter.meter} meter={meter} />
      ))}
      {meters.length > sold.length && sold.length > 0 && (
        <p class="hint">
          {meters.length - sold.length === 1
            ? 'One more meter belongs to a trader that has sold nothing.'
            : `${meters.length - sold.length} more meters belong to traders that have sold nothing.`}
        </p>
      )}
      <Failure problem={problem} />
    </Card>
  );
}

function MeterPart({ meter }: { readonly meter: Meter }) {
  const { newest, channels, orderedWh, units } = meter;
  return (
    <div class="meter" data-meter={meter.meter}>
      <h3>
        Meter <span class="mono">{meter.meter.slice(0, 10)}…</span>{' '}
        <span class="hint">{channels === 1 ? 'in one channel' : `in ${channels} channels`}</span>
      </h3>
      <EnergyBar
        wholeWh={orderedWh}
        parts={[
          { name: 'attested', wh: meter.attestedWh, units: units.attested },
          { name: 'waiting', wh: meter.waitingWh, units: units.waiting },
          { name: 'refused', wh: meter.refusedWh, units: units.refused },
        ]}
      />
      <p class="hint">
        {`Sold: ${energyText(orderedWh)} in ${unitsText(units.ordered)}. `}
        {newest === null
          ? 'It has sent no reading yet.'
          : `Its newest reading shows ${energyText(newest.exportWh)} exported.`}
      </p>
    </div>
  );
}

function metersOf(rows: readonly MeterRow[]): readonly Meter[] {
  const meters = new Map<string, Meter>();
  for (const row of rows) {
    const known = meters.get(row.meter);
    meters.set(row.meter, known === undefined ? meterOf(row) : added(known, meterOf(row)));
  }
  return [...meters.values()];
}

function meterOf({ meter, nodeId, newest, ordered, attested, waiting, refused }: MeterRow): Meter {
  return {
    meter,
    nodeId,
    newest,
    channels: 1,
    orderedWh: BigInt(ordered.energyWh),
    attestedWh: BigInt(attested.energyWh),
    waitingWh: BigInt(waiting.energyWh),
    refusedWh: BigInt(refused.energyWh),
    units: {
      ordered: ordered.units,
      attested: attested.units,
      waiting: waiting.units,
      refused: refused.units,
    },
  };
}

function added(a: Meter, b: Meter): Meter {
  return {
    ...a,
    channels: a.channels + b.channels,
    orderedWh: a.orderedWh + b.orderedWh,
    attestedWh: a.attestedWh + b.attestedWh,
    waitingWh: a.waitingWh + b.waitingWh,
    refusedWh: a.refusedWh + b.refusedWh,
    units: {
      ordered: a.units.ordered + b.units.ordered,
      attested: a.units.attested + b.units.attested,
      waiting: a.units.waiting + b.units.waiting,
      refused: a.units.refused + b.units.refused,
    },
  };
}
