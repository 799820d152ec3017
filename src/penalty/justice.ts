import { type Msat, msatToSatFloor, type Sat, sat } from '../base/amount.ts';
import type { Trader } from '../base/role.ts';
import type { ClaimShare } from '../tx/claim.ts';
import { balanceOf, type Commitment } from '../tx/commitment.ts';
import type { Balances, Delivery } from '../tx/contract.ts';
import type { FundingSpend } from './identify.ts';
import { isForfeited, type Knowledge, knownPreimage } from './knowledge.ts';
import type { Monitor } from './monitor.ts';

/**
 * What a justice transaction pays the utility (protocol section 9): what the newest state owes it beyond the revoked
 * commitment, after the victim has what the newest state gives it. Nothing once a justice transaction has confirmed:
 * that one paid it.
 */
export function utilitysShare(
  { taken }: Monitor,
  knowledge: Knowledge,
  spend: FundingSpend,
): ClaimShare | undefined {
  const { role } = knowledge;
  if (spend.kind !== 'revoked' || spend.commitment === null || role === 'utility') return undefined;
  if (taken.some(({ by, how }) => by === role && how === 'revocation')) return undefined;
  const newest = knowledge.commitments.find(({ standing }) => standing === 'own')?.balances;
  if (newest === undefined) return undefined;
  const wantedSat = positive(owedTo(newest, knowledge) - paidToUtility(spend.commitment, knowledge));
  const keepSat = positive(dueTo(role, newest, knowledge) - paidTo(role, spend.commitment, knowledge));
  return { script: knowledge.utilityPayout, wantedSat, keepSat };
}

function positive(amount: bigint): Sat {
  return sat(amount > 0n ? amount : 0n);
}

/** The utility's balance in the newest state, and what is in flight there and was refused. */
function owedTo({ utilityMsat, deliveries }: Balances, knowledge: Knowledge): bigint {
  const refused = deliveries.filter(({ lock }) => isForfeited(knowledge, lock));
  return refused.reduce((sum, each) => sum + lockedSat(each), msatToSatFloor(utilityMsat) as bigint);
}

/** Its own output, and the deliveries that are left to it. */
function paidToUtility({ outputs }: Commitment, knowledge: Knowledge): bigint {
  return outputs.reduce((sum, output) => {
    const isTheirs =
      output.kind === 'toUtility' ||
      (output.kind === 'delivery' && isForfeited(knowledge, output.delivery.lock));
    return isTheirs ? sum + output.value : sum;
  }, 0n);
}

/** A trader's balance in the newest state, and what it may still get of what is in flight there. */
function dueTo(trader: Trader, newest: Balances, knowledge: Knowledge): bigint {
  const inFlight = newest.deliveries.filter(({ lock }) => !isForfeited(knowledge, lock));
  return inFlight.reduce(
    (sum, each) => {
      if (each.seller === trader) return sum + lockedSat(each);
      const isPaid = knownPreimage(knowledge, each.lock) !== undefined;
      return isPaid ? sum : sum + msatToSatFloor(each.paymentMsat);
    },
    msatToSatFloor(balanceOf(newest, trader)) as bigint,
  );
}

/** What the revoked commitment pays it all the same: `to_counterparty`, and what it sold and has the preimage of. */
function paidTo(trader: Trader, { outputs }: Commitment, knowledge: Knowledge): bigint {
  return outputs.reduce((sum, output) => {
    const isOurs =
      output.kind === 'toCounterparty' ||
      (output.kind === 'delivery' &&
        output.delivery.seller === trader &&
        knownPreimage(knowledge, output.delivery.lock) !== undefined);
    return isOurs ? sum + output.value : sum;
  }, 0n);
}

function lockedSat({ paymentMsat, bondMsat }: Delivery): bigint {
  return msatToSatFloor((paymentMsat + bondMsat) as Msat);
}
