import { useState } from 'preact/hooks';
import { demandPrice, PRICING_LIMIT, type PriceCoefficients } from '../../../../src/market/pricing.ts';
import { stage } from '../../lab/laboratory.ts';
import type { NodeModel } from '../../nodes/node.ts';
import { parseDecimal } from '../../text/decimals.ts';
import { parseWhole } from '../../text/numbers.ts';
import { clockText } from '../../text/times.ts';
import { msats, wh } from '../../text/voice.ts';
import { Button } from '../../ui/Button.tsx';
import { Card } from '../../ui/Card.tsx';
import { Input, Select } from '../../ui/Input.tsx';
import { Failure, Notice } from '../../ui/Notice.tsx';
import { newRequestId } from '../../ui/requestId.ts';
import { SectionLink } from '../../ui/SectionLink.tsx';
import { useAction } from '../../ui/useAction.ts';

const MOST_MINUTES = 1440;
const MOST_UNITS = 1000;
const MOST_UNIT_WH = 1_000_000;
/** The clocks of two processes are read at different moments. */
const EARLIER_SECONDS = 1;

interface Typed {
  readonly demand: string;
  /** Where no coefficients are known. */
  readonly price: string;
  readonly minutes: string;
  readonly unitEnergy: string;
  readonly units: string;
}

/** A tariff for a slot, at a demand: signed and sent to the traders of a channel. */
export function TariffCard({ node }: { readonly node: NodeModel }) {
  const open = node.channels.value.filter(({ state }) => state === 'attesting');
  const world = stage.value?.world;
  const [chosen, setChosen] = useState<string | null>(null);
  const channel = open.find((each) => each.channel === chosen)?.channel ?? open[0]?.channel;
  const [typed, setTyped] = useState<Typed>({
    demand: '',
    price: '',
    minutes: '30',
    unitEnergy: '',
    units: '100',
  });
  const demandText = typed.demand === '' ? String(world?.demandWh ?? '') : typed.demand;
  const energyText = typed.unitEnergy === '' ? String(world?.unitEnergyWh ?? '') : typed.unitEnergy;
  const demand = parseDecimal(demandText, 0, PRICING_LIMIT);
  const minutes = parseWhole(typed.minutes, 1, MOST_MINUTES);
  const unitEnergy = parseWhole(energyText, 1, MOST_UNIT_WH);
  const units = parseWhole(typed.units, 1, MOST_UNITS);
  const coefficients = world === undefined ? undefined : scaledOf(world.coefficients);
  const price = priceOf(typed.price, coefficients, demand);
  const ready =
    channel !== undefined &&
    'msatPerWh' in price &&
    'value' in minutes &&
    'value' in unitEnergy &&
    'value' in units
      ? {
          channel,
          price: price.msatPerWh,
          minutes: minutes.value,
          unitEnergy: unitEnergy.value,
          units: units.value,
        }
      : null;
  const [published, setPublished] = useState<string | null>(null);
  const action = useAction(async (tariff: NonNullable<typeof ready>) => {
    setPublished(null);
    setPublished(await publish(node, tariff));
    node.refresh();
  });
  const change = (field: keyof Typed) => (text: string) => setTyped({ ...typed, [field]: text });
  return (
    <Card title="Publish a tariff" aside={<SectionLink section="tick-how-one-unit-goes" />}>
      {open.length === 0 ? (
        <p class="hint">There is no open channel to publish a tariff in.</p>
      ) : (
        <>
          <p>
            The signed price of a slot, with a lock for each unit that may be sold in it. What is ordered
            keeps the price that it was ordered at.
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
          {coefficients === undefined ? (
            <Input
              label="Price"
              unit="msat per Wh"
              value={typed.price}
              mode="numeric"
              onInput={change('price')}
              error={typed.price !== '' && 'problem' in price ? price.problem : null}
            />
          ) : (
            <Input
              label="Demand D of the slot"
              unit="Wh"
              value={demandText}
              mode="numeric"
              onInput={change('demand')}
              error={'problem' in price ? price.problem : null}
            />
          )}
          <Input
            label="It holds for"
            unit="minutes"
            value={typed.minutes}
            mode="numeric"
            onInput={change('minutes')}
            error={'problem' in minutes ? minutes.problem : null}
          />
          <Input
            label="Energy of a unit"
            unit="Wh"
            value={energyText}
            mode="numeric"
            onInput={change('unitEnergy')}
            error={'problem' in unitEnergy ? unitEnergy.problem : null}
          />
          <Input
            label="Units"
            value={typed.units}
            mode="numeric"
            onInput={change('units')}
            error={'problem' in units ? units.problem : null}
          />
          {ready !== null && (
            <p>
              {`${ready.price} msat per Wh: a unit of ${wh(ready.unitEnergy)} costs ${msats(ready.price * BigInt(ready.unitEnergy))}.`}
            </p>
          )}
          <Button
            kind="primary"
            busy={action.busy}
            disabled={ready === null}
            onClick={() => ready !== null && void action.run(ready)}
          >
            Publish
          </Button>
          {published !== null && (
            <Notice tone="good">
              <p>{published}</p>
            </Notice>
          )}
          <Failure problem={action.problem} />
        </>
      )}
    </Card>
  );
}

/** The price at this demand, or as it was typed where no coefficients are known. */
function priceOf(
  typed: string,
  coefficients: PriceCoefficients | undefined,
  demand: ReturnType<typeof parseDecimal>,
): { readonly msatPerWh: bigint } | { readonly problem: string } {
  if (coefficients === undefined) {
    const read = parseWhole(typed, 1, Number.MAX_SAFE_INTEGER);
    return 'problem' in read ? read : { msatPerWh: BigInt(read.value) };
  }
  if ('problem' in demand) return demand;
  const price = demandPrice(coefficients, demand.scaled);
  return price.ok
    ? { msatPerWh: price.value }
    : { problem: 'At this demand there is no price: it would be nothing, or too high.' };
}

function scaledOf({ a1, b1, c1 }: { readonly a1: string; readonly b1: string; readonly c1: string }) {
  return { a1: BigInt(a1), b1: BigInt(b1), c1: BigInt(c1) };
}

interface Wanted {
  readonly channel: string;
  readonly price: bigint;
  readonly minutes: number;
  readonly unitEnergy: number;
  readonly units: number;
}

/** Publishes it as the slot after the last one, from now on, and says what is published. */
async function publish(
  node: NodeModel,
  { channel, price, minutes, unitEnergy, units }: Wanted,
): Promise<string> {
  const { tariffs } = await node.call('listTariffs', { channel });
  const from = Math.floor(Date.now() / 1000) - EARLIER_SECONDS;
  const { tariff } = await node.call('publishTariff', {
    channel,
    slot: (tariffs.at(-1)?.slot ?? 0) + 1,
    from,
    until: from + EARLIER_SECONDS + minutes * 60,
    msatPerWh: String(price),
    unitEnergyWh: unitEnergy,
    units,
    requestId: newRequestId(),
  });
  const last = BigInt(tariff.firstUnit) + BigInt(tariff.units) - 1n;
  return `Slot ${tariff.slot} is published: ${tariff.msatPerWh} msat per Wh until ${clockText(tariff.until)} UTC, for units ${tariff.firstUnit} to ${last}.`;
}
