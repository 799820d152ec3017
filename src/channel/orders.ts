import { counterpartyOf } from '../base/role.ts';
import { checkOrder } from '../market/offer.ts';
import type { Tariff } from '../market/tariff.ts';
import { tariffLock } from '../market/tariff.ts';
import type { Delivery } from '../tx/contract.ts';
import type { Update, UpdateOf } from '../wire/messages.ts';
import { MAX_UPDATES } from '../wire/messages.ts';
import {
  addTerms,
  applyUpdates,
  type Ledger,
  soldAgainst,
  type UpdateError,
  type UpdateRules,
} from './ledger.ts';
import { atStake } from './rounds.ts';
import type { SettlingReason, TraderChannel, Trading } from './state.ts';

/** Blocks after a deadline before anyone proposes the forfeit: an attestation may still be on its way. */
export const FORFEIT_GRACE = 2;

/** The next proposal of a trader that holds the turn. */
export interface Plan {
  readonly updates: readonly Update[];
  /** The state after them; the present one when there are none. */
  readonly next: Ledger;
  /** What the application asked for and the rules forbid. */
  readonly refused: readonly { readonly update: Update; readonly error: UpdateError }[];
  /** The part of `updates` that the application asked for, and what of its wishes waits for the proposal after this. */
  readonly asked: readonly Update[];
  readonly waiting: readonly Update[];
}

/**
 * What a trader proposes when it has the turn: deliveries that are decided, what the application asked for, and as
 * many new orders as offers, tariffs and limits allow, all in one round.
 */
export function nextUpdates(state: TraderChannel, rules: UpdateRules): Plan {
  const plan = new PlanBuilder(state.rounds.held.ledger, rules);
  for (const update of decided(state, rules)) plan.add(update);
  for (const update of state.queue) plan.ask(update);
  if (state.type === 'open')
    for (let wanted = state.wantedUnits; wanted > 0; wanted--) {
      const order = nextOrder(state, plan.ledger, rules);
      if (order === undefined || !plan.add(order)) break;
    }
  return plan.done(state.rounds.held.ledger);
}

/** Whether a trader without the turn should ask for it: for what it wants itself, or because the holder is slow. */
export function wantsTurn(state: TraderChannel, { updates, asked }: Plan): boolean {
  if (asked.length > 0) return true;
  return updates.some((update) => {
    if (update.type === 'settle') return isOverdue(state, update.id);
    if (update.type === 'forfeit') return state.height > deadlineOf(state, update.id) + FORFEIT_GRACE;
    return true;
  });
}

/** Whether there can be anything to ask the turn for: spares a trader that only sells the making of a plan per unit. */
export function mayWantTurn(state: Trading): boolean {
  const { queue, wantedUnits, height, market, rounds } = state;
  return (
    queue.length > 0 ||
    wantedUnits > 0 ||
    market.preimages.some(({ since }) => height > since) ||
    rounds.held.ledger.deliveries.some(({ deadline }) => height > deadline + FORFEIT_GRACE)
  );
}

/** A settlement is the holder's to propose; after a block without it we do so ourselves. */
function isOverdue(state: Trading, id: bigint): boolean {
  const known = state.market.preimages.find((each) => each.id === id);
  return known !== undefined && state.height > known.since;
}

function deadlineOf(state: Trading, id: bigint): number {
  return state.rounds.held.ledger.deliveries.find((each) => each.id === id)?.deadline ?? 0;
}

/** Deliveries whose preimage we know, and those whose deadline is well past without one. */
function decided({ rounds, market }: Trading, { height }: UpdateRules): readonly Update[] {
  return rounds.held.ledger.deliveries.flatMap((delivery): Update[] => {
    const known = market.preimages.find(({ id }) => id === delivery.id);
    if (known !== undefined) return [{ type: 'settle', id: delivery.id, preimage: known.preimage }];
    return height >= delivery.deadline + FORFEIT_GRACE ? [{ type: 'forfeit', id: delivery.id }] : [];
  });
}

