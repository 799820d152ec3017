import type { MethodParams } from '../../../../../src/client/index.ts';
import { AMOUNT_PROBLEMS, parseSat, satText } from '../../../text/amounts.ts';
import type { Problem } from '../../../text/problems.ts';
import { addressProblem } from '../../../text/walletProblems.ts';
import type { AddressVerdict } from './addressCheck.ts';
import { type RecipientProblem, readRecipient } from './bip21.ts';
import { chosenRate, type Estimates, FEE_RATE_PROBLEMS, type FeeChoice } from './fees.ts';

/** A payment as far as it is filled in. */
export interface Draft {
  readonly recipient: string;
  readonly amount: string;
  /** Everything that there is. */
  readonly all: boolean;
  readonly fee: FeeChoice;
  /** sat/vB, for the choice `own`. */
  readonly ownRate: string;
  readonly subtractFee: boolean;
  readonly label: string;
}

export const EMPTY_DRAFT: Draft = {
  recipient: '',
  amount: '',
  all: false,
  fee: 'normal',
  ownRate: '',
  subtractFee: false,
  label: '',
};

/** What a draft is judged by. */
export interface DraftContext {
  readonly spendableSat: bigint | null;
  readonly estimates: Estimates | null;
  /** Of the recipient's address; `null` while it is not known: the node judges it then. */
  readonly verdict: AddressVerdict | null;
  readonly network: string | undefined;
  /** Whether fields that are still empty are problems. */
  readonly submitted: boolean;
}

export type DraftField = 'recipient' | 'amount' | 'fee' | 'label';
export type DraftProblems = Readonly<Partial<Record<DraftField, Problem>>>;

/** The parameters of the payment as the node takes them, always with a fee rate: what is checked is what is paid. */
export type PaymentParams = MethodParams<'previewPayment'> & { readonly feeRateSatPerKvB: string };

export type DraftVerdict =
  | { readonly ok: true; readonly params: PaymentParams; readonly label: string }
  | { readonly ok: false; readonly problems: DraftProblems };

/** Most characters of a label, and none that moves a cursor. */
export const MOST_LABEL = 200;

/** The payment of a draft, or what is wrong in each of its fields. */
export function judgeDraft(draft: Draft, context: DraftContext): DraftVerdict {
  const recipient = recipientOf(draft.recipient, context);
  const amount = amountOf(draft, context);
  const fee = feeOf(draft, context);
  const label = labelProblem(draft.label);
  if ('value' in recipient && 'value' in amount && 'value' in fee && label === undefined)
    return {
      ok: true,
      label: draft.label.trim(),
      params: {
        address: recipient.value,
        amountSat: amount.value,
        feeRateSatPerKvB: `${fee.value}`,
        ...(draft.subtractFee && !draft.all ? { subtractFee: true } : {}),
      },
    };
  return {
    ok: false,
    problems: {
      ...('problem' in recipient ? { recipient: recipient.problem } : {}),
      ...('problem' in amount ? { amount: amount.problem } : {}),
      ...('problem' in fee ? { fee: fee.problem } : {}),
      ...(label === undefined ? {} : { label }),
    },
  };
}

/** A value, a problem with it, or neither yet. */
type Part<T> = { readonly value: T } | { readonly problem: Problem } | { readonly missing: true };

function recipientOf(text: string, { verdict, network, submitted }: DraftContext): Part<string> {
  const read = readRecipient(text);
  if (!read.ok) {
    if (read.problem.code === 'empty' && !submitted) return { missing: true };
    return { problem: recipientProblem(read.problem) };
  }
  if (verdict !== null && !verdict.ok) {
    const networks = verdict.code === 'wrongNetwork' ? verdict.networks : [];
    return { problem: addressProblem(verdict.code, networks, network) };
  }
  const { address } = read.request;
  // the node takes nothing of another form, and would not say what is wrong with it
  if (!/^[a-zA-Z0-9]{14,100}$/.test(address)) return { problem: addressProblem('malformedAddress') };
  return { value: address };
}

