import type { CauseTable, Values } from './explanation.ts';
import { reasonText } from './reasons.ts';
import { sats } from './voice.ts';

const AGAIN = 'The coins are free again. Open the channel anew.';
const OTHER_SIDE = 'The coins are free again. The other side’s program is at fault: open with another party.';
const owner = ({ owner: whose = 'other', from = whose }: Values) => from;

/** Why an opening comes to nothing (protocol sections 2, 5 and 8). */
export const OPENING_CAUSES = {
  badParameter: ({ name = '', value = '', allowed = '' }) => ({
    what: `The parameter ${name} may not be ${value}. Allowed: ${allowed}.`,
    wayOut: 'Choose a value that is allowed, and open again.',
    section: '2-channel-parameters',
  }),
  badPreviousTx: (values) => ({
    what: `The ${owner(values)} showed a coin without the transaction that made it.`,
    wayOut: OTHER_SIDE,
    section: 'funding',
  }),
  inputNotSegwit: (values) => ({
    what: `The ${owner(values)} brought a coin of a kind that could change the funding transaction’s id.`,
    wayOut: 'Only coins at bc1q… or bc1p… addresses (on regtest bcrt1…) can fund a channel.',
    section: 'funding',
  }),
  inputShared: () => ({
    what: 'Two parties brought the same coin.',
    wayOut: OTHER_SIDE,
    section: 'funding',
  }),
  tooManyInputs: (values) => ({
    what: `The ${owner(values)} brought ${values.count ?? 'too many'} coins; 20 is the most.`,
    wayOut: 'Join small coins first: pay yourself in one payment, then open.',
    section: 'funding',
  }),
  contributionShort: (values) => ({
    what: `The ${owner(values)} brought ${sats(values.broughtSat ?? '0')} where ${sats(values.neededSat ?? '0')} are needed.`,
    wayOut: 'A contribution needs a little more for fees. Put in less, or receive coins first.',
    section: 'funding',
  }),
  changeNotSegwit: (values) => ({
    what: `The ${owner(values)} wants its change at an address of an old kind.`,
    wayOut: OTHER_SIDE,
    section: 'funding',
  }),
  changeIsDust: (values) => ({
    what: `The ${owner(values)} wants change that is too small to be an output.`,
    wayOut: 'Choose a contribution that leaves no change, or more of it.',
    section: 'funding',
  }),
  inputNotConfirmed: (values) => ({
    what: `A coin of the ${owner(values)} is spent, or in no block yet.`,
    wayOut: 'Wait for the next block, then open again.',
    section: 'funding',
  }),
  inputMismatch: (values) => ({
    what: `A coin of the ${owner(values)} is not what it was said to be.`,
    wayOut: OTHER_SIDE,
    section: 'funding',
  }),
  badKey: (values) => ({
    what: `The ${owner(values)} gave a key that is none.`,
    wayOut: OTHER_SIDE,
    section: 'open',
  }),
  duplicateKey: (values) => ({
    what: `The ${owner(values)} gave a key that another key of the channel has already.`,
    wayOut: OTHER_SIDE,
    section: 'open',
  }),
  wrongNodeId: (values) => ({
    what: `Another node than the one that was asked answered as the ${owner(values)}.`,
    wayOut: 'See that the node id is the right one, then open again.',
    section: 'open',
  }),
  badVoucher: (values) => ({
    what: `The ${owner(values)}’s signature on its part does not fit: somebody changed it on the way.`,
    wayOut: OTHER_SIDE,
    section: 'open',
  }),
  badPayoutScript: (values) => ({
    what: `The ${owner(values)} wants to be paid at an address of an old kind.`,
    wayOut: OTHER_SIDE,
    section: 'open',
  }),
  fundingMismatch: () => ({
    what: 'The parties did not build the same funding transaction.',
    wayOut: OTHER_SIDE,
    section: 'open',
  }),
  wrongWitnessCount: (values) => ({
    what: `The ${owner(values)} did not sign each of its coins.`,
    wayOut: OTHER_SIDE,
    section: 'open',
  }),
  refused: ({ by = 'other party', reason = '' }) => ({
    what: `The ${by} refused the channel: ${reasonText(reason)}.`,
    wayOut: 'Ask it what it would accept. Smaller contributions or another settlement height may do.',
    section: 'open',
  }),
  meterRefused: ({ trader = 'trader', reason = '' }) => ({
    what: `The utility does not take the ${trader}’s meter: ${reasonText(reason)}.`,
    wayOut: 'A meter belongs to the node that named it first. The utility’s operator can decide otherwise.',
    section: 'open',
  }),
  connectionLost: ({ peer = 'other party' }) => ({
    what: `The connection with the ${peer} was lost before anything was signed away.`,
    wayOut: AGAIN,
    section: 'open',
  }),
  openingTooSlow: ({ blocks = '6' }) => ({
    what: `The opening took ${blocks} blocks without coming to an end.`,
    wayOut: AGAIN,
    section: 'open',
  }),
  fundingImpossible: () => ({
    what: 'The funding transaction can never confirm: one of its coins was spent otherwise.',
    wayOut: AGAIN,
    section: 'open',
  }),
} as const satisfies CauseTable;
