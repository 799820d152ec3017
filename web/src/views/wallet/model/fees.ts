import { type NumberProblem, readNumber } from '../../../text/numbers.ts';

/** How soon a payment shall be in a block. */
export const SPEEDS = ['slow', 'normal', 'fast'] as const;
export type Speed = (typeof SPEEDS)[number];
export type FeeChoice = Speed | 'own';

/** Blocks in which a payment of this speed shall be confirmed. */
export const SPEED_BLOCKS: Readonly<Record<Speed, number>> = { slow: 144, normal: 6, fast: 2 };

export const SPEED_TEXT: Readonly<Record<FeeChoice, { readonly name: string; readonly when: string }>> = {
  slow: { name: 'Slow', when: 'about a day' },
  normal: { name: 'Normal', when: 'about an hour' },
  fast: { name: 'Fast', when: 'about 20 minutes' },
  own: { name: 'Own', when: 'you say how much' },
};

/** The node's estimates, satoshi per 1,000 virtual bytes. */
export type Estimates = Readonly<Record<Speed, bigint>>;

export type FeeRateProblem = NumberProblem | 'zero' | 'tooMuch';

export const FEE_RATE_PROBLEMS: Readonly<Record<FeeRateProblem, string>> = {
  empty: 'Say how many satoshi for each virtual byte.',
  notANumber: 'This is not a number. Write for example 2.5.',
  tooManyDigits: 'Too many digits: write at most three after the point.',
  negative: 'A fee rate cannot be negative.',
  zero: 'Without a fee nobody puts the payment into a block. Say more than 0.',
  tooMuch: 'No payment is worth such a fee. The most is 100 000 sat/vB.',
};

const MOST_RATE = 100_000_000n;

/** Reads sat/vB that a person typed, in satoshi per 1,000 virtual bytes. */
export function parseFeeRate(text: string): { readonly rate: bigint } | { readonly problem: FeeRateProblem } {
  const read = readNumber(text, 3);
  if ('problem' in read) return read;
  const { scaled: rate } = read;
  if (rate === 0n) return { problem: 'zero' };
  return rate > MOST_RATE ? { problem: 'tooMuch' } : { rate };
}

/** The rate of a choice; `undefined` while it is not known. */
export function chosenRate(
  choice: FeeChoice,
  estimates: Estimates | null,
  own: string,
): { readonly rate: bigint } | { readonly problem: FeeRateProblem } | undefined {
  if (choice === 'own') return parseFeeRate(own);
  return estimates === null ? undefined : { rate: estimates[choice] };
}

/** Why one should look twice at a fee before it is paid; `null` when it is as usual. */
export function feeWarning(
  fee: { readonly feeSat: bigint; readonly amountSat: bigint; readonly rate: bigint },
  estimates: Estimates | null,
): string | null {
  if (estimates !== null && fee.rate > 10n * estimates.fast)
    return 'The fee is more than ten times what a fast payment needs now.';
  if (fee.feeSat * 10n <= fee.amountSat) return null;
  return fee.feeSat >= fee.amountSat
    ? 'The fee is as large as what the recipient gets.'
    : `The fee is ${(fee.feeSat * 100n) / fee.amountSat} % of what the recipient gets.`;
}
