import { isMsat, type Msat, msatToSatFloor, type Sat } from '../../base/amount.ts';
import { err, ok, type Result } from '../../base/result.ts';

/** Why a text is no amount, as a sentence without a subject: "is negative". */
export type AmountError = string;

/** Decimal places of a unit, counted in millisatoshi. */
const PLACES: ReadonlyMap<string, number> = new Map([
  ['msat', 0],
  ['sat', 3],
  ['mBTC', 8],
  ['BTC', 11],
]);
const UNITS = [...PLACES.keys()].join(', ');
const ALL_COINS_DIGITS = 8;

/**
 * An off-chain amount as a person writes it: digits, perhaps a decimal point, perhaps a unit (`msat`, `sat`, `mBTC`,
 * `BTC`); satoshi without one. Strict: nothing is rounded, nothing is guessed.
 */
export function parseMsat(text: string): Result<Msat, AmountError> {
  const number = parseDecimal(text);
  if (!number.ok) return number;
  const { whole, fraction, unit } = number.value;
  const places = PLACES.get(unit === '' ? 'sat' : unit);
  if (places === undefined) return err(`has the unit '${unit}': it is one of ${UNITS}`);
  if (fraction.length > places) return err(tooFine(unit, places));
  const value = BigInt(whole + fraction.padEnd(places, '0'));
  return isMsat(value) ? ok(value) : err('is more than all coins that there will ever be');
}

/** An on-chain amount: the same, and a whole number of satoshi. */
export function parseSat(text: string): Result<Sat, AmountError> {
  const amount = parseMsat(text);
  if (!amount.ok) return amount;
  return amount.value % 1000n === 0n
    ? ok(msatToSatFloor(amount.value))
    : err('is not a whole number of satoshi, and the chain knows nothing smaller');
}

function tooFine(unit: string, places: number): string {
  if (places === 0) return 'has a fraction, and nothing is smaller than a millisatoshi';
  const least = unit === '' || unit === 'sat' ? 'a millisatoshi has three' : `a ${unit} has ${places}`;
  return `has more decimal places than there are: ${least}`;
}

export interface Decimal {
  readonly whole: string;
  readonly fraction: string;
  /** What follows the digits, without space; may be empty. */
  readonly unit: string;
}

/** Digits, perhaps a point and digits, perhaps a unit. Says what is wrong with anything else. */
export function parseDecimal(text: string): Result<Decimal, string> {
  const match = /^(\d+)(?:\.(\d+))?\s?([a-zA-Z/]*)$/.exec(text.trim());
  if (match === null) return err(whyNoNumber(text.trim()));
  const [, whole = '', fraction = '', unit = ''] = match;
  if (/^[eE]/.test(unit)) return err('has an exponent: write all the digits');
  if (whole.length > 2 * ALL_COINS_DIGITS + 3) return err('has too many digits');
  return ok({ whole, fraction, unit });
}

function whyNoNumber(text: string): string {
  if (text === '') return 'is empty';
  if (text.startsWith('-')) return 'is negative';
  if (text.startsWith('+')) return 'begins with a sign: write the digits alone';
  if (/^[\d.]+e[-+]?\d+/i.test(text)) return 'has an exponent: write all the digits';
  if (/^\d[\d.]*[,_'’ ]\d/.test(text))
    return 'has separators: write the digits alone, and a point for a fraction';
  if (/^\.\d|^\d+\.(?:\D|$)/.test(text)) return 'needs digits on both sides of its point';
  if (/^0x/i.test(text)) return 'is not decimal';
  return 'is not a number';
}
