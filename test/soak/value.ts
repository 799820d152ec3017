import { equalBytes, toHex } from '../../src/base/bytes.ts';
import { counterpartyOf, type Role, TRADERS, type Trader } from '../../src/base/role.ts';
import { balanceOf } from '../../src/tx/commitment.ts';
import type { Balances, Delivery } from '../../src/tx/contract.ts';
import { paysOnlyTo } from './ending.ts';
import { liveLedgers, type PartyHistory } from './history.ts';
import type { Outcome } from './oracles.ts';

/** What is not worth its claim at 1 sat/vB, with the dust limit: left where it is (protocol section 12). */
const NOT_WORTH_A_CLAIM = 500n;

/**
 * The least that an honest trader is owed on the chain, satoshi: of all the states that may bind it the one that gives
 * it least. Units that it sold count once it had the preimage before their deadline, if `deliveries` says so.
 * `undefined`: it has no channel, or the rules of section 10 leave it to the mercy of a coalition.
 */
export function floorOf(outcome: Outcome, trader: Trader, deliveries = true): bigint | undefined {
  const { arena } = outcome;
  const party = arena.history.parties[trader];
  if (party.rounds === undefined) return undefined;
  const { hostile } = arena.parties.utility;
  // section 10: under `immediate` the utility and the other trader can take everything at any time
  if (hostile && arena.parties[counterpartyOf(trader)].hostile && !arena.setting.afterHeight)
    return undefined;
  const least = liveLedgers(party.rounds)
    .map((ledger) => worthOf(outcome, ledger, trader, party, deliveries))
    .reduce((low, each) => (each < low ? each : low));
  return least - closeFee(outcome, party);
}

function worthOf(
  outcome: Outcome,
  ledger: Balances,
  trader: Trader,
  party: PartyHistory,
  deliveries: boolean,
): bigint {
  const sold = deliveries ? ledger.deliveries.filter((each) => isEarned(party, each, trader)) : [];
  return [balanceOf(ledger, trader), ...sold.map((each) => each.paymentMsat + each.bondMsat)]
    .map((amount) => amount / 1000n)
    .filter((amount) => isWorthIt(outcome, amount))
    .reduce((sum, amount) => sum + amount, 0n);
}

function isEarned(
  { preimages }: PartyHistory,
  { seller, lock, deadline }: Delivery,
  trader: Trader,
): boolean {
  const known = preimages.get(toHex(lock));
  return seller === trader && known !== undefined && known < deadline;
}

function isWorthIt({ contract }: Outcome, amount: bigint): boolean {
  return amount >= contract.params.dustLimitSat && amount > NOT_WORTH_A_CLAIM;
}

/** Whoever named the fee of a close pays what the reserve does not. */
function closeFee({ ending, contract }: Outcome, { closer }: PartyHistory): bigint {
  if (ending === undefined || ending.commitment !== undefined || !closer) return 0n;
  const { contributions } = contract;
  const total = Object.values(contributions).reduce((sum, each) => sum + each, 0n) / 1000n;
  const paid = ending.tx.outputs.reduce((sum, { value }) => sum + value, 0n);
  const fromCloser = total - paid;
  return fromCloser > 0n ? fromCloser : 0n;
}

/** What an honest utility is owed: its part of the state that ended the channel, and what was not attested in it. */
export function utilityFloor(outcome: Outcome): bigint | undefined {
  const { arena, ending } = outcome;
  // section 10: the traders together can take what is the utility's
  if (TRADERS.every((trader) => arena.parties[trader].hostile)) return undefined;
  const commitment = ending?.commitment;
  if (commitment === undefined) return undefined;
  const { attested } = arena.history.parties.utility;
  const { ledger } = commitment;
  const unpaid = provedTo(outcome, ledger)
    ? ledger.deliveries.filter(({ lock }) => !attested.has(toHex(lock)))
    : [];
  return [ledger.utilityMsat, ...unpaid.map((each) => each.paymentMsat + each.bondMsat)]
    .map((amount) => amount / 1000n)
    .filter((amount) => isWorthIt(outcome, amount))
    .reduce((sum, amount) => sum + amount, 0n);
}

/** Whether the utility was shown the state: it can claim only what it knows the script of. */
function provedTo({ arena }: Outcome, ledger: Balances): boolean {
  return [...arena.history.ledgers.values()].some(
    (each) => each.where === 'utility proof' && each.ledger.n === ledger.n,
  );
}

/** What a party got of the funding output, satoshi: the full value of what it took, before the fees of its claims. */
export function grossOf({ arena, ending }: Outcome, role: Role): bigint {
  const payout = arena.history.identity?.payout[role];
  if (ending === undefined || payout === undefined) return 0n;
  return ending.outputs
    .filter(({ script, taken }) => equalBytes(script, payout) || (taken && paysOnlyTo(taken.tx, payout)))
    .reduce((sum, { value }) => sum + value, 0n);
}
