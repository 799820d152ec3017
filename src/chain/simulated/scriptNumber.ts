import { fail } from './scriptError.ts';

/** Little-endian, sign in the top bit of the last byte, as short as possible. */
export function encodeScriptNumber(value: number): Uint8Array {
  const bytes: number[] = [];
  for (let rest = Math.abs(value); rest > 0; rest = Math.floor(rest / 256)) bytes.push(rest % 256);
  const sign = value < 0 ? 0x80 : 0;
  const top = bytes.at(-1);
  if (top === undefined) return new Uint8Array(0);
  if (top & 0x80) bytes.push(sign);
  else bytes[bytes.length - 1] = top | sign;
  return Uint8Array.from(bytes);
}

/** The number in a stack element of at most `longest` bytes; fails the script on a longer one and, where `minimal`, on padding. */
export function decodeScriptNumber(bytes: Uint8Array, longest: number, minimal: boolean): number {
  if (bytes.length > longest) fail('scriptNumber');
  const top = bytes.at(-1);
  if (top === undefined) return 0;
  if (minimal && (top & 0x7f) === 0 && ((bytes.at(-2) ?? 0) & 0x80) === 0) fail('scriptNumber');
  let value = top & 0x7f;
  for (let i = bytes.length - 2; i >= 0; i--) value = value * 256 + (bytes[i] as number);
  return top & 0x80 ? -value : value;
}
