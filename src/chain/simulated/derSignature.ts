import { concat } from '../../base/bytes.ts';

/**
 * The 64-byte compact form of a strict DER signature without its hash type byte (BIP66).
 *
 * @returns `undefined` where BIP66 refuses it.
 */
export function compactFromDer(der: Uint8Array): Uint8Array | undefined {
  if (der.length < 8 || der.length > 72 || der[0] !== 0x30 || der[1] !== der.length - 2) return undefined;
  const r = integerAt(der, 2);
  if (r === undefined) return undefined;
  const s = integerAt(der, r.end);
  if (s === undefined || s.end !== der.length) return undefined;
  return concat(scalar(r.digits), scalar(s.digits));
}

/** Half of the curve's order: a canonical s is not above it (BIP62 rule 5). */
const HALF_ORDER = 0x7fffffffffffffffffffffffffffffff5d576e7357a4501ddfe92f46681b20a0n;

export function hasLowS(compact: Uint8Array): boolean {
  let s = 0n;
  for (const byte of compact.subarray(32)) s = (s << 8n) | BigInt(byte);
  return s <= HALF_ORDER;
}

function integerAt(der: Uint8Array, offset: number): { digits: Uint8Array; end: number } | undefined {
  const length = der[offset + 1];
  if (der[offset] !== 0x02 || length === undefined || length === 0) return undefined;
  const end = offset + 2 + length;
  if (end > der.length) return undefined;
  const digits = der.subarray(offset + 2, end);
  const first = digits[0] as number;
  const negative = (first & 0x80) !== 0;
  const padded = first === 0 && length > 1 && ((digits[1] as number) & 0x80) === 0;
  return negative || padded ? undefined : { digits, end };
}

/** 32 bytes; a value too large for them becomes zero, which no signature check accepts. */
function scalar(digits: Uint8Array): Uint8Array {
  const bytes = new Uint8Array(32);
  const significant = digits.subarray(digits.length > 1 && digits[0] === 0 ? 1 : 0);
  if (significant.length > 32) return bytes;
  bytes.set(significant, 32 - significant.length);
  return bytes;
}
