import { useState } from 'preact/hooks';
import { counterpartyOf, type Trader } from '../../../../src/base/role.ts';
import { parseMinutes, parsePrice, parseUnitEnergy, parseUnits } from '../../market/typed.ts';
import { offerOf, tariffNow } from '../../nodes/market.ts';
import type { TradeModel } from '../../nodes/trade.ts';
import { energyText, priceText } from '../../text/amounts.ts';
import { grouped } from '../../text/numbers.ts';
import { clockText } from '../../text/times.ts';
import { Button } from '../../ui/Button.tsx';
import { Card } from '../../ui/Card.tsx';
import { Form } from '../../ui/Form.tsx';
import { Input } from '../../ui/Input.tsx';
import { Failure } from '../../ui/Notice.tsx';
import { now } from '../../ui/now.ts';
import { useAction } from '../../ui/useAction.ts';
import { useFields } from '../../ui/useFields.ts';

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
            {grouped(offer.units)} of {energyText(offer.unitEnergyWh)},{' '}
            {grouped(Math.max(0, offer.units - offer.orderedUnits))} left
          </dd>
          <dt>Least price</dt>
          <dd>{offer.minMsatPerWh === '0' ? 'any' : priceText(offer.minMsatPerWh)}</dd>
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

interface Wanted {
  readonly units: number;
  readonly energy: number;
  readonly least: number;
  readonly minutes: number;
}

function OfferForm({ trade, replaces }: { readonly trade: TradeModel; readonly replaces: boolean }) {
  const tariff = tariffNow(trade.market(now.value));
  const [units, setUnits] = useState('100');
  const [energy, setEnergy] = useState('');
  const [least, setLeast] = useState('0');
  const [minutes, setMinutes] = useState('30');
  const energyWh = energy === '' && tariff !== undefined ? String(tariff.unitEnergyWh) : energy;
  const parsed = {
    units: parseUnits(units),
    energy: parseUnitEnergy(energyWh),
    least: parsePrice(least, 0),
    minutes: parseMinutes(minutes),
  };
  const offer = useAction(async (wanted: Wanted) => {
    const { value: channel } = trade.node.channelKey;
    if (channel === null) return;
    await trade.node.call('offer', {
      channel,
      units: wanted.units,
      unitEnergyWh: wanted.energy,
      minMsatPerWh: String(wanted.least),
      until: now.peek() + 60 * wanted.minutes,
    });
    trade.node.refresh();
  });
  const fields = useFields(parsed, offer.run);
  return (
    <Form onSubmit={fields.submit}>
      <Input label="Units" mode="numeric" value={units} onInput={setUnits} error={fields.error('units')} />
      <Input
        label="Energy of a unit"
        unit="Wh"
        mode="numeric"
        value={energyWh}
        onInput={setEnergy}
        error={fields.error('energy') ?? otherEnergy(parsed.energy.value, tariff?.unitEnergyWh)}
      />
      <Input
        label="Least price"
        unit="sat/kWh"
        mode="numeric"
        value={least}
        onInput={setLeast}
        hint="0 takes any price."
        error={fields.error('least')}
      />
      <Input
        label="For"
        unit="minutes"
        mode="numeric"
        value={minutes}
        onInput={setMinutes}
        error={fields.error('minutes')}
      />
      <Failure problem={offer.problem} />
      <Button kind="primary" submit busy={offer.busy}>
        {replaces ? 'Replace the offer' : 'Offer'}
      </Button>
    </Form>
  );
}

/** Offers and tariffs fit together by the energy of a unit. */
function otherEnergy(energyWh: number | null, tariffWh: number | undefined): string | null {
  if (energyWh === null || tariffWh === undefined || energyWh === tariffWh) return null;
  return `The tariff of this slot has units of ${energyText(tariffWh)}: nothing can be ordered against another size.`;
}
