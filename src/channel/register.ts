import { partsPerMillion } from '../base/amount.ts';
import { counterpartyOf } from '../base/role.ts';
import { balanceOf } from '../tx/commitment.ts';
import type { Balances, Delivery } from '../tx/contract.ts';
import type { SignedBody } from '../wire/messages.ts';

/** What the utility knows of one unit of a channel. */
export type RegisteredUnit =
  | { readonly type: 'ordered'; readonly delivery: Delivery }
  | {
      readonly type: 'delivered' | 'notDelivered';
      readonly delivery: Delivery;
      readonly statement: SignedBody;
    };

/** The units in flight and those decided while in flight, in the order of their numbers. */
export type DeliveryRegister = readonly RegisteredUnit[];

/**
 * Units that a newly proved state has in flight and the register does not know yet, by rising number: meters take no
 * other order, and that of a proof is the prover's choice.
 */
export function newUnits(register: DeliveryRegister, deliveries: readonly Delivery[]): readonly Delivery[] {
  return deliveries
    .filter(({ unit }) => !register.some((known) => known.delivery.unit === unit))
    .sort((a, b) => (a.unit < b.unit ? -1 : 1));
}

/** The register after a newer state was proved: units no longer in flight are dropped, new ones added. */
export function updateRegister(
  register: DeliveryRegister,
  deliveries: readonly Delivery[],
): DeliveryRegister {
  const kept = register.filter((known) => deliveries.some(({ unit }) => unit === known.delivery.unit));
  const added = newUnits(register, deliveries).map((delivery) => ({ type: 'ordered', delivery }) as const);
  return [...kept, ...added].sort((a, b) => (a.delivery.unit < b.delivery.unit ? -1 : 1));
}

/** How a unit left the state without an attestation. */
export type Ending = 'forfeited' | 'settled' | 'cancelled';

/** A unit that left the state, and how. */
export interface EndedUnit {
  readonly delivery: Delivery;
  readonly how: Ending;
}

/**
 * How the units ended that were not attested. What is the utility's grew by each forfeit and by the grid fees alone,
 * whatever the traders paid each other; of several that may have been forfeited, a refused one was.
 */
export function endedUnits(
  register: DeliveryRegister,
  before: Balances,
  after: Balances,
  gridFeePpm: number,
): readonly EndedUnit[] {
  const gone = register.filter(({ delivery }) => !isInFlight(after, delivery));
  const cancelled = cancelledUnits(register, before, after);
  const fees = gone
    .filter(({ type }) => type === 'delivered')
    .reduce((sum, { delivery }) => sum + partsPerMillion(delivery.paymentMsat, gridFeePpm), 0n);
  let gained = after.utilityMsat - before.utilityMsat - fees;
  const refusedFirst = gone
    .filter(({ type }) => type !== 'delivered')
    .sort((a, b) => Number(b.type === 'notDelivered') - Number(a.type === 'notDelivered'));
  return refusedFirst.map(({ delivery }) => {
    const forfeit = delivery.paymentMsat + delivery.bondMsat;
    if (gained >= forfeit) {
      gained -= forfeit;
      return { delivery, how: 'forfeited' };
    }
    return { delivery, how: cancelled.includes(delivery) ? 'cancelled' : 'settled' };
  });
}

function isInFlight({ deliveries }: Balances, { unit }: Delivery): boolean {
  return deliveries.some((each) => each.unit === unit);
}

/**
 * Units that left the state undecided and whose buyer has its payment back: they were cancelled, and their energy is
 * free for others. A unit that its buyer settled without our word is paid, so it is none of these.
 */
export function cancelledUnits(
  register: DeliveryRegister,
  before: Balances,
  after: Balances,
): readonly Delivery[] {
  const gone = register.filter(({ delivery }) => !isInFlight(after, delivery));
  return gone
    .filter(({ type, delivery }) => type === 'ordered' && isPaidBack(register, before, after, delivery))
    .map(({ delivery }) => delivery);
}

/** Whether the buyer has at least `delivery`'s payment more than its other orders and its own sales explain. */
function isPaidBack(
  register: DeliveryRegister,
  before: Balances,
  after: Balances,
  { seller, paymentMsat }: Delivery,
): boolean {
  const buyer = counterpartyOf(seller);
  const put = newUnits(register, after.deliveries).reduce(
    (sum, each) => sum + (each.seller === buyer ? each.bondMsat : each.paymentMsat),
    0n,
  );
  const earned = register.reduce((sum, { type, delivery }) => {
    const ended = !isInFlight(after, delivery);
    if (delivery.seller !== buyer || !ended || type === 'notDelivered') return sum;
    return sum + delivery.bondMsat + (type === 'delivered' ? delivery.paymentMsat : 0n);
  }, 0n);
  return balanceOf(after, buyer) + put - earned - balanceOf(before, buyer) >= paymentMsat;
}
