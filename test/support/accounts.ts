import type { Role, Trader } from '../../src/base/role.ts';
import { finalAmounts } from '../../src/penalty/monitor.ts';
import { txid } from '../../src/tx/transaction.ts';
import type { World } from './world.ts';

/** Satoshi in the anchor of a commitment. */
const ANCHOR = 240n;

/** Every output of the commitment but the anchor is in somebody's wallet. */
export function isTaken(world: World): boolean {
  const { monitor, knowledge } = world.channel('consumer');
  const amounts = monitor === null || knowledge === undefined ? null : finalAmounts(monitor, knowledge);
  return amounts !== null && amounts.untaken <= ANCHOR;
}

/** What a trader put into the child of its commitment, if that needed one: the child's fee, less the anchor. */
export function childCost(world: World, trader: Trader): bigint {
  const confirmed = new Set(world.channel(trader).monitor?.taken.map((each) => each.txid));
  const child = world.notices[trader].find(
    (notice) => notice.type === 'broadcast' && notice.purpose === 'anchor' && confirmed.has(txid(notice.tx)),
  );
  return child?.type === 'broadcast' && child.feeSat !== undefined ? child.feeSat - ANCHOR : 0n;
}

/** Fees of those claims of a party that are in the chain. */
export function claimFees(world: World, role: Role): bigint {
  const confirmed = new Set(world.channel('consumer').monitor?.taken.map((each) => each.txid));
  const claims = world.notices[role].flatMap((notice) =>
    notice.type === 'claiming' && confirmed.has(txid(notice.tx))
      ? [[txid(notice.tx), notice.feeSat] as const]
      : [],
  );
  return [...new Map(claims).values()].reduce((sum, fee) => sum + fee, 0n);
}
