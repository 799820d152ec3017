import { useState } from 'preact/hooks';
import { stage } from '../../lab/laboratory.ts';
import type { TradeModel } from '../../nodes/trade.ts';
import { grouped } from '../../text/amounts.ts';
import { Button } from '../../ui/Button.tsx';
import { Card } from '../../ui/Card.tsx';
import { Input } from '../../ui/Input.tsx';
import { Failure } from '../../ui/Notice.tsx';
import { now } from '../../ui/now.ts';
import { newRequestId } from '../../ui/requestId.ts';
import { useAction } from '../../ui/useAction.ts';
import { MOST_U32, parseWhole } from './parse.ts';

/** Locks of one tariff, at most. */
const MOST_UNITS = 1000;
const MOST_MINUTES = 60 * 24 * 366;

/** The utility names the price of a slot by hand. */
export function PublishTariff({ trade }: { readonly trade: TradeModel }) {
  const world = stage.value?.world;
  const [price, setPrice] = useState('');
  const [energy, setEnergy] = useState('');
  const [units, setUnits] = useState('100');
  const [minutes, setMinutes] = useState('30');
  const [shown, setShown] = useState(false);
  const last = trade.tariffs.value.at(-1);
  const priceText = price === '' ? (world?.msatPerWh ?? '') : price;
  const energyText = energy === '' ? String(world?.unitEnergyWh ?? last?.unitEnergyWh ?? '') : energy;
  const parsed = {
    price: parseWhole(priceText, 'satoshi per kWh', 1, Number.MAX_SAFE_INTEGER),
    energy: parseWhole(energyText, 'watt-hours', 1, MOST_U32),
    units: parseWhole(units, 'units', 1, MOST_UNITS),
    minutes: parseWhole(minutes, 'minutes', 1, MOST_MINUTES),
  };
  const publish = useAction(async () => {
    const { value: channel } = trade.node.channelKey;
    if (channel === null) return;
    const from = now.peek();
    await trade.node.call('publishTariff', {
      channel,
      slot: last === undefined ? 0 : last.slot + 1,
      from,
      until: from + 60 * (parsed.minutes.value ?? 0),
      msatPerWh: String(parsed.price.value ?? 0),
      unitEnergyWh: parsed.energy.value ?? 0,
      units: parsed.units.value ?? 0,
      requestId: newRequestId(),
    });
  });
  const submit = (event: Event) => {
    event.preventDefault();
    setShown(true);
    if (Object.values(parsed).every(({ problem }) => problem === null)) void publish.run();
  };
  const error = (problem: string | null) => (shown ? problem : null);
  return (
    <Card title="Publish a tariff">
      {world?.autoTariff === true && (
        <p class="hint">The laboratory publishes tariffs by itself. One of yours is used besides them.</p>
      )}
      <form class="trade-form" onSubmit={submit} noValidate>
        <Input
          label="Price"
          unit="sat/kWh"
          mode="numeric"
          value={priceText}
          onInput={setPrice}
          error={error(parsed.price.problem)}
          {...(world === undefined ? {} : { hint: 'Proposed: what the curve gives for the demand of now.' })}
        />
        <Input
          label="Energy of a unit"
          unit="Wh"
          mode="numeric"
          value={energyText}
          onInput={setEnergy}
          error={error(parsed.energy.problem)}
        />
        <Input
          label="Units"
          mode="numeric"
          value={units}
          onInput={setUnits}
          hint={`The tariff has a lock for each, at most ${grouped(String(MOST_UNITS))}.`}
          error={error(parsed.units.problem)}
        />
        <Input
          label="For"
          unit="minutes"
          mode="numeric"
          value={minutes}
          onInput={setMinutes}
          error={error(parsed.minutes.problem)}
        />
        <Failure problem={publish.problem} />
        <Button
          kind="primary"
          submit
          busy={publish.busy}
          disabled={trade.node.channel.value?.state !== 'attesting'}
        >
          Publish
        </Button>
      </form>
    </Card>
  );
}
