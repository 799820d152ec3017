/** Reads a whole number that a person typed, from `least` to `most`; or what is wrong with it. */
export function parseWhole(
  text: string,
  least: number,
  most: number,
): { readonly value: number } | { readonly problem: string } {
  const plain = text.trim().replace(/[\s\u202f'_]/g, '');
  if (!/^\d{1,15}$/.test(plain)) return { problem: `Write a whole number from ${least} to ${most}.` };
  const value = Number(plain);
  if (value < least) return { problem: `At least ${least}.` };
  return value > most ? { problem: `At most ${most}.` } : { value };
}

/** Reads a fee rate that a person typed in sat/vB, as satoshi per 1,000 vB; or what is wrong with it. */
export function parseFeeRate(
  text: string,
  leastSatPerKvB: bigint,
  mostSatPerKvB: bigint,
): { readonly satPerKvB: bigint } | { readonly problem: string } {
  const match = /^(\d{1,6})(?:[.,](\d{1,3}))?$/.exec(text.trim());
  if (match === null)
    return { problem: 'Write satoshi per virtual byte, with at most three digits after the point.' };
  const [, whole = '0', part = ''] = match;
  const satPerKvB = BigInt(whole) * 1000n + BigInt(part.padEnd(3, '0'));
  if (satPerKvB < leastSatPerKvB) return { problem: `At least ${feeRateText(leastSatPerKvB)}.` };
  return satPerKvB > mostSatPerKvB ? { problem: `At most ${feeRateText(mostSatPerKvB)}.` } : { satPerKvB };
}

/** A fee rate: `1.5 sat/vB`. */
export function feeRateText(satPerKvB: bigint | string): string {
  const value = BigInt(satPerKvB);
  const part = String(value % 1000n)
    .padStart(3, '0')
    .replace(/0+$/, '');
  return `${value / 1000n}${part === '' ? '' : `.${part}`}\u202fsat/vB`;
}
