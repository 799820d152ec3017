import { RpcConnectionError, RpcError } from '../../../src/client/errors.ts';
import { feeRateText, satText } from './amounts.ts';
import { type Problem, problemOf } from './problems.ts';
import { entryOf } from './words.ts';

/** Where in a form something is wrong; `form`: in none of its fields. */
export type PaymentField = 'recipient' | 'amount' | 'fee' | 'form';

/** What is wrong with a payment, next to which field it is said, and how much would do. */
export interface PaymentProblem extends Problem {
  readonly field: PaymentField;
  /** The least fee rate with which it would be taken, satoshi per 1,000 virtual bytes. */
  readonly leastFeeRate?: bigint;
}

const ANSWER_LOST: ReadonlySet<string> = new Set(['lost', 'timeout']);

type Values = Readonly<Record<string, string>>;

/** Why a payment, a replacement or a PSBT was not made. */
export function paymentProblem(error: unknown): PaymentProblem {
  if (error instanceof RpcConnectionError && ANSWER_LOST.has(error.code))
    return form(
      'The node’s answer was lost: the payment may be out.',
      'Ask again with this button: it is the same request, so nothing is paid twice.',
    );
  if (!(error instanceof RpcError)) return { field: 'form', ...problemOf(error) };
  const { code, values } = causeOf(error);
  switch (error.error) {
    case 'badAddress':
      return { field: 'recipient', ...addressProblem(code) };
    case 'notEnoughCoins':
      return { field: 'amount', ...notEnough(values) };
    case 'cannotPay':
      return cannotPay(code, values);
    case 'broadcastRejected':
      return refusedByNode(String(error.data.reason ?? ''));
    case 'broadcastUnknown':
      return form(
        'The Bitcoin node did not answer, so the payment may be out.',
        'Do not pay again. It is in the history as waiting, and your node goes on sending it.',
      );
    case 'requestInDoubt':
      return form(
        'Your node stopped in the middle of this payment: it was made, or it was not.',
        'Look in the history. If it is not there, make it anew.',
      );
    case 'requestIdReused':
      return form(
        'This payment was asked for before with other values.',
        'Close this window and check the payment again.',
      );
    case 'unknownTransaction':
      return form(
        'Your wallet does not know this transaction any more.',
        'It was replaced, or a block took it back. See the history.',
      );
    case 'chainUnavailable':
      return form(
        'The Bitcoin node does not answer. Nothing was sent.',
        'See that bitcoind runs, then try again.',
      );
    default:
      return { field: 'form', ...problemOf(error) };
  }
}

/** What is wrong with an address, by the node's code for it. `networks`: where it would be one. */
export function addressProblem(code: string, networks: readonly string[] = [], here?: string): Problem {
  switch (code) {
    case 'wrongNetwork':
      return {
        what: `This is an address of ${networks.length === 0 ? 'another network' : networks.join(' or ')}${here === undefined ? '' : `; this wallet is on ${here}`}.`,
        wayOut: 'Coins of one network do not exist on another. Ask for an address of this one.',
      };
    case 'addressChecksum':
      return {
        what: 'There is a mistake in this address: its checksum is wrong.',
        wayOut: 'Copy it again in full, or compare it letter by letter.',
      };
    case 'unknownWitnessVersion':
      return {
        what: 'Nobody knows yet how to spend from this kind of address, so the coins could be anyone’s.',
        wayOut: 'Ask for a taproot or segwit address.',
      };
    default:
      return {
        what: 'This is not a Bitcoin address.',
        wayOut: 'Paste the address, or the whole payment request that starts with bitcoin:.',
      };
  }
}

/** That a wallet does not have what a payment takes. */
export function notEnough({ neededSat, availableSat }: Values): Problem {
  const have = `The wallet has ${satText(availableSat ?? 0n)} sat that it can spend`;
  return {
    what:
      neededSat === undefined ? `${have}.` : `${have}; this takes ${satText(neededSat)} sat with its fee.`,
    wayOut:
      'Send less or ‘all’, or first receive more. Coins that wait for a block or are set aside do not count.',
  };
}

function cannotPay(code: string, values: Values): PaymentProblem {
  switch (code) {
    case 'amountBelowDust':
      return {
        field: 'amount',
        what: `Too little: after the fee the recipient would get ${satText(values.amountSat ?? 0n)} sat, and less than ${satText(values.dustLimitSat ?? 0n)} sat costs more to spend than it is worth.`,
        wayOut: `Send at least ${satText(values.dustLimitSat ?? 0n)} sat, or pay the fee on top.`,
      };
    case 'transactionTooHeavy':
    case 'tooManyInputs':
      return {
        field: 'amount',
        what: 'This takes more coins than fit into one transaction.',
        wayOut: 'Send it in two parts.',
      };
    case 'feeRateTooLow': {
      const least = BigInt(values.leastFeeRate ?? 0n);
      return {
        field: 'fee',
        what: 'Too small a step: a replacement pays its own way on top of what it replaces.',
        wayOut: `Pay at least ${feeRateText(least)} sat/vB.`,
        leastFeeRate: least,
      };
    }
    case 'notReplaceable':
      return form(
        `This payment cannot be replaced: ${entryOf(NOT_REPLACEABLE, values.reason ?? '') ?? 'it is over'}.`,
        'See the history.',
      );
    default:
      return form('This payment cannot be made.', `The node says: ${code}.`);
  }
}

