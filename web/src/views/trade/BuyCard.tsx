import { useState } from 'preact/hooks';
import { parseUnits } from '../../market/typed.ts';
import { offeredUnits, tariffNow, unitPriceMsat } from '../../nodes/market.ts';
import type { TradeModel } from '../../nodes/trade.ts';
import { grouped } from '../../text/numbers.ts';
import { Amount } from '../../ui/Amount.tsx';
import { Button } from '../../ui/Button.tsx';
import { Card } from '../../ui/Card.tsx';
import { Form } from '../../ui/Form.tsx';
import { Input } from '../../ui/Input.tsx';
import { Failure } from '../../ui/Notice.tsx';
import { now } from '../../ui/now.ts';
import { newRequestId } from '../../ui/requestId.ts';
import { useAction } from '../../ui/useAction.ts';
import { useFields } from '../../ui/useFields.ts';
import { KeepBuying } from './KeepBuying.tsx';

/** Buys units: so many, or until something is reached. */
export function BuyCard({ trade }: { readonly trade: TradeModel }) {
  const [units, setUnits] = useState('10');
  const parsed = parseUnits(units);
  const { node } = trade;
  const ask = async (count: number) => {
    const { value: channel } = node.channelKey;
    if (channel === null) return;
    await node.call('buy', { channel, units: count, requestId: newRequestId() });
    node.refresh();
  };
  const buy = useAction(ask);
  const stop = useAction(() => ask(0));
  const isRunning = trade.buying.state.value?.status === 'running';
  const wanted = node.channel.value?.wantedUnits ?? 0;
  const isOpen = node.channel.value?.state === 'open';
  const fields = useFields({ units: parsed }, (read) => buy.run(read.units));
  return (
    <Card title="Buy">
      <Form onSubmit={fields.submit}>
        <Input
          label="Units to buy"
          mode="numeric"
          value={units}
          onInput={setUnits}
          error={fields.error('units')}
        />
        <Cost trade={trade} units={parsed.value} />
        <Failure problem={buy.problem ?? stop.problem} />
        <Button kind="primary" submit busy={buy.busy} disabled={!isOpen || isRunning}>
          Buy
        </Button>
      </Form>
      {wanted > 0 && !isRunning && (
        <p class="wanted" role="status">
          {grouped(wanted)} {wanted === 1 ? 'unit is' : 'units are'} still to be ordered. The node goes on
          with this, also when you close the page.{' '}
          <Button busy={stop.busy} onClick={() => void stop.run()}>
            Stop buying
          </Button>
        </p>
      )}
      <KeepBuying trade={trade} disabled={!isOpen} />
    </Card>
  );
}

function Cost({ trade, units }: { readonly trade: TradeModel; readonly units: number | null }) {
  trade.version.value;
  const market = trade.market(now.value);
  const tariff = tariffNow(market);
  if (tariff === undefined || units === null) return null;
  const offered = offeredUnits(market, 'producer');
  return (
    <p class="hint">
      At the price of now: <Amount msat={unitPriceMsat(tariff) * BigInt(units)} />
      {units > offered && `. ${grouped(offered)} are on offer; the rest is ordered when more are.`}
    </p>
  );
}
