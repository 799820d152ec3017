import { stage } from '../../lab/laboratory.ts';
import { coefficientsOf } from '../../market/curve.ts';
import { PriceCurve } from '../../market/PriceCurve.tsx';
import { tariffNow, unitPriceMsat, unitsLeft } from '../../nodes/market.ts';
import type { TradeModel } from '../../nodes/trade.ts';
import { energyText } from '../../text/amounts.ts';
import { grouped } from '../../text/numbers.ts';
import { clockText } from '../../text/times.ts';
import { Amount } from '../../ui/Amount.tsx';
import { Card } from '../../ui/Card.tsx';
import { now } from '../../ui/now.ts';

/** What energy costs now, and why. */
export function TariffCard({ trade }: { readonly trade: TradeModel }) {
  trade.version.value;
  const market = trade.market(now.value);
  const tariff = tariffNow(market);
  const world = stage.value?.world;
  return (
    <Card title="Tariff of this slot">
      {tariff === undefined ? (
        <p class="soft">No tariff holds now.</p>
      ) : (
        <>
          <p class="big">
            {grouped(tariff.msatPerWh)} <span class="unit">sat/kWh</span>
          </p>
          <dl class="facts trade-facts">
            <dt>A unit</dt>
            <dd>
              {energyText(tariff.unitEnergyWh)} for <Amount msat={unitPriceMsat(tariff)} />
            </dd>
            <dt>Slot</dt>
            <dd>
              {tariff.slot}, {clockText(tariff.from)} to {clockText(tariff.until)} UTC
            </dd>
            <dt>Units</dt>
            <dd>
              {grouped(tariff.units)}
              {trade.node.role !== 'utility' &&
                `, ${grouped(unitsLeft(tariff, market.nextUnit))} left to order`}
            </dd>
          </dl>
        </>
      )}
      {world !== undefined && (
        <PriceCurve
          coefficients={coefficientsOf(world)}
          demandWh={BigInt(world.demandWh)}
          tariffMsatPerWh={tariff === undefined ? undefined : BigInt(tariff.msatPerWh)}
        />
      )}
    </Card>
  );
}
