import type { Trader } from '../../../../src/base/role.ts';
import type { EventData } from '../../../../src/rpc/shapes/event.ts';
import { energyText, priceText } from '../amounts.ts';
import { clockText } from '../times.ts';
import { msats, other } from '../voice.ts';
import type { EventTable } from './table.ts';

type Delivery = EventData<'unitOrdered'>['delivery'];

const named = ({ unit, energyWh }: Delivery) => `Unit ${unit} (${energyText(energyWh)})`;
const buyerOf = ({ seller }: Delivery): Trader => other(seller);

/** What happens to a unit of energy (protocol sections 6, 8 and 9). */
export const UNIT_EVENTS: EventTable<
  | 'tariff'
  | 'offer'
  | 'unitOrdered'
  | 'unitAttested'
  | 'unitRefused'
  | 'unitSettled'
  | 'unitForfeited'
  | 'unitReleased'
  | 'unitCancelled'
  | 'preimageRevealed'
> = {
  tariff: ({ tariff }, voice) => ({
    what: `${voice.The('utility')} set the price of slot ${tariff.slot}: ${msats(unitPrice(tariff))} for a unit of ${energyText(tariff.unitEnergyWh)}, from ${clockText(tariff.from)} to ${clockText(tariff.until)} UTC.`,
    why: `The price follows the demand. The signed tariff has a lock for each of ${tariff.units} units; a unit is paid when the utility reveals its secret.`,
    section: 'tick-how-one-unit-goes',
    tone: 'info',
  }),
  offer: ({ offer }, voice) => ({
    what: `${voice.The(offer.seller)} ${voice.the(offer.seller) === 'you' ? 'offer' : 'offers'} up to ${offer.units} units of ${energyText(offer.unitEnergyWh)}, for at least ${priceText(offer.minMsatPerWh)}, until ${clockText(offer.until)} UTC.`,
    why: 'An order locks the seller’s bond without asking again, so it needs an offer that the seller signed.',
    section: 'tick-how-one-unit-goes',
    tone: 'info',
  }),
  unitOrdered: ({ delivery }, voice) => ({
    what: `${named(delivery)} is in flight: ${voice.the(buyerOf(delivery))} locked ${msats(delivery.paymentMsat)}, and ${voice.the(delivery.seller)} a bond of ${msats(delivery.bondMsat)}.`,
    why: `The state before is given up, so the order stands. ${voice.The(delivery.seller)} can deliver now; without energy at the meter by block ${delivery.deadline} both sums go to the utility.`,
    section: '7-rounds',
    tone: 'info',
  }),
  unitAttested: ({ unit }, voice) => ({
    what: `${voice.The('utility')} attested unit ${unit}: its energy is at the meter.`,
    why: 'A signed reading covers the unit. With the attestation the utility reveals the secret that unlocks payment and bond for the seller.',
    section: 'tick-how-one-unit-goes',
    tone: 'good',
  }),
  unitRefused: ({ unit }, voice) => ({
    what: `${voice.The('utility')} refused unit ${unit}: it was not delivered.`,
    why: 'Its deadline has come and no signed reading covers it. From here on its secret is never revealed, and the utility supplies the energy instead.',
    section: 'non-delivery-three-routes',
    tone: 'bad',
  }),
  unitSettled: ({ delivery, gridFeeMsat }, voice) => {
    const paid = BigInt(delivery.paymentMsat) - BigInt(gridFeeMsat);
    return {
      what: `${named(delivery)} is paid: ${voice.the(delivery.seller)} got ${msats(paid)} and the bond of ${msats(delivery.bondMsat)} back, ${voice.the('utility')} a grid fee of ${msats(gridFeeMsat)}.`,
      why: 'The secret is out, so both traders signed a state in which the coins have moved. Nothing of it reached the chain.',
      section: '6-state-and-updates',
      tone: 'good',
    };
  },
  unitForfeited: ({ delivery }, voice) => ({
    what: `${named(delivery)} is forfeited: ${voice.the('utility')} got the payment of ${msats(delivery.paymentMsat)} and the bond of ${msats(delivery.bondMsat)}.`,
    why: `It was not attested by block ${delivery.deadline}. The utility supplied in ${voice.its(delivery.seller)} place, so ${voice.the(buyerOf(delivery))} had the energy and ${voice.the(delivery.seller)} lost the bond.`,
    section: 'non-delivery-three-routes',
    tone: 'bad',
  }),
  unitReleased: ({ delivery }, voice) => ({
    what: `${voice.The(delivery.seller)} let unit ${delivery.unit} go: ${voice.the(buyerOf(delivery))} may take it back.`,
    why: 'Only a seller can free the buyer from an order, because the buyer could otherwise take the energy and the coins.',
    section: '6-state-and-updates',
    tone: 'info',
  }),
  unitCancelled: ({ delivery }, voice) => ({
    what: `${named(delivery)} is cancelled: ${voice.the(buyerOf(delivery))} got ${msats(delivery.paymentMsat)} back, ${voice.the(delivery.seller)} the bond of ${msats(delivery.bondMsat)}.`,
    why: 'Both agreed, so nobody loses anything.',
    section: '6-state-and-updates',
    tone: 'info',
  }),
  preimageRevealed: ({ unit }, voice) => ({
    what: `${voice.The('utility')} revealed the secret of unit ${unit}, which ${voice.me()} sold.`,
    why: 'An old state is on the chain in which this unit was still in flight. With the secret its seller takes the unit’s output from the cheat.',
    section: 'breach',
    tone: 'good',
  }),
};

function unitPrice({
  msatPerWh,
  unitEnergyWh,
}: {
  readonly msatPerWh: string;
  readonly unitEnergyWh: number;
}): bigint {
  return BigInt(msatPerWh) * BigInt(unitEnergyWh);
}
