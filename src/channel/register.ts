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

/** Units that a newly proved state has in flight and the register does not know yet. */
export function newUnits(register: DeliveryRegister, deliveries: readonly Delivery[]): readonly Delivery[] {
  return deliveries.filter(({ unit }) => !register.some((known) => known.delivery.unit === unit));
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

/**
 * Units that left the state undecided and whose buyer has its payment back: they were cancelled, and their energy is
 * free for others. A unit that its buyer settled without our word is paid, so it is none of these.
 */
export function cancelledUnits(
  register: DeliveryRegister,
  before: Balances,
  after: Balances,
): readonly Delivery[] {
  const gone = register.filter(
    ({ delivery }) => !after.deliveries.some(({ unit }) => unit === delivery.unit),
  );
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
    const ended = !after.deliveries.some(({ unit }) => unit === delivery.unit);
    if (delivery.seller !== buyer || !ended || type === 'notDelivered') return sum;
    return sum + delivery.bondMsat + (type === 'delivered' ? delivery.paymentMsat : 0n);
  }, 0n);
  return balanceOf(after, buyer) + put - earned - balanceOf(before, buyer) >= paymentMsat;
}
