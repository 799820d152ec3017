/**
 * Control characters, and those that turn or hide text: a peer, a file or a label could write over the terminal with
 * them. Line feed is one of them: who prints lines splits first.
 */
// biome-ignore lint/suspicious/noControlCharactersInRegex: these are what must not reach a terminal
const HARMFUL = /[\u0000-\u001f\u007f-\u009f\u200b-\u200f\u2028-\u202e\u2060-\u2069\ufeff]/g;

/** Foreign text as it may be shown on a terminal: what is harmful is written as `\u{…}`. */
export function printable(text: string): string {
  return text.replace(HARMFUL, (each) => `\\u{${each.codePointAt(0)?.toString(16)}}`);
}

/** JSON that is harmless on a terminal too; the value stays the same. */
export function jsonText(value: unknown, indent?: number): string {
  return JSON.stringify(value, null, indent).replace(HARMFUL, (each) =>
    each === '\n' ? each : `\\u${each.charCodeAt(0).toString(16).padStart(4, '0')}`,
  );
}