function amountOf({ amount, all }: Draft, { spendableSat, submitted }: DraftContext): Part<string> {
  if (all) return { value: 'all' };
  const read = parseSat(amount);
  if ('problem' in read) {
    if (read.problem === 'empty' && !submitted) return { missing: true };
    return { problem: { what: AMOUNT_PROBLEMS[read.problem], wayOut: '' } };
  }
  if (spendableSat !== null && read.sat > spendableSat)
    return {
      problem: {
        what: `The wallet has ${satText(spendableSat)} sat that it can spend.`,
        wayOut: 'Send less or ‘all’, or first receive more.',
      },
    };
  return { value: `${read.sat}` };
}

function feeOf({ fee, ownRate }: Draft, { estimates, submitted }: DraftContext): Part<bigint> {
  const chosen = chosenRate(fee, estimates, ownRate);
  if (chosen === undefined)
    return submitted
      ? {
          problem: {
            what: 'The node has not said yet what a payment costs.',
            wayOut: 'Wait a moment, or choose ‘own’ and say it yourself.',
          },
        }
      : { missing: true };
  if ('rate' in chosen) return { value: chosen.rate };
  if (chosen.problem === 'empty' && !submitted) return { missing: true };
  return { problem: { what: FEE_RATE_PROBLEMS[chosen.problem], wayOut: '' } };
}

/** What is wrong with a label; `undefined`: nothing. */
export function labelProblem(label: string): Problem | undefined {
  if (label.length > MOST_LABEL)
    return { what: `A label has at most ${MOST_LABEL} characters.`, wayOut: 'Shorten it.' };
  if (/\p{Cc}/u.test(label))
    return { what: 'A label is one line of text.', wayOut: 'Take out line breaks and tabs.' };
  return undefined;
}

function recipientProblem(problem: RecipientProblem): Problem {
  switch (problem.code) {
    case 'empty':
      return { what: 'Say whom to pay.', wayOut: 'Paste an address or a payment request.' };
    case 'lightning':
      return {
        what: 'This is a Lightning invoice. This wallet pays to Bitcoin addresses.',
        wayOut: 'Ask the recipient for a Bitcoin address.',
      };
    case 'otherScheme':
      return {
        what: `This is a link for something else (${problem.scheme}:).`,
        wayOut: 'Paste a Bitcoin address, or a request that starts with bitcoin:.',
      };
    case 'noAddress':
      return { what: 'This payment request names no address.', wayOut: 'Ask for another one.' };
    case 'amountTooFine':
      return {
        what: 'The amount of this payment request has too many digits: a bitcoin has eight decimals.',
        wayOut: 'Ask for another one, or paste the address alone and say the amount yourself.',
      };
    case 'badAmount':
      return {
        what: 'The amount of this payment request is not a number of bitcoin.',
        wayOut: 'Ask for another one, or paste the address alone and say the amount yourself.',
      };
    case 'repeated':
      return {
        what: `This payment request says ‘${problem.name}’ twice, so nobody knows what it means.`,
        wayOut: 'Ask for another one.',
      };
    case 'unknownRequirement':
      return {
        what: `This payment request demands something that this wallet does not know (${problem.name}).`,
        wayOut: 'Pay it with a wallet that does, or ask for a plain address.',
      };
    case 'badEncoding':
      return { what: 'This payment request is damaged.', wayOut: 'Copy it again in full.' };
  }
}

/** A draft with what a payment request asks for, as it is pasted. */
export function withRecipient(draft: Draft, recipient: string): Draft {
  const read = readRecipient(recipient);
  if (!read.ok) return { ...draft, recipient };
  const { amountSat, label, message } = read.request;
  const words = (message ?? label ?? '').replace(/\p{Cc}+/gu, ' ').slice(0, MOST_LABEL);
  return {
    ...draft,
    recipient,
    ...(amountSat === undefined || amountSat === 0n ? {} : { amount: satText(amountSat), all: false }),
    ...(words === '' ? {} : { label: words }),
  };
}
