import { concat } from '../base/bytes.ts';
import { SIGHASH_ALL, type SighashType } from './transaction.ts';

/** A compact 64-byte signature as scripts want it: strict DER and the sighash type's byte, at most 72 bytes for low S. */
export function scriptSignature(compact: Uint8Array, type: SighashType = SIGHASH_ALL): Uint8Array {
  const r = derInteger(compact.subarray(0, 32));
  const s = derInteger(compact.subarray(32, 64));
  return concat(Uint8Array.of(0x30, r.length + s.length), r, s, Uint8Array.of(type));
}

function derInteger(bytes: Uint8Array): Uint8Array {
  let start = 0;
  while (start < bytes.length - 1 && bytes[start] === 0) start++;
  const digits = bytes.subarray(start);
  const padded = (digits[0] as number) & 0x80 ? concat(Uint8Array.of(0), digits) : digits;
  return concat(Uint8Array.of(0x02, padded.length), padded);
}
