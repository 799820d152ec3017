/** Digits in groups of three, with narrow spaces that do not break: `1 234 567`. */
export function grouped(digits: string): string {
  return digits.replace(/\B(?=(\d{3})+(?!\d))/g, '\u202f');
}

/** An amount in satoshi: `1 234`, with its minus sign if it has one. */
export function satText(sat: bigint | string): string {
  const value = BigInt(sat);
  return value < 0n ? `\u2212${grouped(String(-value))}` : grouped(String(value));
}

/** An amount in millisatoshi, in satoshi: `1 234.567`, or `1 234` where there is no rest. */
export function msatText(msat: bigint | string): string {
  const value = BigInt(msat);
  const size = value < 0n ? -value : value;
  const rest = size % 1000n;
  const fraction = rest === 0n ? '' : `.${String(rest).padStart(3, '0')}`;
  return `${value < 0n ? '\u2212' : ''}${grouped(String(size / 1000n))}${fraction}`;
}

/** Why a text is no amount. `tooManyDigits`: it is finer than a satoshi. */
export type AmountProblem = 'empty' | 'notANumber' | 'tooManyDigits' | 'negative' | 'tooMuch' | 'zero';

const MOST_SAT = 2_100_000_000_000_000n;

/** Reads an amount that a person typed, in whole satoshi. Spaces, apostrophes and commas between groups are allowed. */
export function parseSat(text: string): { readonly sat: bigint } | { readonly problem: AmountProblem } {
  const plain = text.trim().replace(/[\s\u202f'_]|,(?=\d{3}\b)/g, '');
  if (plain === '') return { problem: 'empty' };
  if (/^-\d/.test(plain)) return { problem: 'negative' };
  if (/^\d+[.,]\d*[1-9]\d*$/.test(plain)) return { problem: 'tooManyDigits' };
  if (!/^\d{1,20}$/.test(plain)) return { problem: 'notANumber' };
  const sat = BigInt(plain);
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

/** A watt-hour amount: `40 Wh`, `1.25 kWh`. */
export function energyText(wh: bigint | string | number): string {
  const value = BigInt(wh);
  if (value < 10_000n) return `${grouped(String(value))}\u202fWh`;
  return `${grouped(String(value / 1000n))}.${
    String(value % 1000n)
      .padStart(3, '0')
      .replace(/0+$/, '') || '0'
  }\u202fkWh`;
}

/** A fee rate in sat/vB, without its unit: `1.25`. */
export function feeRateText(rate: bigint | string): string {
  const value = BigInt(rate);
  const fraction = String(value % 1000n)
    .padStart(3, '0')
    .replace(/0+$/, '');
  return `${value / 1000n}${fraction === '' ? '' : `.${fraction}`}`;
}
