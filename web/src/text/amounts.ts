import { decimalText, grouped, type NumberProblem, type Parsed, readNumber } from './numbers.ts';

/** An amount in satoshi: `1 234`, with its minus sign if it has one. */
export function satText(sat: bigint | string): string {
  const value = BigInt(sat);
  return value < 0n ? `\u2212${grouped(-value)}` : grouped(value);
}

/** An amount in millisatoshi, in satoshi: `1 234.567`, or `1 234` where there is no rest. */
export function msatText(msat: bigint | string): string {
  const value = BigInt(msat);
  const size = value < 0n ? -value : value;
  const rest = size % 1000n;
  const fraction = rest === 0n ? '' : `.${String(rest).padStart(3, '0')}`;
  return `${value < 0n ? '\u2212' : ''}${grouped(size / 1000n)}${fraction}`;
}

/** Why a text is no amount. `tooManyDigits`: it is finer than a satoshi. */
export type AmountProblem = NumberProblem | 'tooMuch' | 'zero';

const MOST_SAT = 2_100_000_000_000_000n;

/** Reads an amount that a person typed, in whole satoshi. */
export function parseSat(text: string): { readonly sat: bigint } | { readonly problem: AmountProblem } {
  const read = readNumber(text, 0);
  if ('problem' in read) return read;
  const { scaled: sat } = read;
  if (sat === 0n) return { problem: 'zero' };
  return sat > MOST_SAT ? { problem: 'tooMuch' } : { sat };
}

export const AMOUNT_PROBLEMS: Readonly<Record<AmountProblem, string>> = {
  empty: 'Say how many satoshi.',
  notANumber: 'This is not a number. Write satoshi, for example 50 000.',
  tooManyDigits: 'Too many digits: a satoshi is the smallest coin, so no part of one can be sent.',
  negative: 'An amount cannot be negative.',
  tooMuch: 'That is more than all bitcoin there will ever be.',
  zero: 'Say more than 0.',
};

/** As `parseSat`, with what is wrong in words. */
export function parseAmount(text: string): Parsed<bigint> {
  const read = parseSat(text);
  return 'sat' in read
    ? { value: read.sat, problem: null }
    : { value: null, problem: AMOUNT_PROBLEMS[read.problem] };
}

/** An energy, from 10 kWh on in kWh: `40 Wh`, `12.5 kWh`. */
export function energyText(wh: bigint | string | number): string {
  const value = BigInt(wh);
  return value < 10_000n ? `${grouped(value)}\u202fWh` : `${decimalText(value, 3)}\u202fkWh`;
}

/** The price of energy: `400 sat/kWh`. It is the same number in msat/Wh, as the protocol has it. */
export function priceText(msatPerWh: bigint | string): string {
  return `${grouped(msatPerWh)}\u202fsat/kWh`;
}

/** A fee rate in sat/vB, without its unit: `1.25`. */
export function feeRateText(satPerKvB: bigint | string): string {
  return decimalText(satPerKvB, 3);
}
