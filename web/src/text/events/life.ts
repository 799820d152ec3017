import { explainCause } from '../causes.ts';
import { msats, sats } from '../voice.ts';
import { entryOf, SPEND_KINDS } from '../words.ts';
import type { EventTable } from './table.ts';

/** How a channel begins and ends (protocol sections 8 and 12). */
export const LIFE_EVENTS: EventTable<
  | 'opened'
  | 'aborted'
  | 'closed'
  | 'halted'
  | 'settling'
  | 'refused'
  | 'closeRequested'
  | 'fundingUnconfirmed'
  | 'fundingConfirmed'
  | 'fundingReorganised'
  | 'resolved'
> = {
  opened: () => ({
    what: 'The channel is open.',
    why: 'All three see the funding transaction deep enough in the chain and have said so. From here on units are traded without the chain.',
    section: 'open',
    tone: 'good',
  }),
  aborted: ({ why }) => {
    const { what, wayOut, section } = explainCause(why);
    return { what: `The channel was not opened. ${what}`, why: wayOut, section, tone: 'warn' };
  },
  closed: (_, voice) => ({
    what: 'The channel is over.',
    why: `What ended it, and every output that concerns ${voice.me()}, is buried so deep that no reorganisation is expected to undo it.`,
    section: '12-watching-the-chain',
    tone: 'info',
  }),
  halted: () => ({
    what: 'This node has halted the channel, over a mistake of its own.',
    why: 'It does nothing more with it than watch the chain and defend its coins, so that a mistake costs nothing. Keep the store and the log.',
    section: '14-properties',
    tone: 'bad',
  }),
  settling: ({ why }) => {
    const { what, wayOut, section } = explainCause(why);
    const tone = why.code === 'closed' || why.code === 'requested' ? 'info' : 'warn';
    return { what: `The channel goes to the chain. ${what}`, why: wayOut, section, tone };
  },
  refused: ({ command, why }) => {
    const { what, wayOut, section } = explainCause(why);
    const wish = command === 'transfer' ? 'The payment in the channel' : 'Giving the unit up';
    return { what: `${wish} was not done. ${what}`, why: wayOut, section, tone: 'warn' };
  },
  closeRequested: ({ exposureMsat }, voice) => ({
    what: `${voice.The('utility')} asked for a close: ${msats(exposureMsat)} of the channel are the utility’s.`,
    why: 'Its balance is in the hands of the two traders, who could take it together. Above its limit it wants its coins on the chain.',
    section: '10-who-can-take-what',
    tone: 'warn',
  }),
  fundingUnconfirmed: (_, voice) => ({
    what: 'The funding transaction is in no block, and nobody waits for it any longer.',
    why: `The coins that ${voice.me()} had set aside for it are free again. Spending them is what takes the signature back.`,
    section: 'open',
    tone: 'warn',
  }),
  fundingConfirmed: ({ height }) => ({
    what: `The funding transaction is in block ${height}.`,
    why: 'The coins of the three are now in one output that no one can spend alone. The channel opens when enough blocks are on top.',
    section: 'funding',
    tone: 'good',
  }),
  fundingReorganised: () => ({
    what: 'A reorganisation took the funding transaction out of the chain.',
    why: 'It is sent again with each block until it is in one. What was agreed off the chain stays valid, because the transaction keeps its id.',
    section: '12-watching-the-chain',
    tone: 'warn',
  }),
  resolved: ({ kind, amounts, height }, voice) => {
    const own = amounts[`${voice.role}Sat`];
    const name = entryOf(SPEND_KINDS, kind)?.name ?? 'what spent it';
    return {
      what: `Nothing of the channel is left to take at block ${height}: ${voice.me()} got ${sats(own)} from it.`,
      why: `It ended by ${name}. ${untaken(amounts)}`,
      section: '12-watching-the-chain',
      tone: 'good',
    };
  },
};

function untaken({
  untakenSat,
  elsewhereSat,
}: {
  readonly untakenSat: string;
  readonly elsewhereSat: string;
}) {
  const said = [
    ...(untakenSat === '0' ? [] : [`${sats(untakenSat)} are not worth the fee of taking them.`]),
    ...(elsewhereSat === '0' ? [] : [`${sats(elsewhereSat)} went to others or to fees.`]),
  ];
  return said.length === 0 ? 'Everything was taken by who it belongs to.' : said.join(' ');
}
