import { equalBytes, toHex } from '../../src/base/bytes.ts';
import { counterpartyOf, ROLES, type Role, TRADERS, type Trader } from '../../src/base/role.ts';
import { balanceOf } from '../../src/tx/commitment.ts';
import type { Balances, Delivery } from '../../src/tx/contract.ts';
import { liveLedgers, type PartyHistory } from './history.ts';
import { breachOf, type Outcome } from './oracles.ts';

/** What the highest fee rate of a close in a schedule comes to, satoshi. */
const HIGHEST_CLOSE_FEE = 2500n;
/** Virtual bytes of a claim of one output, rounded up. */
const CLAIM_VBYTES = 200n;

/**
 * The least that an honest trader is owed on the chain, satoshi: of all the states that may bind it the one that gives
 * it least. Units that it sold count once it had the preimage before their deadline, if `deliveries` says so.
 * `undefined`: it has no channel, or the rules of section 10 leave it to the mercy of a coalition.
 */
export function floorOf(outcome: Outcome, trader: Trader, deliveries = true): bigint | undefined {
  const { arena } = outcome;
  const party = arena.history.parties[trader];
  if (party.rounds === undefined) return undefined;
  if (isAtMercy(outcome, trader)) return undefined;
  // section 7: what was lost with the disk is in the other trader's hands, and what it sold in the utility's
  const { restored } = arena.parties[trader];
  if (restored && arena.parties[counterpartyOf(trader)].hostile) return undefined;
  const least = liveLedgers(party.rounds)
    .map((ledger) => worthOf(outcome, ledger, trader, deliveries && !restored))
    .reduce((low, each) => (each < low ? each : low));
  return least - closeFee(outcome, party) - withheld(outcome, trader);
}

/**
 * Section 10: a cheater and its utility together. Deliveries of the revoked commitment that the victim sold, and that
 * ended cancelled or settled on the buyer's word: only the utility has the preimage, and it does not reveal it.
 */
function withheld(outcome: Outcome, victim: Trader): bigint {
  const { arena, ending } = outcome;
  if (!arena.parties.utility.hostile || breachOf(outcome) === undefined) return 0n;
  const { preimages } = arena.history.parties[victim];
  return (ending?.commitment?.ledger.deliveries ?? [])
    .filter(({ seller, lock }) => seller === victim && !preimages.has(toHex(lock)))
    .reduce((sum, { paymentMsat, bondMsat }) => sum + (paymentMsat + bondMsat) / 1000n, 0n);
}

/** Section 10: under `immediate` the utility and the other trader can take everything at any time. */
export function isAtMercy({ arena }: Outcome, trader: Trader): boolean {
  const { parties, setting } = arena;
  return !setting.afterHeight && parties.utility.hostile && parties[counterpartyOf(trader)].hostile;
}

function worthOf(outcome: Outcome, ledger: Balances, trader: Trader, deliveries: boolean): bigint {
  const sold = deliveries ? ledger.deliveries.filter((each) => isEarned(outcome, each, trader)) : [];
  return [balanceOf(ledger, trader), ...sold.map((each) => each.paymentMsat + each.bondMsat)]
    .map((amount) => amount / 1000n)
    .filter((amount) => isWorthIt(outcome, amount))
    .reduce((sum, amount) => sum + amount, 0n);
}

/**
 * Whether a trader sold this, had the preimage before the deadline, and can claim it while the mempool asks for the most
 * that it asked for in this schedule: what a fee spike makes worthless until its expiry is the utility's.
 */
export function isEarned(outcome: Outcome, delivery: Delivery, trader: Trader): boolean {
  const { seller, lock, deadline, paymentMsat, bondMsat } = delivery;
  const { parties, highestMinimum } = outcome.arena.history;
  const known = parties[trader].preimages.get(toHex(lock));
  if (seller !== trader || known === undefined || known >= deadline) return false;
  return isClaimedAt(highestMinimum, outcome, (paymentMsat + bondMsat) / 1000n);
}

/** What costs more than it brings at 1 sat/vB is left where it is (protocol section 12). */
function isWorthIt(outcome: Outcome, amount: bigint): boolean {
  return isClaimedAt(1000n, outcome, amount);
}

function isClaimedAt(satPerKvB: bigint, { contract }: Outcome, amount: bigint): boolean {
  return amount > contract.params.dustLimitSat + (CLAIM_VBYTES * satPerKvB) / 1000n;
}

/** Whoever named the fee of a close pays what the reserve does not. */
function closeFee({ ending, contract }: Outcome, { closer }: PartyHistory): bigint {
  if (ending === undefined || ending.commitment !== undefined || !closer) return 0n;
  const { contributions } = contract;
  const total = Object.values(contributions).reduce((sum, each) => sum + each, 0n) / 1000n;
  const paid = ending.tx.outputs.reduce((sum, { value }) => sum + value, 0n);
  const fromCloser = total - paid;
  if (fromCloser <= 0n) return 0n;
  return fromCloser < HIGHEST_CLOSE_FEE ? fromCloser : HIGHEST_CLOSE_FEE;
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
  // of a revoked commitment the victim takes what it sold; the utility has its balance
  const unpaid =
    breachOf(outcome) === undefined && provedTo(outcome, ledger)
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

/**
 * What a party got of the funding output, satoshi: what the transaction that ended the channel pays it, what it took
 * from there (before the fees of its claims, less what they pay to others), and what others' claims pay it.
 */
export function grossOf({ arena, ending }: Outcome, role: Role): bigint {
  const payout = arena.history.identity?.payout;
  if (ending === undefined || payout === undefined) return 0n;
  const isPaidTo = (script: Uint8Array, party: Role) => equalBytes(script, payout[party]);
  let sum = 0n;
  for (const { script, value } of ending.outputs) if (isPaidTo(script, role)) sum += value;
  for (const tx of new Set(ending.outputs.flatMap(({ taken }) => taken?.tx ?? []))) {
    const outputs = ending.outputs.filter(({ taken }) => taken?.tx === tx);
    const brought = outputs.reduce((total, { value }) => total + value, 0n);
    const taker = outputs.find(({ taken }) => taken?.by)?.taken?.by;
    const toOthers = tx.outputs.filter(({ script }) =>
      ROLES.some((other) => other !== taker && isPaidTo(script, other)),
    );
    if (taker === role) sum += toOthers.reduce((left, { value }) => left - value, brought);
    else for (const { script, value } of tx.outputs) if (isPaidTo(script, role)) sum += value;
  }
  return sum;
}
