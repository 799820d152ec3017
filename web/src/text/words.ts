import type { FindingCode } from '../../../src/dispute/evidence.ts';
import type { FundingSpend } from '../../../src/penalty/identify.ts';
import type { Way } from '../../../src/penalty/witness.ts';
import type { Section } from './sections.ts';

interface Kind {
  /** After “the funding output was spent by …”. */
  readonly name: string;
  readonly why: string;
  readonly section: Section;
  readonly tone: 'info' | 'good' | 'warn' | 'bad';
}

/** What can spend the funding output. */
export const SPEND_KINDS = {
  close: {
    name: 'the close that both traders signed',
    why: 'It pays each balance at once, without any delay.',
    section: 'close',
    tone: 'good',
  },
  arbitrated: {
    name: 'the settlement that the utility signed with a trader',
    why: 'It pays as the verdict says: attested units to their sellers, forfeited ones to the utility, every balance to its owner.',
    section: 'penalty',
    tone: 'warn',
  },
  ownCommitment: {
    name: 'this node’s own newest commitment',
    why: 'A channel can be left alone at any time with it. Its own part waits for a delay, so that the other side could answer if it were an old one.',
    section: 'commitment',
    tone: 'info',
  },
  peerLatest: {
    name: 'the other trader’s newest commitment',
    why: 'The other side left the channel with the state that holds. This node’s part can be taken one block later.',
    section: 'commitment',
    tone: 'info',
  },
  peerNext: {
    name: 'the other trader’s commitment to the state that was being agreed on',
    why: 'It was signed already, so it is as good as the newest one.',
    section: '7-rounds',
    tone: 'info',
  },
  proved: {
    name: 'a trader’s commitment that was proved to the utility',
    why: 'The utility knows every output of it from the state proofs, and claims what is its own.',
    section: '12-watching-the-chain',
    tone: 'info',
  },
  revoked: {
    name: 'an old commitment that had been given up',
    why: 'Its secret is out, so whoever was cheated can take its outputs.',
    section: 'breach',
    tone: 'bad',
  },
  unknown: {
    name: 'a transaction that this node cannot rebuild',
    why: 'It is newer than what this node knows, or none of its own. The outputs to its fixed keys are claimed all the same.',
    section: 'when-data-is-lost',
    tone: 'warn',
  },
} as const satisfies Readonly<Record<FundingSpend['kind'], Kind>>;

/** Ways to take an output of a commitment: how, after “took it …”, and why it was possible. */
export const WAYS = {
  revocation: {
    name: 'by the revocation key',
    why: 'The commitment had been given up, and its secret was shown: that makes the key with which the victim takes the cheat’s part.',
    section: 'breach',
  },
  delayed: {
    name: 'after its delay',
    why: 'Whoever leaves alone waits, so that an old commitment can be answered.',
    section: '4-scripts',
  },
  payment: {
    name: 'by its own key',
    why: 'It is a balance that the commitment pays to this party.',
    section: '4-scripts',
  },
  preimage: {
    name: 'with the secret of the unit',
    why: 'The utility revealed it when the meter showed the delivery. Nobody can take the payment without it.',
    section: '4-scripts',
  },
  expiry: {
    name: 'after the unit expired',
    why: 'No secret was shown until the expiry, so payment and bond are the utility’s.',
    section: 'non-delivery-three-routes',
  },
  anchor: {
    name: 'as the anchor',
    why: 'The anchor is there to be spent by a child that pays a higher fee for the commitment.',
    section: 'anchor-child',
  },
  payout: {
    name: 'as a coin of its wallet',
    why: 'The channel had paid it out to that wallet, which has now spent it.',
    section: 'close',
  },
  unknown: {
    name: 'in a way that this node does not know',
    why: 'Its witness is none of the channel’s scripts.',
    section: '12-watching-the-chain',
  },
} as const satisfies Readonly<
  Record<Way, { readonly name: string; readonly why: string; readonly section: Section }>
>;

/** What evidence shows that someone did wrong. */
export const FINDINGS = {
  staleState: 'claimed on an old state: a newer one was proved',
  forgedProof: 'showed a state proof that does not hold',
  deliveryAttested: 'claimed against a unit that it bought and that was attested',
  feeTooHigh: 'asked for a fee that the reserve and the forfeited coins cannot pay',
  forgedReading: 'its meter’s reading is not signed by that meter',
  replayedReading: 'its meter’s reading has a number that was shown before',
  readingBackwards: 'its meter’s reading runs backwards',
  readingAboveCapacity: 'its meter exported more than it can',
  forgedStatement: 'showed a statement that the utility did not sign',
  statementAgainstReadings: 'said something of a unit that the readings do not bear out',
  contradictoryStatements: 'said both that a unit was delivered and that it was not',
  refusalContradicted: 'refused a unit although a reading in time shows its energy',
  attestedTwice: 'counted the same energy for two units',
} as const satisfies Readonly<Record<FindingCode, string>>;

/** How a verdict ends a delivery. */
export const OUTCOMES = {
  delivered: 'delivered: it pays its seller',
  notDelivered: 'not delivered: payment and bond go to the utility',
} as const;

/** The entry of a word, or undefined for one that this page does not know. */
export function entryOf<T>(table: Readonly<Record<string, T>>, word: string): T | undefined {
  return Object.hasOwn(table, word) ? table[word] : undefined;
}
