import type { CauseTable } from './explanation.ts';
import { shortId } from './voice.ts';
import { entryOf, SPEND_KINDS } from './words.ts';

const COMES = 'Nothing is to be done: the coins come to the wallet after the delays of the channel.';

/** Why a channel goes to the chain (protocol sections 8 and 9). */
export const LIFE_CAUSES = {
  closed: () => ({
    what: 'Both traders signed the close.',
    wayOut: 'Nothing is to be done: it pays out with its first confirmation.',
    section: 'close-1',
  }),
  requested: () => ({
    what: 'This node was asked to leave alone, with its newest commitment.',
    wayOut: COMES,
    section: 'close-1',
  }),
  spent: ({ spend = '', txid = '' }) => ({
    what: `The funding output was spent by ${entryOf(SPEND_KINDS, spend)?.name ?? 'a transaction'} (${shortId(txid)}).`,
    wayOut: 'This node claims what is its own by itself.',
    section: '12-watching-the-chain',
  }),
  deliveryUnpaid: ({ id = '' }) => ({
    what: `Delivery ${id} was attested and not paid by its deadline, so its seller takes it on the chain.`,
    wayOut: COMES,
    section: 'deadlines-who-acts-at-which-height',
  }),
  deliveryUnanswered: ({ id = '' }) => ({
    what: `Nobody answered for delivery ${id} after its deadline, so its buyer leaves with the newest state.`,
    wayOut: COMES,
    section: 'deadlines-who-acts-at-which-height',
  }),
  orderUnconfirmed: ({ id = '' }) => ({
    what: `The buyer ordered delivery ${id} and never gave up the state before, so the seller settles it on the chain.`,
    wayOut: COMES,
    section: 'deadlines-who-acts-at-which-height',
  }),
  settlementHeightNear: ({ height = '' }) => ({
    what: `Block ${height} is near the channel’s settlement height, by which every channel is left.`,
    wayOut: `${COMES} Open a new channel to go on trading.`,
    section: 'deadlines-who-acts-at-which-height',
  }),
  closeUnanswered: () => ({
    what: 'The other side did not answer the close, so this node leaves alone.',
    wayOut: COMES,
    section: 'close-1',
  }),
  arbitrationRequested: () => ({
    what: 'The utility was asked to decide how the channel ends.',
    wayOut: 'It decides after the contest window. If it does not, this node leaves alone.',
    section: 'arbitration',
  }),
  verdict: ({ n = '' }) => ({
    what: `The utility decided the dispute, by state ${n}.`,
    wayOut: 'Nothing is to be done: its transaction pays out.',
    section: 'arbitration',
  }),
  peerFailed: ({ message = '' }) => ({
    what: `The other side ended the channel${message === '' ? '' : ` and said “${message}”`}.`,
    wayOut: COMES,
    section: 'close-1',
  }),
  dataLost: () => ({
    what: 'Another party showed a newer state than this node has: its data is old or gone.',
    wayOut:
      'This node publishes nothing, since that could be a breach. The other side closes, and the coins come from there.',
    section: 'when-data-is-lost',
  }),
} as const satisfies CauseTable;
