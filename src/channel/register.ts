import type { Delivery } from '../tx/contract.ts';
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
