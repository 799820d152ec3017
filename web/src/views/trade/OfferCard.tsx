import { useState } from 'preact/hooks';
import { counterpartyOf, type Trader } from '../../../../src/base/role.ts';
import { offerOf, tariffNow } from '../../nodes/market.ts';
import type { TradeModel } from '../../nodes/trade.ts';
import { energyText, grouped } from '../../text/amounts.ts';
import { clockText } from '../../text/times.ts';
import { Button } from '../../ui/Button.tsx';
import { Card } from '../../ui/Card.tsx';
import { Input } from '../../ui/Input.tsx';
import { Failure } from '../../ui/Notice.tsx';
import { now } from '../../ui/now.ts';
import { useAction } from '../../ui/useAction.ts';
import { MOST_U32, parseWhole } from './parse.ts';

/** Offers of the channel: of the other side to a consumer, its own to a producer. */
export function OfferCard({ trade }: { readonly trade: TradeModel }) {
  const { role } = trade.node;
  if (role === 'utility') return null;
  const seller: Trader = role === 'producer' ? role : counterpartyOf(role);
  const offer = offerOf(trade.node.channel.value, seller);
  const isOver = offer !== undefined && offer.until <= now.value;
  return (
    <Card title={role === 'producer' ? 'Your offer' : 'Offer'}>
      {offer === undefined ? (
        <p class="soft">The {seller} offers nothing yet.</p>
      ) : (
        <dl class="facts trade-facts">
          <dt>Units</dt>
          <dd>
            {grouped(String(offer.units))} of {energyText(offer.unitEnergyWh)},{' '}
            {grouped(String(Math.max(0, offer.units - offer.orderedUnits)))} left
          </dd>
          <dt>Least price</dt>
          <dd>{offer.minMsatPerWh === '0' ? 'any' : `${grouped(offer.minMsatPerWh)} sat/kWh`}</dd>
          <dt>Until</dt>
          <dd>
            {clockText(offer.until)} UTC {isOver && <span class="badge badge-warn">over</span>}
          </dd>
        </dl>
      )}
      {role === 'producer' && <OfferForm trade={trade} replaces={offer !== undefined && !isOver} />}
    </Card>
  );
}

const MOST_MINUTES = 60 * 24 * 366;

function OfferForm({ trade, replaces }: { readonly trade: TradeModel; readonly replaces: boolean }) {
  const tariff = tariffNow(trade.market(now.value));
  const [units, setUnits] = useState('100');
  const [energy, setEnergy] = useState('');
  const [least, setLeast] = useState('0');
  const [minutes, setMinutes] = useState('30');
  const [shown, setShown] = useState(false);
  const energyWh = energy === '' && tariff !== undefined ? String(tariff.unitEnergyWh) : energy;
  const parsed = {
    units: parseWhole(units, 'units', 1, MOST_U32),
    energy: parseWhole(energyWh, 'watt-hours', 1, MOST_U32),
    least: parseWhole(least, 'satoshi per kWh', 0, Number.MAX_SAFE_INTEGER),
    minutes: parseWhole(minutes, 'minutes', 1, MOST_MINUTES),
  };
  const offer = useAction(async () => {
    const { value: channel } = trade.node.channelKey;
    if (channel === null) return;
    await trade.node.call('offer', {
      channel,
      units: parsed.units.value ?? 0,
      unitEnergyWh: parsed.energy.value ?? 0,
      minMsatPerWh: String(parsed.least.value ?? 0),
      until: now.peek() + 60 * (parsed.minutes.value ?? 0),
    });
    trade.node.refresh();
  });
  const submit = (event: Event) => {
    event.preventDefault();
    setShown(true);
    if (Object.values(parsed).every(({ problem }) => problem === null)) void offer.run();
  };
  const error = (problem: string | null) => (shown ? problem : null);
  return (
    <form class="trade-form" onSubmit={submit} noValidate>
      <Input
        label="Units"
        mode="numeric"
        value={units}
        onInput={setUnits}
        error={error(parsed.units.problem)}
      />
      <Input
        label="Energy of a unit"
        unit="Wh"
        mode="numeric"
        value={energyWh}
        onInput={setEnergy}
        error={error(parsed.energy.problem) ?? otherEnergy(parsed.energy.value, tariff?.unitEnergyWh)}
      />
      <Input
        label="Least price"
        unit="sat/kWh"
        mode="numeric"
        value={least}
        onInput={setLeast}
        hint="0 takes any price."
        error={error(parsed.least.problem)}
      />
      <Input
        label="For"
        unit="minutes"
        mode="numeric"
        value={minutes}
        onInput={setMinutes}
        error={error(parsed.minutes.problem)}
      />
      <Failure problem={offer.problem} />
      <Button kind="primary" submit busy={offer.busy}>
        {replaces ? 'Replace the offer' : 'Offer'}
      </Button>
    </form>
  );
}

/** Offers and tariffs fit together by the energy of a unit. */
function otherEnergy(energyWh: number | null, tariffWh: number | undefined): string | null {
  if (energyWh === null || tariffWh === undefined || energyWh === tariffWh) return null;
  return `The tariff of this slot has units of ${energyText(tariffWh)}: nothing can be ordered against another size.`;
}
