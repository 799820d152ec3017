import { useState } from 'preact/hooks';
import { demandPrice, PRICING_LIMIT, type PriceCoefficients } from '../../../src/market/pricing.ts';
import { stage } from '../lab/laboratory.ts';
import type { NodeModel } from '../nodes/node.ts';
import { energyText, priceText } from '../text/amounts.ts';
import { type Parsed, parseDecimal } from '../text/numbers.ts';
import { clockText } from '../text/times.ts';
import { msats } from '../text/voice.ts';
import { Button } from '../ui/Button.tsx';
import { Card } from '../ui/Card.tsx';
import { Form } from '../ui/Form.tsx';
import { Input, Select } from '../ui/Input.tsx';
import { Failure, Notice } from '../ui/Notice.tsx';
import { now } from '../ui/now.ts';
import { newRequestId } from '../ui/requestId.ts';
import { SectionLink } from '../ui/SectionLink.tsx';
import { useAction } from '../ui/useAction.ts';
import { useFields } from '../ui/useFields.ts';
import { coefficientsOf } from './curve.ts';
import { parseMinutes, parsePrice, parseUnitEnergy, parseUnits } from './typed.ts';

/** A tariff has so many locks at most. */
const MOST_UNITS = 1000;
/** The clocks of two processes are read at different moments. */
const EARLIER_SECONDS = 1;

interface Typed {
  /** Null: that of now. */
  readonly demand: string | null;
  /** Where no coefficients are known. */
  readonly price: string;
  readonly minutes: string;
  /** Null: as the world has it. */
  readonly unitEnergy: string | null;
  readonly units: string;
}

/** A tariff for a slot, at a demand: signed and sent to the traders of a channel. */
export function PublishTariff({ node }: { readonly node: NodeModel }) {
  const isOpen = node.channels.value.some(({ state }) => state === 'attesting');
  return (
    <Card title="Publish a tariff" aside={<SectionLink section="tick-how-one-unit-goes" />}>
      {isOpen ? (
        <TariffForm node={node} />
      ) : (
        <p class="hint">There is no open channel to publish a tariff in.</p>
      )}
    </Card>
  );
}

function TariffForm({ node }: { readonly node: NodeModel }) {
  const open = node.channels.value.filter(({ state }) => state === 'attesting');
  const world = stage.value?.world;
  const [chosen, setChosen] = useState<string | null>(null);
  const wanted = chosen ?? node.channelKey.value;
  const channel = open.find((each) => each.channel === wanted)?.channel ?? open[0]?.channel;
  const [typed, setTyped] = useState<Typed>({
    demand: null,
    price: '',
    minutes: '30',
    unitEnergy: null,
    units: '100',
  });
  const change = (field: keyof Typed) => (text: string) => setTyped({ ...typed, [field]: text });
  const demand = typed.demand ?? String(world?.demandWh ?? '');
  const unitEnergy = typed.unitEnergy ?? String(world?.unitEnergyWh ?? '');
  const parsed = {
    price: world === undefined ? parsePrice(typed.price, 1) : priceAt(coefficientsOf(world), demand),
    minutes: parseMinutes(typed.minutes),
    unitEnergy: parseUnitEnergy(unitEnergy),
    units: parseUnits(typed.units, MOST_UNITS),
  };
  const [published, setPublished] = useState<string | null>(null);
  const action = useAction(async (tariff: Tariff) => {
    setPublished(null);
    if (channel === undefined) return;
    setPublished(await publish(node, channel, tariff));
    node.refresh();
  });
  const fields = useFields(parsed, action.run);
  return (
    <Form onSubmit={fields.submit}>
      <p>
        The signed price of a slot, with a lock for each unit that may be sold in it. What is ordered keeps
        the price that it was ordered at.
      </p>
      {open.length > 1 && (
        <Select
          label="Channel"
          value={channel ?? ''}
          options={open.map((each) => ({
            value: each.channel,
            text: `${each.channel} (${each.channelId?.slice(0, 8) ?? ''}…)`,
          }))}
          onChange={setChosen}
        />
      )}
      {world === undefined ? (
        <Input
          label="Price"
          unit="sat/kWh"
          value={typed.price}
          mode="numeric"
          onInput={change('price')}
          error={fields.error('price')}
        />
      ) : (
        <Input
          label="Demand D of the slot"
          unit="Wh"
          value={demand}
          mode="numeric"
          onInput={change('demand')}
          error={fields.error('price')}
        />
      )}
      <Input
        label="It holds for"
        unit="minutes"
        value={typed.minutes}
        mode="numeric"
        onInput={change('minutes')}
        error={fields.error('minutes')}
      />
      <Input
        label="Energy of a unit"
        unit="Wh"
        value={unitEnergy}
        mode="numeric"
        onInput={change('unitEnergy')}
        error={fields.error('unitEnergy')}
      />
      <Input
        label="Units"
        value={typed.units}
        mode="numeric"
        onInput={change('units')}
        error={fields.error('units')}
      />
      {parsed.price.value !== null && parsed.unitEnergy.value !== null && (
        <p>
          {priceText(BigInt(parsed.price.value))}: a unit of {energyText(parsed.unitEnergy.value)} costs{' '}
          {msats(BigInt(parsed.price.value) * BigInt(parsed.unitEnergy.value))}.
        </p>
      )}
      {world?.autoTariff === true && (
        <p class="hint">The laboratory publishes tariffs by itself. One of yours is used besides them.</p>
      )}
      <Failure problem={action.problem} />
      <Button kind="primary" submit busy={action.busy}>
        Publish
      </Button>
      {published !== null && (
        <Notice tone="good">
          <p>{published}</p>
        </Notice>
      )}
    </Form>
  );
}

function priceAt(coefficients: PriceCoefficients, demandText: string): Parsed<bigint> {
  const demand = parseDecimal(demandText, 0, PRICING_LIMIT);
  if (demand.value === null) return demand;
  const price = demandPrice(coefficients, demand.value);
  return price.ok
    ? { value: price.value, problem: null }
    : { value: null, problem: 'At this demand there is no price: it would be nothing, or too high.' };
}

interface Tariff {
  readonly price: bigint | number;
  readonly minutes: number;
  readonly unitEnergy: number;
  readonly units: number;
}

/** Publishes it as the slot after the last one, from now on, and says what is published. */
async function publish(
  node: NodeModel,
  channel: string,
  { price, minutes, unitEnergy, units }: Tariff,
): Promise<string> {
  const { tariffs } = await node.call('listTariffs', { channel });
  const last = tariffs.at(-1);
  const from = now.peek() - EARLIER_SECONDS;
  const { tariff } = await node.call('publishTariff', {
    channel,
    slot: last === undefined ? 0 : last.slot + 1,
    from,
    until: from + EARLIER_SECONDS + minutes * 60,
    msatPerWh: String(price),
    unitEnergyWh: unitEnergy,
    units,
    requestId: newRequestId(),
  });
  const lastUnit = BigInt(tariff.firstUnit) + BigInt(tariff.units) - 1n;
  return `Slot ${tariff.slot} is published: ${priceText(tariff.msatPerWh)} until ${clockText(tariff.until)} UTC, for units ${tariff.firstUnit} to ${lastUnit}.`;
}
