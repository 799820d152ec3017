import { z } from 'zod';
import { ERRORS, type ErrorSpec } from '../src/rpc/errors.ts';
import { role, text } from '../src/rpc/shapes/fields.ts';
import { commitmentNumber } from './fields.ts';

/** Every error of a laboratory method, by its stable name: those of any JSON-RPC server, and its own from 2001 on. */
export const LAB_ERRORS = {
  parseError: ERRORS.parseError,
  invalidRequest: ERRORS.invalidRequest,
  methodNotFound: ERRORS.methodNotFound,
  invalidParams: ERRORS.invalidParams,
  internalError: { ...ERRORS.internalError, advice: 'see what the terminal of the demo says' },
  tooManyRequests: ERRORS.tooManyRequests,
  stopping: { ...ERRORS.stopping, message: 'the demo is stopping', advice: 'start it again' },
  answerTooLarge: ERRORS.answerTooLarge,
  chainUnavailable: ERRORS.chainUnavailable,

  partyOff: {
    code: 2001,
    message: 'this party is switched off',
    advice: 'switch it on first',
    data: z.strictObject({ role }),
  },
  partyOn: {
    code: 2002,
    message: 'this party runs already',
    advice: 'nothing is to be done',
    data: z.strictObject({ role }),
  },
  busy: {
    code: 2003,
    message: 'this party is being started or stopped',
    advice: 'wait until the stage shows that it is done',
    data: z.strictObject({ role }),
  },
  partyFailed: {
    code: 2004,
    message: 'this party did not start',
    advice: 'see reason; its data directory is as it was',
    data: z.strictObject({ role, reason: text }),
  },
  noKeptCommitment: {
    code: 2005,
    message: 'this commitment was not kept',
    advice: 'see listKeptCommitments: the first 5 and the newest 200 states are kept',
    data: z.strictObject({ role, n: commitmentNumber }),
  },
  commitmentRefused: {
    code: 2006,
    message: 'the Bitcoin node refused the old commitment',
    advice: 'see reason: the funding output may be spent already',
    data: z.strictObject({ reason: text }),
  },
  badPhrase: {
    code: 2007,
    message: 'these words are no seed',
    advice: 'see reason, and check the words against your paper',
    data: z.strictObject({ reason: text }),
  },
  tooDeep: {
    code: 2008,
    message: 'the chain is not long enough for such a reorganisation',
    advice: 'choose a smaller depth',
    data: z.strictObject({ most: z.int() }),
  },
  cannotFund: {
    code: 2009,
    message: 'the faucet cannot pay this',
    advice: 'see reason; choose a smaller amount, or mine a block first',
    data: z.strictObject({ reason: text }),
  },
} as const satisfies Record<string, ErrorSpec>;

export type LabErrorName = keyof typeof LAB_ERRORS;
/** The values of an error, besides its name. */
export type LabErrorValues<N extends LabErrorName> = z.output<(typeof LAB_ERRORS)[N]['data']>;
