import { type Msat, partsPerMillion } from '../base/amount.ts';
import { equalBytes } from '../base/bytes.ts';
import { assertNever } from '../base/invariant.ts';
import { err, ok, type Result } from '../base/result.ts';
import { counterpartyOf, type PerTrader, type Trader } from '../base/role.ts';
import { deliveryLock } from '../crypto/deliveryLock.ts';
import { checkOrder, type Offer, type OrderProblem } from '../market/offer.ts';
import { energyCost } from '../market/pricing.ts';
import { type Tariff, tariffLock } from '../market/tariff.ts';
import { balanceOf } from '../tx/commitment.ts';
import type { Balances, BondPolicy, Contract, Delivery } from '../tx/contract.ts';
import type { Update, UpdateOf } from '../wire/messages.ts';

/** The state n of a channel (protocol section 6): the balances, and what the rules of later updates need to know of earlier ones. */
export interface Ledger extends Balances {
  /** Id of the next delivery. */
  readonly nextId: bigint;
  /** Lowest unit number that may still be ordered. */
  readonly nextUnit: bigint;
  /** The offer of each seller that was ordered against last, and how many units. */
  readonly sold: PerTrader<{ readonly offerId: bigint; readonly units: number } | null>;
}

/** State 0: everyone has what it put in. */
export function initialLedger(contract: Contract): Ledger {
  return {
    n: 0n,
    consumerMsat: contract.contributions.consumer,
    producerMsat: contract.contributions.producer,
    utilityMsat: contract.contributions.utility,
    deliveries: [],
    nextId: 0n,
    nextUnit: 0n,
    sold: { consumer: null, producer: null },
  };
}

/** What an update is judged by, besides the state. */
export interface UpdateRules {
  readonly contract: Contract;
  readonly proposer: Trader;
  /** Our height. */
  readonly height: number;
  /** Unix seconds. */
  readonly now: number;
  /** Seconds that the other side's clock may differ from ours; 0 for our own proposals. */
  readonly clockTolerance: number;
  readonly tariffs: readonly Tariff[];
  readonly offers: PerTrader<Offer | null>;
  /** Our own earlier offers that still hold. */
  readonly replacedOffers: readonly Offer[];
  /** Locks whose preimage we know. */
  readonly knownPreimages: readonly { readonly id: bigint }[];
  /** Deliveries that their seller lets the buyer cancel. */
  readonly released: readonly bigint[];
}

export type UpdateError =
  | OrderProblem
  | { readonly code: 'emptyProposal' }
  | { readonly code: 'wrongProposer'; readonly proposer: Trader; readonly update: Update['type'] }
  | { readonly code: 'noOffer'; readonly offerId: bigint }
  /** The seller has a later offer, and the one that was ordered against does not bind it any more. */
  | { readonly code: 'offerReplaced'; readonly offerId: bigint; readonly latest: bigint }
  | { readonly code: 'noTariff'; readonly unit: bigint }
  | { readonly code: 'wrongId'; readonly id: bigint; readonly expected: bigint }
  | { readonly code: 'unitNotIncreasing'; readonly unit: bigint; readonly lowest: bigint }
  | { readonly code: 'lockReused'; readonly unit: bigint }
  | { readonly code: 'wrongTerms'; readonly field: string; readonly value: string; readonly expected: string }
  | { readonly code: 'tooManyInFlight'; readonly limit: number }
  | { readonly code: 'belowDust'; readonly valueMsat: bigint; readonly dustLimitSat: bigint }
  | {
      readonly code: 'deadlineTooSoon' | 'deadlineTooFar';
      readonly deadline: number;
      readonly height: number;
      readonly window: number;
    }
  | { readonly code: 'expiryPastSettlement'; readonly expiry: number; readonly latest: number }
  | {
      readonly code: 'balanceTooLow';
      readonly trader: Trader;
      readonly balanceMsat: Msat;
      readonly neededMsat: bigint;
      readonly reserveMsat: Msat;
    }
  | { readonly code: 'unknownDelivery'; readonly id: bigint }
  | { readonly code: 'wrongPreimage'; readonly id: bigint }
  | { readonly code: 'preimageMissing'; readonly id: bigint }
  | {
      readonly code: 'forfeitTooEarly';
      readonly id: bigint;
      readonly deadline: number;
      readonly height: number;
    }
  | { readonly code: 'forfeitOfDelivered'; readonly id: bigint }
  | { readonly code: 'notReleased'; readonly id: bigint }
  | { readonly code: 'amountNotPositive' };