/** The order for the next unit that a live tariff has a lock for, if the seller's offer takes it. */
function nextOrder(
  { role, market }: Trading,
  ledger: Ledger,
  rules: UpdateRules,
): UpdateOf<'add'> | undefined {
  const seller = counterpartyOf(role);
  const offer = market.offers[seller];
  if (offer === null || ledger.deliveries.length >= rules.contract.params.maxInFlight) return undefined;
  const lowest = ledger.nextUnit > market.firstFreeUnit ? ledger.nextUnit : market.firstFreeUnit;
  for (const tariff of market.tariffs) {
    const unit = firstUnitFrom(tariff, lowest);
    const lock = tariffLock(tariff, unit);
    if (lock === undefined || checkOrder(offer, tariff, soldAgainst(ledger, offer), rules.now)) continue;
    const deadline = rules.height + rules.contract.params.deliveryWindow;
    const terms = addTerms(rules.contract, ledger, tariff, seller, lock, deadline);
    return { type: 'add', id: ledger.nextId, seller, offerId: offer.offerId, unit, deadline, ...terms };
  }
  return undefined;
}

function firstUnitFrom(tariff: Tariff, lowest: bigint): bigint {
  return tariff.firstUnit > lowest ? tariff.firstUnit : lowest;
}

class PlanBuilder {
  readonly #rules: UpdateRules;
  readonly #updates: Update[] = [];
  readonly #refused: { readonly update: Update; readonly error: UpdateError }[] = [];
  readonly #asked: Update[] = [];
  readonly #waiting: Update[] = [];
  ledger: Ledger;

  constructor(ledger: Ledger, rules: UpdateRules) {
    this.ledger = ledger;
    this.#rules = rules;
  }

  /** Whether the update keeps the rules and there is room for it; then it is part of the plan. */
  add(update: Update): boolean {
    return !this.#full && this.#apply(update) === undefined;
  }

  /** An update that the application wants: it waits when there is no room, and is refused by name when a rule forbids it. */
  ask(update: Update): void {
    if (this.#full) {
      this.#waiting.push(update);
      return;
    }
    const error = this.#apply(update);
    if (error === undefined) this.#asked.push(update);
    else this.#refused.push({ update, error });
  }

  get #full(): boolean {
    return this.#updates.length >= MAX_UPDATES;
  }

  #apply(update: Update): UpdateError | undefined {
    const outcome = applyUpdates(this.#rules, this.ledger, [update]);
    if (!outcome.ok) return outcome.error;
    this.ledger = outcome.value;
    this.#updates.push(update);
    return undefined;
  }

  done(before: Ledger): Plan {
    const moved = this.#updates.length > 0;
    const next = { ...this.ledger, n: before.n + (moved ? 1n : 0n) };
    return {
      updates: this.#updates,
      next,
      refused: this.#refused,
      asked: this.#asked,
      waiting: this.#waiting,
    };
  }
}

/**
 * Why a trader must go to the chain now, if it must (protocol sections 8 and 9): its settlement height is near; a
 * seller is owed a delivered unit at its deadline; a buyer got no answer about one that was not delivered.
 */
export function mustSettle(state: TraderChannel): SettlingReason | undefined {
  const { params } = state.identity.contract;
  const { height, role } = state;
  if (height >= params.settlementHeight - params.resolutionMargin)
    return { code: 'settlementHeightNear', height };
  for (const delivery of atStake(state.rounds)) {
    const reason = overdue(state, delivery, role === delivery.seller);
    if (reason !== undefined) return reason;
  }
  return unconfirmed(state);
}

/**
 * An order that we accepted as its seller, with half its window gone and the buyer's old state not revoked: we must not
 * deliver, and yet the buyer could publish the order when it is too late to. Published now, it is final in time.
 */
function unconfirmed({ rounds, role, height, identity }: TraderChannel): SettlingReason | undefined {
  const { phase, held } = rounds;
  if (phase.type !== 'accepting') return undefined;
  const patience = Math.floor(identity.contract.params.deliveryWindow / 2);
  const hanging = held.ledger.deliveries.find(
    ({ id, seller, deadline }) =>
      seller === role && id >= phase.previous.nextId && height >= deadline - patience,
  );
  return hanging === undefined ? undefined : { code: 'orderUnconfirmed', id: hanging.id };
}

function overdue(state: Trading, delivery: Delivery, selling: boolean): SettlingReason | undefined {
  const { id, deadline } = delivery;
  const known = state.market.preimages.some((each) => each.id === id);
  if (selling && known && state.height >= deadline) return { code: 'deliveryUnpaid', id };
  const patience = Math.max(FORFEIT_GRACE + 2, state.identity.contract.params.resolutionMargin);
  if (!selling && !known && state.height >= deadline + patience) return { code: 'deliveryUnanswered', id };
  return undefined;
}
