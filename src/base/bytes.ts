import { InvariantError, invariant } from './invariant.ts';

const HEX = Array.from({ length: 256 }, (_, byte) => byte.toString(16).padStart(2, '0'));

/** Lower-case hexadecimal. */
export function toHex(bytes: Uint8Array): string {
  let text = '';
  for (const byte of bytes) text += HEX[byte];
  return text;
}

export function isHex(text: string): boolean {
  return text.length % 2 === 0 && /^[0-9a-fA-F]*$/.test(text);
}

/** Bytes of a hexadecimal text. Throws `InvariantError` on anything else: check foreign text with {@link isHex} first. */
export function fromHex(text: string): Uint8Array {
  invariant(isHex(text), 'not hexadecimal');
  const bytes = new Uint8Array(text.length / 2);
  for (let i = 0; i < bytes.length; i++)
    bytes[i] = (digit(text.charCodeAt(2 * i)) << 4) | digit(text.charCodeAt(2 * i + 1));
  return bytes;
}

/** Value of a hexadecimal digit in ASCII: letters have bit 6 set, and A is 1 in the low four bits. */
function digit(code: number): number {
  return (code & 15) + 9 * (code >> 6);
}

export function utf8(text: string): Uint8Array {
  return new TextEncoder().encode(text);
}

export function concat(...parts: readonly Uint8Array[]): Uint8Array {
  let length = 0;
  for (const part of parts) length += part.length;
  const whole = new Uint8Array(length);
  let offset = 0;
  for (const part of parts) {
    whole.set(part, offset);
    offset += part.length;
  }
  return whole;
}

export function equalBytes(a: Uint8Array, b: Uint8Array): boolean {
  if (a.length !== b.length) return false;
  for (let i = 0; i < a.length; i++) if (a[i] !== b[i]) return false;
  return true;
}

/** Lexicographic order, shorter first on a tie: the order of BIP 69 and BOLT 3 scripts and of `sortedmulti` keys. */
export function compareBytes(a: Uint8Array, b: Uint8Array): number {
  const shared = Math.min(a.length, b.length);
  for (let i = 0; i < shared; i++) {
    const difference = (a[i] as number) - (b[i] as number);
    if (difference !== 0) return difference;
  }
  return a.length - b.length;
}

export function reverseBytes(bytes: Uint8Array): Uint8Array {
  return Uint8Array.from(bytes).reverse();
}

/** Big-endian unsigned integer of `length` bytes, the byte order of BOLT messages. */
export function uintBE(value: bigint | number, length: number): Uint8Array {
  if (typeof value === 'bigint' && value > MAX_SAFE) return bigUintBE(value, length);
  let rest = Number(value);
  const fits = Number.isSafeInteger(rest) && rest >= 0 && (length > 6 || rest < 2 ** (8 * length));
  if (!fits) throw new InvariantError(`${value} does not fit ${length} bytes`);
  const bytes = new Uint8Array(length);
  for (let i = length - 1; rest > 0; i--) {
    bytes[i] = rest;
    rest = Math.floor(rest / 256);
  }
  return bytes;
}

const MAX_SAFE = BigInt(Number.MAX_SAFE_INTEGER);

function bigUintBE(value: bigint, length: number): Uint8Array {
  let rest = value;
  invariant(rest < 1n << BigInt(8 * length), `${value} does not fit ${length} bytes`);
  const bytes = new Uint8Array(length);
  for (let i = length - 1; i >= 0; i--) {
    bytes[i] = Number(rest & 0xffn);
    rest >>= 8n;
  }
  return bytes;
}

export function readUintBE(bytes: Uint8Array): bigint {
  if (bytes.length > 8) return BigInt(`0x${toHex(bytes)}`);
  if (bytes.length <= 6) return BigInt(smallUintBE(bytes, 0, bytes.length));
  const low = bytes.length - 4;
  return (BigInt(smallUintBE(bytes, 0, low)) << 32n) | BigInt(smallUintBE(bytes, low, bytes.length));
}

/** The number in bytes `from` to `to`, at most six of them. */
function smallUintBE(bytes: Uint8Array, from: number, to: number): number {
  let value = 0;
  for (let i = from; i < to; i++) value = value * 256 + (bytes[i] as number);
  return value;
}