/** Blocks by which a proposer's view of the tip may lag behind ours. */
export const HEIGHT_TOLERANCE = 3;

/**
 * Whether an update that we refuse may be right a little later: the proposer has seen a block or a tariff
 * that we have not. Such a proposal is kept until we have, not answered with a failure.
 */
export function isPremature(error: UpdateError): boolean {
  return error.code === 'deadlineTooFar' || error.code === 'forfeitTooEarly' || error.code === 'noTariff';
}

/**
 * Whether an update that we refuse may have been right when it was proposed: the message, or our view of a block or a
 * tariff, was slow. The proposer takes such a proposal back; it is no reason to close.
 */
export function isOvertaken(error: UpdateError): boolean {
  const { code } = error;
  return (
    code === 'deadlineTooSoon' ||
    code === 'offerExpired' ||
    code === 'offerReplaced' ||
    code === 'tariffNotLive'
  );
}

/**
 * State n+1: the updates applied one after the other (protocol section 6). The first that breaks a rule is
 * the error, and nothing is applied.
 */
export function applyUpdates(
  rules: UpdateRules,
  ledger: Ledger,
  updates: readonly Update[],
): Result<Ledger, UpdateError> {
  if (updates.length === 0) return err({ code: 'emptyProposal' });
  let next = ledger;
  for (const update of updates) {
    const outcome = applyUpdate(rules, next, update);
    if (!outcome.ok) return outcome;
    next = outcome.value;
  }
  return ok({ ...next, n: ledger.n + 1n });
}

function applyUpdate(rules: UpdateRules, ledger: Ledger, update: Update): Result<Ledger, UpdateError> {
  switch (update.type) {
    case 'add':
      return add(rules, ledger, update);
    case 'settle':
      return settle(rules, ledger, update);
    case 'forfeit':
      return forfeit(rules, ledger, update);
    case 'cancel':
      return cancel(rules, ledger, update);
    case 'transfer':
      return transfer(rules, ledger, update);
    default:
      return assertNever(update);
  }
}

function add(rules: UpdateRules, ledger: Ledger, update: UpdateOf<'add'>): Result<Ledger, UpdateError> {
  const { seller } = update;
  const buyer = counterpartyOf(seller);
  if (rules.proposer !== buyer) return wrongProposer(rules, update);
  const fault = checkAdd(rules, ledger, update);
  if (fault !== undefined) return err(fault);
  const { type: _type, offerId, ...delivery } = update;
  const paid = debit(rules.contract, ledger, buyer, update.paymentMsat);
  if (!paid.ok) return paid;
  const bonded = debit(rules.contract, paid.value, seller, update.bondMsat);
  if (!bonded.ok) return bonded;
  const before = ledger.sold[seller];
  const units = before !== null && before.offerId === offerId ? before.units + 1 : 1;
  return ok({
    ...bonded.value,
    deliveries: [...ledger.deliveries, delivery],
    nextId: ledger.nextId + 1n,
    nextUnit: update.unit + 1n,
    sold: { ...ledger.sold, [seller]: { offerId, units } },
  });
}

function checkAdd(rules: UpdateRules, ledger: Ledger, update: UpdateOf<'add'>): UpdateError | undefined {
  const { params } = rules.contract;
  const { seller, unit } = update;
  if (update.id !== ledger.nextId) return { code: 'wrongId', id: update.id, expected: ledger.nextId };
  if (unit < ledger.nextUnit) return { code: 'unitNotIncreasing', unit, lowest: ledger.nextUnit };
  if (ledger.deliveries.length >= params.maxInFlight)
    return { code: 'tooManyInFlight', limit: params.maxInFlight };
  const offer = offerFor(rules, ledger, update);
  if (offer === undefined) return missingOffer(rules, ledger, update);
  const tariff = rules.tariffs.find((each) => tariffLock(each, unit) !== undefined);
  if (tariff === undefined) return { code: 'noTariff', unit };
  const time = timeFor(rules, offer, tariff);
  // by our clock the price does not hold yet: as with one that we have not heard of, we wait
  if (time < tariff.from) return { code: 'noTariff', unit };
  const problem = checkOrder(offer, tariff, soldAgainst(ledger, offer), time);
  if (problem !== undefined) return problem;
  const lock = tariffLock(tariff, unit) as Uint8Array;
  if (ledger.deliveries.some((each) => equalBytes(each.lock, lock))) return { code: 'lockReused', unit };
  return (
    checkTerms(update, addTerms(rules.contract, ledger, tariff, seller, lock, update.deadline)) ??
    checkTimes(rules, update) ??
    checkSize(rules.contract, update)
  );
}

