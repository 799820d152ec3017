import { useRef } from 'preact/hooks';
import { counterpartyOf, type Trader } from '../../../../src/base/role.ts';
import type { TradeModel } from '../../nodes/trade.ts';
import { NO_TOTALS } from '../../nodes/unitTotals.ts';
import { Notice } from '../../ui/Notice.tsx';
import { now } from '../../ui/now.ts';
import { obstacles } from './obstacles.ts';

/** What keeps a unit from being bought now, with the way out of each. */
export function Obstacles({ trade }: { readonly trade: TradeModel }) {
  trade.version.value;
  const { role } = trade.node;
  const isStuck = useStuck(trade);
  if (role === 'utility' || trade.node.info.value === null) return null;
  const buyer: Trader = role === 'producer' ? counterpartyOf(role) : role;
  const all = obstacles(trade.market(now.value), buyer);
  const found = isStuck ? all : all.filter(({ passing }) => passing !== true);
  if (found.length === 0) return null;
  return (
    <Notice tone="warn">
      <h2 class="notice-title">No unit can be ordered now</h2>
      <ul class="obstacles">
        {found.map(({ what, wayOut }) => (
          <li key={what}>
            {what} <span class="way-out">{wayOut}</span>
          </li>
        ))}
      </ul>
    </Notice>
  );
}

/** Seconds without an end of a unit, after which even what passes is said. */
const PATIENCE = 3;

/** Whether no unit has ended for a while. */
function useStuck(trade: TradeModel): boolean {
  const last = useRef({ ended: 0, at: now.peek() });
  const { settled, forfeited, cancelled } = trade.book.value?.totals ?? NO_TOTALS;
  const ended = settled.units + forfeited.units + cancelled.units;
  if (ended !== last.current.ended) last.current = { ended, at: now.value };
  return now.value - last.current.at >= PATIENCE;
}
