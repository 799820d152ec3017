import type { EventData, EventType, RpcEvent } from '../../rpc/shapes/event.ts';
import { energy, msats, price, sats, shortId } from './units.ts';

type Describe<T extends EventType> = (data: EventData<T>) => string;

/** Each event in words. Text of a peer may be in it: whoever prints it makes it harmless. */
const WORDS: { readonly [T in EventType]: Describe<T> } = {
  opened: () => 'open',
  aborted: ({ why }) => `the opening failed: ${reason(why)}`,
  closed: () => 'closed, nothing is left to do',
  halted: () => 'halted because of a bug in this program; the coins are still watched',
  settling: ({ why }) => `going to the chain: ${reason(why)}`,
  refused: ({ command, why }) => `${command} not done: ${reason(why)}`,
  tariff: ({ tariff }) =>
    `tariff of slot ${tariff.slot}: ${price(tariff.msatPerWh)}, ${tariff.units} units of ${energy(tariff.unitEnergyWh)}`,
  offer: ({ offer }) =>
    `the ${offer.seller} offers ${offer.units} units of ${energy(offer.unitEnergyWh)}, at least ${price(offer.minMsatPerWh)}`,
  unitOrdered: ({ delivery }) =>
    `unit ${delivery.unit} ordered: ${energy(delivery.energyWh)} of the ${delivery.seller} for ${msats(delivery.paymentMsat)}, by block ${delivery.deadline}`,
  unitAttested: ({ unit }) => `unit ${unit} was delivered, says the utility`,
  unitRefused: ({ unit }) => `unit ${unit} was not delivered, says the utility`,
  unitSettled: ({ delivery, gridFeeMsat }) =>
    `unit ${delivery.unit} paid: ${msats(delivery.paymentMsat)}, grid fee ${msats(gridFeeMsat)}`,
  unitForfeited: ({ delivery }) =>
    `unit ${delivery.unit} forfeited: payment ${msats(delivery.paymentMsat)} and bond ${msats(delivery.bondMsat)} go to the utility`,
  unitReleased: ({ delivery }) => `unit ${delivery.unit} may be cancelled, says the seller`,
  unitCancelled: ({ delivery }) => `unit ${delivery.unit} cancelled: both get back what they put into it`,
  closeRequested: ({ exposureMsat }) =>
    `the utility asks for a close: ${msats(exposureMsat)} in this channel are its own`,
  arbitrationOpened: ({ n, until }) =>
    `a dispute over state ${n}: the other side may answer until block ${until}`,
  arbitrationRefused: ({ n, reason: why }) => `the utility refuses to decide on state ${n}: ${why}`,
  arbitrationGivenUp: ({ height }) => `no answer of the utility by block ${height}: going to the chain alone`,
  verdict: ({ n, claimant, feeSat, txid }) =>
    `the utility decided for state ${n}, as the ${claimant} asked: transaction ${shortId(txid)}, fee ${sats(feeSat)}`,
  breach: ({ n, broadcaster }) => `BREACH: ${broadcaster ?? 'somebody'} published the revoked state ${n}`,
  preimageRevealed: ({ unit }) => `the utility revealed the secret of unit ${unit}`,
  fundingUnconfirmed: () => 'the funding transaction never came; the coins are free again',
  fundingConfirmed: ({ height }) => `the funding transaction is in block ${height}`,
  fundingReorganised: () => 'a reorganisation took the funding transaction back',
  fundingSpent: ({ kind, txid, height }) =>
    `ended by transaction ${shortId(txid)} in block ${height} (${kind})`,
  fundingSpendReorganised: ({ txid }) => `a reorganisation took transaction ${shortId(txid)} back`,
  preimageSeen: ({ lock }) => `the secret of lock ${shortId(lock)} is on the chain`,
  outputSpent: ({ by, how, txid, height }) =>
    `an output was taken by ${by ?? 'somebody'} (${how}): transaction ${shortId(txid)} in block ${height}`,
  outputSpendReorganised: ({ txid }) => `a reorganisation took transaction ${shortId(txid)} back`,
  resolved: ({ kind, amounts }) =>
    `resolved (${kind}): consumer ${sats(amounts.consumerSat)}, producer ${sats(amounts.producerSat)}, utility ${sats(amounts.utilitySat)}`,
  claiming: ({ purpose, txid, feeSat }) =>
    `claiming (${purpose}): transaction ${shortId(txid)}, fee ${sats(feeSat)}`,
};

/** What happened, in words. */
export function eventInWords<T extends EventType>({ type, data }: RpcEvent & { readonly type: T }): string {
  const describe = WORDS[type] as Describe<EventType>;
  return describe(data as never);
}

/** A code of the protocol and its values: `balanceTooLow (trader consumer, balanceMsat 12)`. */
export function reason({
  code,
  values,
}: {
  readonly code: string;
  readonly values: Readonly<Record<string, string>>;
}): string {
  const all = Object.entries(values).map(([name, value]) => `${name} ${value}`);
  return all.length === 0 ? code : `${code} (${all.join(', ')})`;
}
