import { useState } from 'preact/hooks';
import { counterpartyOf } from '../../../../src/base/role.ts';
import type { MethodResult } from '../../../../src/client/index.ts';
import { offeredUnits, tariffNow, unitPriceMsat } from '../../nodes/market.ts';
import type { NodeModel } from '../../nodes/node.ts';
import type { TradeModel } from '../../nodes/trade.ts';
import type { ListedUnit } from '../../nodes/units.ts';
import { energyText } from '../../text/amounts.ts';
import { grouped } from '../../text/numbers.ts';
import { Amount } from '../../ui/Amount.tsx';
import { Button } from '../../ui/Button.tsx';
import { Card } from '../../ui/Card.tsx';
import { download } from '../../ui/download.ts';
import { Failure } from '../../ui/Notice.tsx';
import { now } from '../../ui/now.ts';
import { useAction } from '../../ui/useAction.ts';
import { unitsCsv } from './receipt.ts';
import { UnitDialog } from './UnitDialog.tsx';
import { UnitList } from './UnitList.tsx';
import type { Offered } from './UnitRows.tsx';

const PAGE = 1000;

/** The units of the channel, and what they sum to. */
export function UnitsCard({ trade }: { readonly trade: TradeModel }) {
  const [open, setOpen] = useState<bigint | null>(null);
  const { value: book } = trade.book;
  trade.version.value;
  const isUtility = trade.node.role === 'utility';
  const save = useAction(async () => {
    if (book === null) return;
    download('wattlane-units.csv', unitsCsv(await allUnits(trade.node, book.channel)), 'text/csv');
  });
  const offered = offeredOf(trade);
  return (
    <Card
      title="Units"
      wide
      aside={
        book !== null && book.size > 0 ? (
          <Button kind="quiet" busy={save.busy} onClick={() => void save.run()}>
            All as CSV
          </Button>
        ) : null
      }
    >
      <Failure problem={save.problem} />
      <TotalsList trade={trade} />
      {book === null || (book.size === 0 && offered === null) ? (
        <p class="soft">{isUtility ? 'No unit is in flight.' : 'No unit was ordered yet.'}</p>
      ) : (
        <UnitList key={book.channel} book={book} offered={offered} onOpen={setOpen} />
      )}
      <UnitDialog trade={trade} unit={open} onClose={() => setOpen(null)} />
    </Card>
  );
}

async function allUnits(node: NodeModel, channel: string): Promise<readonly ListedUnit[]> {
  const units: ListedUnit[] = [];
  let from: string | null = '0';
  while (from !== null) {
    const page: MethodResult<'listUnits'> = await node.call('listUnits', { channel, from, limit: PAGE });
    units.push(...page.units);
    from = page.next;
  }
  return units;
}

function offeredOf(trade: TradeModel): Offered | null {
  const { role } = trade.node;
  if (role === 'utility') return null;
  const market = trade.market(now.value);
  const tariff = tariffNow(market);
  const units = offeredUnits(market, role === 'producer' ? role : counterpartyOf(role));
  if (tariff === undefined || units === 0) return null;
  const first = BigInt(tariff.firstUnit);
  return {
    firstUnit: market.nextUnit > first ? market.nextUnit : first,
    units,
    energyWh: tariff.unitEnergyWh,
    unitMsat: unitPriceMsat(tariff),
  };
}

/** The sums that `getTotals` gives. */
function TotalsList({ trade }: { readonly trade: TradeModel }) {
  const { value: totals } = trade.totals;
  if (totals === null) return null;
  const { settled, forfeited, cancelled, inFlight } = totals;
  return (
    <dl class="totals">
      <div class="stat" data-total="settled">
        <dt>Settled</dt>
        <dd>
          <strong>
            <Amount msat={settled.paidMsat} />
          </strong>
        </dd>
        <dd class="soft">
          {count(settled.units)}, {energyText(settled.energyWh)}
        </dd>
        <dd class="soft">
          of it grid fee <Amount msat={settled.gridFeeMsat} />
        </dd>
      </div>
      <div class="stat" data-total="inFlight">
        <dt>In flight</dt>
        <dd>
          <strong>
            <Amount msat={inFlight.paymentMsat} />
          </strong>
        </dd>
        <dd class="soft">{count(inFlight.units)}</dd>
        <dd class="soft">
          bonds <Amount msat={inFlight.bondMsat} />
        </dd>
      </div>
      <div class="stat" data-total="forfeited">
        <dt>Forfeited</dt>
        <dd>
          <strong>
            <Amount msat={forfeited.paymentMsat + forfeited.bondMsat} />
          </strong>
        </dd>
        <dd class="soft">{count(forfeited.units)}</dd>
        <dd class="soft">
          of it bonds <Amount msat={forfeited.bondMsat} />
        </dd>
      </div>
      <div class="stat" data-total="cancelled">
        <dt>Cancelled</dt>
        <dd>
          <strong>{count(cancelled.units)}</strong>
        </dd>
      </div>
    </dl>
  );
}

function count(units: number): string {
  return `${grouped(units)} ${units === 1 ? 'unit' : 'units'}`;
}
