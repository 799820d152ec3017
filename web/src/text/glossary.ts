import type { Section } from './sections.ts';

interface TermText {
  readonly text: string;
  readonly section: Section;
}

/** Words of GLOSSARY.md that a newcomer meets in this page, in plain words. */
export const TERMS = {
  unit: {
    text: 'A fixed amount of energy with a number of its own: what is ordered, delivered and paid for.',
    section: '1-purpose',
  },
  slot: { text: 'The time for which one price holds, for example half an hour.', section: '1-purpose' },
  tariff: {
    text: 'The utility’s signed price for a slot, with a lock for each unit that it may attest.',
    section: 'tick-how-one-unit-goes',
  },
  offer: {
    text: 'The seller’s signed word that it sells: how many units, at what least price, until when.',
    section: 'tick-how-one-unit-goes',
  },
  meter: {
    text: 'A device that signs what it counts. The utility believes its signed readings, nobody’s word.',
    section: 'tick-how-one-unit-goes',
  },
  'meter ledger': {
    text: 'What the utility knows of one meter, over all channels: so no watt-hour is attested twice.',
    section: 'tick-how-one-unit-goes',
  },
  attestation: {
    text: 'The utility’s signed statement that a unit was delivered. With it comes the secret that unlocks the payment.',
    section: 'tick-how-one-unit-goes',
  },
  refusal: {
    text: 'The utility’s signed statement that a unit was not delivered by its deadline.',
    section: 'non-delivery-three-routes',
  },
  'grid fee': {
    text: 'What the utility gets of each payment, for its wires.',
    section: '2-channel-parameters',
  },
  bond: {
    text: 'What the seller locks behind a unit. It comes back with the payment, or goes to the utility if nothing is delivered.',
    section: '1-purpose',
  },
  payment: { text: 'What the buyer locks for a unit.', section: '1-purpose' },
  deadline: {
    text: 'The block from which a unit that was not attested is refused.',
    section: 'deadlines-who-acts-at-which-height',
  },
  expiry: {
    text: 'The block after which the utility can take an undelivered unit alone.',
    section: 'deadlines-who-acts-at-which-height',
  },
  forfeit: {
    text: 'Payment and bond of a unit that was not delivered go to the utility, which supplies instead.',
    section: 'non-delivery-three-routes',
  },
  capacity: {
    text: 'What the three have put in together. Balances and units in flight always sum to it.',
    section: '1-purpose',
  },
  exposure: {
    text: 'The utility’s balance in a channel. The two traders together could take it.',
    section: '10-who-can-take-what',
  },
  commitment: {
    text: 'A signed transaction that pays out a state of the channel. Each trader keeps one, and publishes it only to leave alone.',
    section: 'commitment',
  },
  revoked: {
    text: 'Given up: the secret of this commitment was handed to the other side, who can punish its publication.',
    section: '7-rounds',
  },
  breach: { text: 'An old, revoked commitment is published: a cheat.', section: 'breach' },
  justice: {
    text: 'The victim’s answer to a breach: it takes all that the cheat had in the old commitment.',
    section: 'breach',
  },
  claim: { text: 'A transaction that takes outputs of a confirmed commitment.', section: 'claims' },
  penalty: {
    text: 'A settlement that the utility signs with one trader: what was not attested is forfeited.',
    section: 'penalty',
  },
  arbitration: {
    text: 'A trader asks the utility to decide how the channel ends. The rules are fixed; anyone with the evidence can check them.',
    section: 'arbitration',
  },
  'contest window': {
    text: 'The blocks in which the other trader may prove a newer state.',
    section: 'arbitration',
  },
  verdict: { text: 'The utility’s signed decision of a dispute.', section: 'arbitration' },
  evidence: {
    text: 'What a verdict rests on: state proofs, meter readings, statements. As a file it is judged again by anyone.',
    section: 'arbitration',
  },
  finding: {
    text: 'Something that the evidence shows somebody did wrong.',
    section: 'arbitration',
  },
  watchtower: {
    text: 'Answers a breach for a trader that is offline. It holds sealed signatures, never a key.',
    section: 'watchtower',
  },
  blob: {
    text: 'What a watchtower keeps of one old commitment, sealed: it opens only when that commitment is published.',
    section: 'watchtower',
  },
  'static channel backup': {
    text: 'What finds a channel again when everything but the phrase is lost, and claims from it. It never grows old.',
    section: 'when-data-is-lost',
  },
  'data lost': {
    text: 'Another party holds a newer state than this node. It publishes nothing, and takes its part from what the other publishes.',
    section: 'when-data-is-lost',
  },
} as const satisfies Readonly<Record<string, TermText>>;

/** A word that is explained. */
export type TermName = keyof typeof TERMS;
