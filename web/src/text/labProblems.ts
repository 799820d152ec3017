import type { LabErrorName } from '../../../lab/errors.ts';
import type { ErrorName } from '../../../src/rpc/errors.ts';
import type { Problem } from './problem.ts';

type Data = Readonly<Record<string, unknown>>;

const of = ({ role }: Data) => (typeof role === 'string' ? `The ${role}` : 'This party');
const why = ({ reason }: Data) => (typeof reason === 'string' && reason !== '' ? `: ${reason}` : '');

/** The errors that only the laboratory has; a new one is a type error here. */
export const LAB_PROBLEMS: Readonly<Record<Exclude<LabErrorName, ErrorName>, (data: Data) => Problem>> = {
  partyOff: (data) => ({ what: `${of(data)} is switched off.`, wayOut: 'Switch it on first.' }),
  partyOn: (data) => ({ what: `${of(data)} runs already.`, wayOut: 'Nothing is to be done.' }),
  busy: (data) => ({
    what: `${of(data)} is being started or stopped.`,
    wayOut: 'Wait a moment, then try again.',
  }),
  partyFailed: (data) => ({
    what: `${of(data)} did not start${why(data)}.`,
    wayOut: 'Its data is as it was. Switch it on again.',
  }),
  noKeptCommitment: (data) => ({
    what: `The commitment of state ${String(data.n)} was not kept.`,
    wayOut: 'Choose one of the list: the first 5 and the newest 200 are kept.',
  }),
  commitmentRefused: (data) => ({
    what: `The Bitcoin node refused the old commitment${why(data)}.`,
    wayOut: 'The funding output may be spent already. Open a channel anew to try again.',
  }),
  badPhrase: (data) => ({
    what: `These words are no seed${why(data)}.`,
    wayOut: 'Check each word and their order.',
  }),
  tooDeep: ({ most }) => ({
    what: 'The chain is not long enough for that.',
    wayOut: `Choose at most ${String(most)} blocks.`,
  }),
  cannotFund: (data) => ({
    what: `The faucet cannot pay this${why(data)}.`,
    wayOut: 'Choose a smaller amount, or mine blocks first: each one brings the faucet coins.',
  }),
};
