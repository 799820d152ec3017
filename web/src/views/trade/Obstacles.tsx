import { counterpartyOf, type Trader } from '../../../../src/base/role.ts';
import type { TradeModel } from '../../nodes/trade.ts';
import { Notice } from '../../ui/Notice.tsx';
import { now } from '../../ui/now.ts';
import { obstacles } from './obstacles.ts';

/** What keeps a unit from being bought now, with the way out of each. */
export function Obstacles({ trade }: { readonly trade: TradeModel }) {
  trade.version.value;
  const { role } = trade.node;
  if (role === 'utility' || trade.node.info.value === null) return null;
  const buyer: Trader = role === 'producer' ? counterpartyOf(role) : role;
  const found = obstacles(trade.market(now.value), buyer);
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
