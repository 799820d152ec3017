/** A whole number that a person typed, or what is wrong with it. */
export type Parsed =
  | { readonly value: number; readonly problem: null }
  | { readonly value: null; readonly problem: string };

/** Reads a whole number from `least` to `most`; spaces between groups are allowed. `what` it is, for example `units`. */
export function parseWhole(text: string, what: string, least: number, most: number): Parsed {
  const plain = text.trim().replace(/[\s\u202f'_]/g, '');
  const wrong = (problem: string): Parsed => ({ value: null, problem });
  if (plain === '') return wrong(`Say how many ${what}.`);
  if (/^-?\d+[.,]\d+$/.test(plain)) return wrong(`Only whole ${what}: nothing after the point.`);
  if (!/^-?\d+$/.test(plain)) return wrong('This is not a number.');
  const value = Number(plain);
  if (value < least) return wrong(`At least ${least.toLocaleString('en')}.`);
  if (value > most) return wrong(`At most ${most.toLocaleString('en')}.`);
  return { value, problem: null };
}

export const MOST_U32 = 0xffffffff;
