/** What a person typed as a value, or what is wrong with it in words. */
export type Parsed<T> =
  | { readonly value: T; readonly problem: null }
  | { readonly value: null; readonly problem: string };

/** Why a text is no number of so many digits after the point. */
export type NumberProblem = 'empty' | 'notANumber' | 'tooManyDigits' | 'negative';

/**
 * Reads a number that a person typed, exactly: `value * 10^digits`. Spaces, apostrophes and underscores between groups
 * are allowed; commas too where nothing may stand after a point, else a comma is a point.
 */
export function readNumber(
  text: string,
  digits: number,
): { readonly scaled: bigint } | { readonly problem: NumberProblem } {
  const close = text.trim().replace(/[\s\u202f'_]/g, '');
  const plain = digits === 0 ? close.replace(/,(?=\d{3}\b)/g, '') : close;
  if (plain === '') return { problem: 'empty' };
  if (/^-\d/.test(plain)) return { problem: 'negative' };
  const [, whole, part] = /^(\d{1,20})(?:[.,](\d*))?$/.exec(plain) ?? [];
  if (whole === undefined) return { problem: 'notANumber' };
  const fraction = (part ?? '').replace(/0+$/, '');
  if (fraction.length > digits || (digits === 0 && part !== undefined)) return { problem: 'tooManyDigits' };
  return { scaled: BigInt(whole + fraction.padEnd(digits, '0')) };
}

/** Reads a whole number from `least` to `most`. `what` it counts, for example `units`. */
export function parseWhole(text: string, what: string, least: number, most: number): Parsed<number> {
  const read = readNumber(text, 0);
  if ('problem' in read) {
    if (read.problem === 'empty') return wrong(`Say how many ${what}.`);
    if (read.problem === 'tooManyDigits') return wrong(`Only whole ${what}: nothing after the point.`);
    if (read.problem === 'notANumber') return wrong('This is not a number.');
    return wrong(`At least ${grouped(least)}.`);
  }
  const { scaled } = read;
  if (scaled < BigInt(least)) return wrong(`At least ${grouped(least)}.`);
  return scaled > BigInt(most)
    ? wrong(`At most ${grouped(most)}.`)
    : { value: Number(scaled), problem: null };
}

/** Reads a decimal up to `most`, exactly; both are `value * 10^digits`. */
export function parseDecimal(text: string, digits: number, most: bigint): Parsed<bigint> {
  const read = readNumber(text, digits);
  if ('problem' in read) {
    if (read.problem === 'negative') return wrong('It cannot be negative.');
    if (read.problem === 'tooManyDigits') return wrong(`At most ${digits} digits after the point.`);
    return wrong('Write a number, for example 200.');
  }
  const { scaled } = read;
  return scaled > most ? wrong(`At most ${decimalText(most, digits)}.`) : { value: scaled, problem: null };
}

/** `scaled / 10^digits` in full, without zeros at the end: `328.5`. */
export function decimalText(scaled: bigint | string, digits: number): string {
  const value = BigInt(scaled);
  const unit = 10n ** BigInt(digits);
  const part = String(value % unit)
    .padStart(digits, '0')
    .replace(/0+$/, '');
  return `${grouped(value / unit)}${part === '' || digits === 0 ? '' : `.${part}`}`;
}

/** Digits in groups of three, with narrow spaces that do not break: `1 234 567`. */
export function grouped(digits: string | number | bigint): string {
  return String(digits).replace(/\B(?=(\d{3})+(?!\d))/g, '\u202f');
}

/** The most that four bytes hold. */
export const MOST_U32 = 0xffffffff;

function wrong(problem: string): Parsed<never> {
  return { value: null, problem };
}