/** The offer that an order names: the seller's newest, or an earlier one as long as none was ordered against a later. */
function offerFor(
  { offers, replacedOffers }: UpdateRules,
  { sold }: Ledger,
  { seller, offerId }: UpdateOf<'add'>,
): Offer | undefined {
  const used = sold[seller]?.offerId ?? 0n;
  return [offers[seller], ...replacedOffers].find(
    (offer): offer is Offer =>
      offer !== null && offer.seller === seller && offer.offerId === offerId && offerId >= used,
  );
}

/** An offer that we do not know, or one that was replaced and ran out while the order was on its way. */
function missingOffer(
  { offers }: UpdateRules,
  { sold }: Ledger,
  { seller, offerId }: UpdateOf<'add'>,
): UpdateError {
  const latest = offers[seller]?.offerId ?? -1n;
  const used = sold[seller]?.offerId ?? 0n;
  return offerId < latest && offerId >= used
    ? { code: 'offerReplaced', offerId, latest }
    : { code: 'noOffer', offerId };
}

/** How many units were ordered against this very offer. */
export function soldAgainst(ledger: Ledger, offer: Offer): number {
  const sold = ledger.sold[offer.seller];
  return sold !== null && sold.offerId === offer.offerId ? sold.units : 0;
}

/** Our time, bent by at most the tolerance towards what the proposer must have seen. */
function timeFor(rules: UpdateRules, offer: Offer, tariff: Tariff): number {
  const latest = Math.min(offer.until, tariff.until) - 1;
  if (rules.now > latest) return Math.max(latest, rules.now - rules.clockTolerance);
  if (rules.now < tariff.from) return Math.min(tariff.from, rules.now + rules.clockTolerance);
  return rules.now;
}

type AddTerms = Pick<Delivery, 'energyWh' | 'paymentMsat' | 'bondMsat' | 'lock' | 'expiry'>;

/** The terms of an order that follow from the tariff and the channel's parameters. */
export function addTerms(
  contract: Contract,
  ledger: Ledger,
  tariff: Tariff,
  seller: Trader,
  lock: Uint8Array,
  deadline: number,
): AddTerms {
  const { params, contributions } = contract;
  const paymentMsat = energyCost(tariff.msatPerWh, tariff.unitEnergyWh) as Msat;
  const free = balanceOf(ledger, seller) - params.reserveMsat[seller];
  return {
    energyWh: BigInt(tariff.unitEnergyWh),
    paymentMsat,
    bondMsat: bondOf(params.bondPolicy, paymentMsat, contributions[seller], free),
    lock,
    expiry: deadline + params.toSelfDelay[seller] + params.resolutionMargin,
  };
}

/** The seller's coins behind one delivery (protocol section 2): under `stake` its contribution, or what is left of it. */
function bondOf(policy: BondPolicy, paymentMsat: Msat, contributionMsat: Msat, freeMsat: bigint): Msat {
  if (policy.type === 'proportional') return partsPerMillion(paymentMsat, policy.bondPpm);
  if (freeMsat <= 0n) return 0n as Msat;
  return (freeMsat < contributionMsat ? freeMsat : contributionMsat) as Msat;
}

function checkTerms(update: UpdateOf<'add'>, terms: AddTerms): UpdateError | undefined {
  for (const field of ['energyWh', 'paymentMsat', 'bondMsat', 'expiry'] as const)
    if (update[field] !== terms[field])
      return { code: 'wrongTerms', field, value: `${update[field]}`, expected: `${terms[field]}` };
  if (!equalBytes(update.lock, terms.lock))
    return { code: 'wrongTerms', field: 'lock', value: 'another', expected: 'the one in the tariff' };
  return undefined;
}

function checkTimes(rules: UpdateRules, { deadline, expiry }: UpdateOf<'add'>): UpdateError | undefined {
  const { deliveryWindow, resolutionMargin, settlementHeight } = rules.contract.params;
  const { height } = rules;
  if (deadline < height + deliveryWindow - HEIGHT_TOLERANCE)
    return { code: 'deadlineTooSoon', deadline, height, window: deliveryWindow };
  const latest = settlementHeight - resolutionMargin;
  if (expiry > latest) return { code: 'expiryPastSettlement', expiry, latest };
  if (deadline > height + deliveryWindow)
    return { code: 'deadlineTooFar', deadline, height, window: deliveryWindow };
  return undefined;
}

