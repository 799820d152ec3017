import type { ChannelDetail } from '../../nodes/node.ts';
import { msats } from '../../text/voice.ts';
import type { Part } from '../../ui/segments.ts';

/** What the bar of a channel is made of; `consumerLock` and `producerLock` are in flight. */
export type BarPart = 'consumer' | 'consumerLock' | 'producerLock' | 'producer' | 'utility';

type Contributions = NonNullable<ChannelDetail['contributions']>;
type Balances = NonNullable<ChannelDetail['balances']>;
type Delivery = Pick<ChannelDetail['deliveries'][number], 'seller' | 'paymentMsat' | 'bondMsat'>;

/** W = CwA + CwB + CwU: who put in what, in millisatoshi. */
export function contributed({
  consumerMsat,
  producerMsat,
  utilityMsat,
}: Contributions): readonly Part<BarPart>[] {
  return [
    { key: 'consumer', amount: BigInt(consumerMsat) },
    { key: 'producer', amount: BigInt(producerMsat) },
    { key: 'utility', amount: BigInt(utilityMsat) },
  ];
}

/**
 * Whose it is now, in millisatoshi. What is in flight lies between the two traders, the part that each of them locked
 * on its own side: the buyer its payment, the seller its bond.
 */
export function owned(balances: Balances, deliveries: readonly Delivery[]): readonly Part<BarPart>[] {
  const locked = (trader: 'consumer' | 'producer') =>
    deliveries.reduce(
      (sum, { seller, paymentMsat, bondMsat }) => sum + BigInt(seller === trader ? bondMsat : paymentMsat),
      0n,
    );
  return [
    { key: 'consumer', amount: BigInt(balances.consumerMsat) },
    { key: 'consumerLock', amount: locked('consumer') },
    { key: 'producerLock', amount: locked('producer') },
    { key: 'producer', amount: BigInt(balances.producerMsat) },
    { key: 'utility', amount: BigInt(balances.utilityMsat) },
  ];
}

/** What a locked part is: the consumer locks payments where it buys and bonds where it sells. */
export function lockName(trader: 'consumer' | 'producer', deliveries: readonly Delivery[]): string {
  const sells = deliveries.some(({ seller }) => seller === trader);
  const buys = deliveries.some(({ seller }) => seller !== trader);
  if (sells && buys) return 'payments and bonds in flight';
  return sells ? 'bond in flight' : 'payment in flight';
}

/** A part in words: whose it is, and how much. */
export function partText(names: Readonly<Record<BarPart, string>>): (part: Part<BarPart>) => string {
  return ({ key, amount }) => `${names[key]} ${msats(amount)}`;
}
