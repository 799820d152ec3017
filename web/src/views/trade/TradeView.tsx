import './trade.css';
import { laboratory } from '../../lab/laboratory.ts';
import { PublishTariff } from '../../market/PublishTariff.tsx';
import { tradeOf } from '../../nodes/trade.ts';
import type { ViewProps } from '../table.ts';
import { BuyCard } from './BuyCard.tsx';
import { ChartCard } from './ChartCard.tsx';
import { MeterCard } from './MeterCard.tsx';
import { Obstacles } from './Obstacles.tsx';
import { OfferCard } from './OfferCard.tsx';
import { TariffCard } from './TariffCard.tsx';
import { UnitsCard } from './UnitsCard.tsx';

/** Energy for satoshi: the price, what is offered, buying, and every unit from its order to its end. */
export function TradeView({ node }: ViewProps) {
  const trade = tradeOf(node);
  const { role } = node;
  return (
    <>
      <Obstacles trade={trade} />
      <TariffCard trade={trade} />
      {role === 'consumer' && <BuyCard trade={trade} />}
      <OfferCard trade={trade} />
      {role === 'producer' && laboratory.value === null && <MeterCard node={node} />}
      {role === 'utility' && <PublishTariff node={node} />}
      <ChartCard trade={trade} />
      <UnitsCard trade={trade} />
    </>
  );
}
