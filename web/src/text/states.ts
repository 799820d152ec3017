import type { CHANNEL_STATES } from '../../../src/rpc/states.ts';
import type { Section } from './sections.ts';

export type ChannelState = (typeof CHANNEL_STATES)[number];

export interface StateText {
  /** Two or three words. */
  readonly name: string;
  /** A sentence for a newcomer. */
  readonly what: string;
  readonly section: Section;
  readonly tone: 'info' | 'good' | 'warn';
}

/** Every state of a channel, in plain words. */
export const STATE_TEXTS: Readonly<Record<ChannelState, StateText>> = {
  fresh: {
    name: 'new',
    what: 'The channel is a number in the store and nothing more.',
    section: 'open',
    tone: 'info',
  },
  reviewing: {
    name: 'asked',
    what: 'Somebody proposed a channel, and this node looks at its terms.',
    section: 'open',
    tone: 'info',
  },
  awaitingAcceptance: {
    name: 'proposed',
    what: 'The consumer proposed the channel and waits for the answers of producer and utility.',
    section: 'open',
    tone: 'info',
  },
  awaitingAgreement: {
    name: 'accepted',
    what: 'This node accepted and waits for the funding transaction that the three agree on.',
    section: 'open',
    tone: 'info',
  },
  checkingInputs: {
    name: 'checking coins',
    what: 'This node asks its own chain whether the others’ coins are real and unspent.',
    section: 'funding',
    tone: 'info',
  },
  awaitingFundingSigned: {
    name: 'waiting for the producer',
    what: 'The producer checks its commitment and signs its coins.',
    section: 'open',
    tone: 'info',
  },
  awaitingCosignature: {
    name: 'waiting for the utility',
    what: 'The utility signs its coins; the consumer signs last.',
    section: 'open',
    tone: 'info',
  },
  signingFunding: {
    name: 'signing',
    what: 'This node’s wallet signs its coins.',
    section: 'open',
    tone: 'info',
  },
  awaitingFunding: {
    name: 'waiting for the chain',
    what: 'The funding transaction is out. The channel opens when it is deep enough in the chain.',
    section: 'open',
    tone: 'info',
  },
  open: {
    name: 'open',
    what: 'Units are bought and sold, one round for each, without the chain.',
    section: 'tick-how-one-unit-goes',
    tone: 'good',
  },
  attesting: {
    name: 'open',
    what: 'The utility publishes tariffs, reads the meters and attests what was delivered.',
    section: 'tick-how-one-unit-goes',
    tone: 'good',
  },
  shuttingDown: {
    name: 'closing',
    what: 'No more units are ordered; what is in flight comes to its end.',
    section: 'close-1',
    tone: 'info',
  },
  negotiatingClose: {
    name: 'signing the close',
    what: 'Nothing is in flight: the closer names a fee, and both sign.',
    section: 'close-1',
    tone: 'info',
  },
  settling: {
    name: 'on the chain',
    what: 'A transaction that ends the channel is on its way or confirmed; each party takes its outputs.',
    section: '12-watching-the-chain',
    tone: 'warn',
  },
  closed: {
    name: 'closed',
    what: 'Everything is paid out and buried deep enough. Nothing is left to watch.',
    section: '12-watching-the-chain',
    tone: 'info',
  },
  aborted: {
    name: 'not opened',
    what: 'The opening failed before anything was signed away. The coins are free.',
    section: 'open',
    tone: 'info',
  },
};

/** The state of a channel; `halted` comes before it. */
export function stateText(state: ChannelState): StateText {
  return STATE_TEXTS[state];
}
