import { grouped } from './amounts.ts';

/** Reads a decimal that a person typed, exactly: `value * 10^digits`; or what is wrong with it. */
export function parseDecimal(
  text: string,
  digits: number,
  most: bigint,
): { readonly scaled: bigint } | { readonly problem: string } {
  const plain = text.trim().replace(/[\s\u202f'_]/g, '');
  const match = /^(\d{1,20})(?:[.,](\d*))?$/.exec(plain);
  if (match === null)
    return { problem: plain.startsWith('-') ? 'It cannot be negative.' : 'Write a number, for example 200.' };
  const [, whole = '0', part = ''] = match;
  if (part.replace(/0+$/, '').length > digits)
    return { problem: `At most ${digits} digits after the point.` };
  const scaled = BigInt(whole) * 10n ** BigInt(digits) + BigInt(part.slice(0, digits).padEnd(digits, '0'));
  return scaled > most ? { problem: `At most ${decimalText(most, digits)}.` } : { scaled };
}

/** `scaled / 10^digits` in full, without zeros at the end: `328.5`. */
export function decimalText(scaled: bigint | string, digits: number): string {
  const value = BigInt(scaled);
  const unit = 10n ** BigInt(digits);
  const part = String(value % unit)
    .padStart(digits, '0')
    .replace(/0+$/, '');
  return `${grouped(String(value / unit))}${part === '' || digits === 0 ? '' : `.${part}`}`;
}