function checkSize({ params }: Contract, update: UpdateOf<'add'>): UpdateError | undefined {
  const valueMsat = update.paymentMsat + update.bondMsat;
  if (valueMsat / 1000n >= params.dustLimitSat) return undefined;
  return { code: 'belowDust', valueMsat, dustLimitSat: params.dustLimitSat };
}

function settle(
  rules: UpdateRules,
  ledger: Ledger,
  { id, preimage }: UpdateOf<'settle'>,
): Result<Ledger, UpdateError> {
  const delivery = ledger.deliveries.find((each) => each.id === id);
  if (delivery === undefined) return err({ code: 'unknownDelivery', id });
  const { seller, paymentMsat, bondMsat, lock } = delivery;
  if (preimage === null && rules.proposer === seller) return err({ code: 'preimageMissing', id });
  if (preimage !== null && !equalBytes(deliveryLock(preimage), lock))
    return err({ code: 'wrongPreimage', id });
  const gridFee = partsPerMillion(paymentMsat, rules.contract.params.gridFeePpm);
  const settled = credit(without(ledger, id), seller, paymentMsat - gridFee + bondMsat);
  return ok({ ...settled, utilityMsat: (ledger.utilityMsat + gridFee) as Msat });
}

function forfeit(
  rules: UpdateRules,
  ledger: Ledger,
  { id }: UpdateOf<'forfeit'>,
): Result<Ledger, UpdateError> {
  const delivery = ledger.deliveries.find((each) => each.id === id);
  if (delivery === undefined) return err({ code: 'unknownDelivery', id });
  if (isDelivered(rules, id)) return err({ code: 'forfeitOfDelivered', id });
  const { deadline, paymentMsat, bondMsat } = delivery;
  if (rules.height < deadline) return err({ code: 'forfeitTooEarly', id, deadline, height: rules.height });
  return ok({ ...without(ledger, id), utilityMsat: (ledger.utilityMsat + paymentMsat + bondMsat) as Msat });
}

/**
 * Takes both: a buyer alone could cancel when the energy has flowed and the word on it is on its way, a seller alone
 * could escape its bond.
 */
function cancel(rules: UpdateRules, ledger: Ledger, update: UpdateOf<'cancel'>): Result<Ledger, UpdateError> {
  const delivery = ledger.deliveries.find((each) => each.id === update.id);
  if (delivery === undefined) return err({ code: 'unknownDelivery', id: update.id });
  const { id, seller, paymentMsat, bondMsat } = delivery;
  const buyer = counterpartyOf(seller);
  if (rules.proposer !== buyer) return wrongProposer(rules, update);
  if (!rules.released.includes(id)) return err({ code: 'notReleased', id });
  return ok(credit(credit(without(ledger, id), buyer, paymentMsat), seller, bondMsat));
}

function transfer(
  rules: UpdateRules,
  ledger: Ledger,
  update: UpdateOf<'transfer'>,
): Result<Ledger, UpdateError> {
  if (rules.proposer !== update.from) return wrongProposer(rules, update);
  if (update.amountMsat <= 0n) return err({ code: 'amountNotPositive' });
  const paid = debit(rules.contract, ledger, update.from, update.amountMsat);
  return paid.ok ? ok(credit(paid.value, counterpartyOf(update.from), update.amountMsat)) : paid;
}

function isDelivered({ knownPreimages }: UpdateRules, id: bigint): boolean {
  return knownPreimages.some((known) => known.id === id);
}

function wrongProposer(rules: UpdateRules, update: Update): { ok: false; error: UpdateError } {
  return err({ code: 'wrongProposer', proposer: rules.proposer, update: update.type });
}

function without(ledger: Ledger, id: bigint): Ledger {
  return { ...ledger, deliveries: ledger.deliveries.filter((each) => each.id !== id) };
}

function credit(ledger: Ledger, trader: Trader, amount: bigint): Ledger {
  if (trader === 'consumer') return { ...ledger, consumerMsat: (ledger.consumerMsat + amount) as Msat };
  return { ...ledger, producerMsat: (ledger.producerMsat + amount) as Msat };
}

/** Takes `amount` from the trader's balance, which must keep the reserve. */
function debit(
  contract: Contract,
  ledger: Ledger,
  trader: Trader,
  amount: Msat,
): Result<Ledger, UpdateError> {
  const balanceMsat = balanceOf(ledger, trader);
  const reserveMsat = contract.params.reserveMsat[trader];
  if (amount > 0n && balanceMsat - amount < reserveMsat)
    return err({ code: 'balanceTooLow', trader, balanceMsat, neededMsat: amount, reserveMsat });
  return ok(credit(ledger, trader, -amount));
}