const NOT_REPLACEABLE: Readonly<Record<string, string>> = {
  unknown: 'the wallet does not know it',
  confirmed: 'it is in a block already',
  conflicted: 'another transaction took its place',
  foreignInputs: 'others pay into it as well',
  finalSequence: 'it was made so that it stays as it is',
  spentFrom: 'another payment spends from it already',
};

/** What the mempool of the Bitcoin node says of what it does not take, by the words that it begins with. */
const REFUSALS: readonly (readonly [RegExp, PaymentProblem])[] = [
  [
    /^(min relay fee not met|mempool min fee not met)/,
    {
      field: 'fee',
      what: 'The fee is too low: the Bitcoin node passes on nothing that pays so little.',
      wayOut: 'Choose a faster payment, or say more satoshi for each virtual byte.',
    },
  ],
  [
    /^insufficient fee/,
    {
      field: 'fee',
      what: 'The fee is too small a step for a replacement.',
      wayOut: 'Say more satoshi for each virtual byte.',
    },
  ],
  [
    /^(max-fee-exceeded|Fee exceeds maximum)/,
    {
      field: 'fee',
      what: 'The Bitcoin node takes this fee for a mistake: it is above its limit.',
      wayOut: 'Say fewer satoshi for each virtual byte.',
    },
  ],
  [
    /^(bad-txns-inputs-missingorspent|missing-inputs|txn-mempool-conflict)/,
    {
      field: 'form',
      what: 'A coin of this payment was spent in the meantime.',
      wayOut: 'Check the payment again: other coins are chosen.',
    },
  ],
  [
    /^dust/,
    {
      field: 'amount',
      what: 'The Bitcoin node does not pass on so small an amount.',
      wayOut: 'Send more.',
    },
  ],
];

function refusedByNode(reason: string): PaymentProblem {
  const known = REFUSALS.find(([words]) => words.test(reason))?.[1];
  if (known !== undefined) return known;
  return form(
    `The Bitcoin node refused the transaction: ${reason}.`,
    'Your coins are as before. Check the payment again.',
  );
}

function form(what: string, wayOut: string): PaymentProblem {
  return { field: 'form', what, wayOut };
}

/** The node’s code for what is wrong, with its values. */
function causeOf({ data }: RpcError): { readonly code: string; readonly values: Values } {
  const { code, values } = data;
  return {
    code: typeof code === 'string' ? code : '',
    values: typeof values === 'object' && values !== null ? (values as Values) : {},
  };
}

/** Why a PSBT or a transaction that was pasted was not read, signed or sent. */
export function psbtProblem(error: unknown): Problem {
  if (!(error instanceof RpcError) || error.error !== 'badData') return paymentProblem(error);
  return {
    what: entryOf(BAD_PSBT, String(error.data.reason ?? '')) ?? 'This is neither a PSBT nor a transaction.',
    wayOut: 'Copy it again in full, or have it made anew.',
  };
}

const BAD_PSBT: Readonly<Record<string, string>> = {
  previousTxMismatch: 'This PSBT says of a coin what is not true of it.',
  amountUnproven: 'This PSBT does not prove how much it spends: it could hide a fee.',
  amountUnknown: 'This PSBT does not say how much it spends.',
  outputsExceedInputs: 'This PSBT pays more than it spends.',
  unsafeSighash: 'This PSBT asks for a signature that others could use for another payment.',
  badSignature: 'A signature in this PSBT is wrong.',
};

/** Why words were not taken as a seed, and nothing of them. */
export function restoreProblem(error: unknown): Problem {
  if (!(error instanceof RpcError) || error.data.name !== 'badPhrase') return problemOf(error);
  return entryOf(BAD_PHRASE, String(error.data.reason ?? '')) ?? problemOf(error);
}

const BAD_PHRASE: Readonly<Record<string, Problem>> = {
  mnemonicLength: { what: 'This is not the number of words of a seed.', wayOut: 'Type all 24, or 12.' },
  mnemonicWord: {
    what: 'One of these words is not in the list of words for seeds.',
    wayOut: 'Compare each with your paper, letter by letter.',
  },
  mnemonicChecksum: {
    what: 'Each word is in the list, but together they are no seed.',
    wayOut: 'One is another word, or two changed places: compare them with your paper.',
  },
};
