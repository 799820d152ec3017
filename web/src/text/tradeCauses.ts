import { priceText } from './amounts.ts';
import type { CauseTable } from './explanation.ts';
import { reasonText } from './reasons.ts';
import { blocks, msats, sats } from './voice.ts';

const WAIT = 'Nothing was changed. It is tried again with the next tariff, offer or block.';
const BUG = 'Nothing was changed. If it happens again, it is a fault of one of the programs.';

/** Why an update of a state is refused (protocol section 6), and what is wrong with tariffs, offers and words on units. */
export const TRADE_CAUSES = {
  emptyProposal: () => ({
    what: 'There was nothing to agree on.',
    wayOut: BUG,
    section: '6-state-and-updates',
  }),
  wrongProposer: ({ proposer = 'trader', update = 'this' }) => ({
    what: `The ${proposer} may not propose it: “${update}” is the other side’s to ask for.`,
    wayOut: 'Ask at the other party’s wallet.',
    section: '6-state-and-updates',
  }),
  otherChannel: () => ({
    what: 'Offer and tariff are of different channels.',
    wayOut: BUG,
    section: '6-state-and-updates',
  }),
  offerExpired: () => ({
    what: 'The offer has run out.',
    wayOut: 'The seller makes a new one.',
    section: '6-state-and-updates',
  }),
  tariffNotLive: ({ slot = '' }) => ({
    what: `The tariff of slot ${slot} does not hold at this time.`,
    wayOut: 'The utility publishes a tariff for this slot first.',
    section: '6-state-and-updates',
  }),
  soldOut: ({ units = '' }) => ({
    what: `All ${units} units of the offer are sold.`,
    wayOut: 'The seller makes a new offer.',
    section: '6-state-and-updates',
  }),
  otherUnitEnergy: ({ offeredWh = '', tariffWh = '' }) => ({
    what: `The offer has units of ${offeredWh} Wh, the tariff units of ${tariffWh} Wh.`,
    wayOut: 'The seller offers units of the size that the tariff has.',
    section: '6-state-and-updates',
  }),
  priceTooLow: ({ msatPerWh = '', minMsatPerWh = '' }) => ({
    what: `The tariff pays ${priceText(msatPerWh)}; the seller asks for at least ${priceText(minMsatPerWh)}.`,
    wayOut: 'Wait for a slot with a higher price, or offer for less.',
    section: '6-state-and-updates',
  }),
  noOffer: () => ({
    what: 'There is no offer that this order could take up.',
    wayOut: 'The seller makes an offer first.',
    section: '6-state-and-updates',
  }),
  offerReplaced: () => ({
    what: 'The offer was replaced by a later one and has run out.',
    wayOut: WAIT,
    section: 'reestablish',
  }),
  noTariff: ({ unit = '' }) => ({
    what: `No tariff that holds now has a lock for unit ${unit}.`,
    wayOut: 'The utility publishes a tariff first.',
    section: '6-state-and-updates',
  }),
  wrongId: () => ({
    what: 'The delivery has the wrong number.',
    wayOut: BUG,
    section: '6-state-and-updates',
  }),
  unitNotIncreasing: ({ unit = '', lowest = '' }) => ({
    what: `Unit ${unit} was passed already: ${lowest} is the next that can be ordered.`,
    wayOut: 'Units are only ever counted upwards, so that no lock is used twice.',
    section: '6-state-and-updates',
  }),
  lockReused: () => ({
    what: 'A delivery in flight has the same lock.',
    wayOut: BUG,
    section: '6-state-and-updates',
  }),
  wrongTerms: ({ field = 'a value', value = '', expected = '' }) => ({
    what: `The order has ${field} ${value} where tariff and parameters make it ${expected}.`,
    wayOut: BUG,
    section: '6-state-and-updates',
  }),
  tooManyInFlight: ({ limit = '' }) => ({
    what: `As many units are in flight as this channel allows (${limit}).`,
    wayOut: 'Wait until one is settled.',
    section: '6-state-and-updates',
  }),
  belowDust: ({ valueMsat = '0', dustLimitSat = '0' }) => ({
    what: `Payment and bond of ${msats(valueMsat)} are less than ${sats(dustLimitSat)}: too little to be enforced on the chain.`,
    wayOut: 'Use larger units or a higher bond.',
    section: '6-state-and-updates',
  }),
  deadlineTooSoon: () => ({
    what: 'The order came so late that its deadline is too near.',
    wayOut: WAIT,
    section: 'deadlines-who-acts-at-which-height',
  }),
  deadlineTooFar: () => ({
    what: 'The order’s deadline is further away than this node’s height allows.',
    wayOut: WAIT,
    section: 'deadlines-who-acts-at-which-height',
  }),
  expiryPastSettlement: ({ expiry = '', latest = '' }) => ({
    what: `The unit would run to block ${expiry}, but the channel has to be settled: ${latest} is the latest.`,
    wayOut: 'This channel is too near its end for more units. Close it and open a new one.',
    section: 'deadlines-who-acts-at-which-height',
  }),
  balanceTooLow: ({ trader = 'trader', balanceMsat = '0', neededMsat = '0', reserveMsat = '0' }) => ({
    what: `The ${trader} has ${msats(balanceMsat)} in the channel; ${msats(neededMsat)} are needed and ${msats(reserveMsat)} always stay.`,
    wayOut: 'Buy or transfer less, or open a channel with more in it.',
    section: '6-state-and-updates',
  }),
  unknownDelivery: () => ({
    what: 'This delivery is not in flight any more.',
    wayOut: 'Look at the units: it has ended already.',
    section: '6-state-and-updates',
  }),
  wrongPreimage: () => ({
    what: 'The secret does not fit the unit’s lock.',
    wayOut: BUG,
    section: '6-state-and-updates',
  }),
  preimageMissing: () => ({
    what: 'A seller can settle only with the unit’s secret.',
    wayOut: 'Wait for the utility’s attestation.',
    section: '6-state-and-updates',
  }),
  forfeitTooEarly: ({ deadline = '' }) => ({
    what: `The unit cannot be forfeited before block ${deadline}.`,
    wayOut: 'Wait for its deadline.',
    section: 'non-delivery-three-routes',
  }),
  forfeitOfDelivered: () => ({
    what: 'The unit was attested, so it cannot be forfeited.',
    wayOut: 'It is paid with the next round.',
    section: 'non-delivery-three-routes',
  }),
  notReleased: () => ({
    what: 'The seller has not let this unit go.',
    wayOut: 'Ask the seller to cancel it first, then cancel it here.',
    section: '6-state-and-updates',
  }),
  amountNotPositive: () => ({
    what: 'The amount is nothing.',
    wayOut: 'Say more than 0.',
    section: '6-state-and-updates',
  }),
  badTariff: ({ reason = '' }) => ({
    what: `The tariff is not taken: ${reasonText(reason)}.`,
    wayOut: 'Check the tariff’s times, price and units, and publish it again.',
    section: 'tick-how-one-unit-goes',
  }),
  tariffOverlaps: ({ firstUnit = '', lowest = '' }) => ({
    what: `The tariff begins with unit ${firstUnit}, which an earlier one has; ${lowest} is the first free one.`,
    wayOut: 'Publish it again: units are numbered anew.',
    section: 'tick-how-one-unit-goes',
  }),
  badOffer: ({ reason = '' }) => ({
    what: `The offer is not taken: ${reasonText(reason)}.`,
    wayOut: 'The seller makes it again.',
    section: 'tick-how-one-unit-goes',
  }),
  badReading: ({ reason = '' }) => ({
    what: `The utility does not take this meter reading: ${reasonText(reason)}.`,
    wayOut:
      'A reading goes forwards in number, time and both registers, at no more than the meter’s certified power.',
    section: 'tick-how-one-unit-goes',
  }),
  badStatement: ({ unit = '', reason = '' }) => ({
    what: `The utility’s word on unit ${unit} does not hold: ${reasonText(reason)}.`,
    wayOut: 'It changes nothing. Keep it: it is evidence.',
    section: 'tick-how-one-unit-goes',
  }),
  badStateProof: ({ reason = '' }) => ({
    what: `A state proof does not hold: ${reasonText(reason)}.`,
    wayOut: 'It changes nothing. A proof that holds is shown with the next round.',
    section: 'tick-how-one-unit-goes',
  }),
  oldCopy: ({ unit = '' }) => ({
    what: `A trader proved unit ${unit}, of a tariff that the utility published and does not know: its database is an old copy.`,
    wayOut: 'Start the utility from its newest database, or restore it from its backup.',
    section: 'when-data-is-lost',
  }),
  unknownUnit: ({ unit = '' }) => ({
    what: `There is no unit ${unit} here.`,
    wayOut: 'Nothing was changed.',
    section: 'tick-how-one-unit-goes',
  }),
  neverAccepted: ({ limit = '' }) => ({
    what: `The other side came back ${limit} times without accepting what was proposed.`,
    wayOut: `The channel goes to the chain, and the coins come back after their delays (${blocks(1)} or more).`,
    section: 'reestablish',
  }),
} as const satisfies CauseTable;
