import { sats, shortId } from '../voice.ts';
import { entryOf, SPEND_KINDS, WAYS } from '../words.ts';
import type { EventTable } from './table.ts';

/** What the chain does with a channel’s outputs (protocol section 12). */
export const CHAIN_EVENTS: EventTable<
  | 'fundingSpent'
  | 'fundingSpendReorganised'
  | 'preimageSeen'
  | 'outputSpent'
  | 'outputSpendReorganised'
  | 'claiming'
> = {
  fundingSpent: ({ kind, txid, height }) => {
    const known = entryOf(SPEND_KINDS, kind) ?? SPEND_KINDS.unknown;
    return {
      what: `Block ${height}: the funding output was spent by ${known.name} (${shortId(txid)}).`,
      why: known.why,
      section: known.section,
      tone: known.tone,
    };
  },
  fundingSpendReorganised: ({ txid }) => ({
    what: `A reorganisation took back the transaction that ended the channel (${shortId(txid)}).`,
    why: 'What this node sent is sent again with each block. A trader that had sent nothing publishes its own newest commitment, so that nobody depends on another.',
    section: '12-watching-the-chain',
    tone: 'warn',
  }),
  preimageSeen: ({ lock }) => ({
    what: `The secret of the lock ${shortId(lock)} was read from the chain.`,
    why: 'A seller has to show it to take a delivery on the chain. From here on everybody knows it.',
    section: '12-watching-the-chain',
    tone: 'info',
  }),
  outputSpent: ({ outpoint, by, how, txid, height }, voice) => {
    const way = entryOf(WAYS, how) ?? WAYS.unknown;
    const who = by === null ? 'somebody' : voice.the(by);
    return {
      what: `Block ${height}: ${who} took output ${outpoint.vout} ${way.name} (${shortId(txid)}).`,
      why: way.why,
      section: way.section,
      tone: how === 'revocation' ? 'bad' : 'info',
    };
  },
  outputSpendReorganised: ({ outpoint }) => ({
    what: `A reorganisation took back the spend of output ${outpoint.vout}.`,
    why: 'It counts as unspent again, and what this node may take of it is claimed again.',
    section: '12-watching-the-chain',
    tone: 'warn',
  }),
  claiming: ({ purpose, txid, feeSat }, voice) => {
    const justice = purpose.startsWith('justice');
    return {
      what: `${voice.The(voice.role)} sent a claim of ${claimed(purpose)} for a fee of ${sats(feeSat)} (${shortId(txid)}).`,
      why: justice
        ? 'The other side published an old state. Its secret opens these outputs to the victim, and the fee rises as the cheat’s delay runs out.'
        : 'The output can be spent in the next block. The claim is sent again with each block until it confirms.',
      section: justice ? 'breach' : 'claims',
      tone: justice ? 'bad' : 'info',
    };
  },
};

const OUTPUTS: readonly (readonly [RegExp, string])[] = [
  [/^justice: /, ''],
  [/to_broadcaster/g, 'the publisher’s balance'],
  [/to_counterparty/g, 'the other trader’s balance'],
  [/to_utility/g, 'the utility’s balance'],
  [/delivery of unit (\d+)(?: \([0-9a-f]+\))?/g, 'unit $1'],
  [/ by preimage/g, ' with its secret'],
  [/ by expiry/g, ' after its expiry'],
];

function claimed(purpose: string): string {
  return OUTPUTS.reduce((text, [pattern, word]) => text.replace(pattern, word), purpose);
}
