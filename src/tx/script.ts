import { InvariantError, invariant } from '../base/invariant.ts';
import { sha256 } from '../crypto/hash.ts';

/** The opcodes that the scripts of this protocol use. */
export const OP = {
  ZERO: 0x00,
  ONE: 0x51,
  TWO: 0x52,
  THREE: 0x53,
  IF: 0x63,
  ELSE: 0x67,
  ENDIF: 0x68,
  VERIFY: 0x69,
  SWAP: 0x7c,
  SIZE: 0x82,
  EQUAL: 0x87,
  EQUALVERIFY: 0x88,
  ZERO_NOT_EQUAL: 0x92,
  ADD: 0x93,
  SHA256: 0xa8,
  CHECKSIG: 0xac,
  CHECKSIGVERIFY: 0xad,
  CHECKMULTISIG: 0xae,
  CHECKLOCKTIMEVERIFY: 0xb1,
  CHECKSEQUENCEVERIFY: 0xb2,
} as const;

/** Script bytes of opcodes (numbers) and data pushes (byte strings of 1 to 75 bytes). */
export function script(...items: readonly (number | Uint8Array)[]): Uint8Array {
  const length = items.reduce<number>(
    (sum, item) => sum + (typeof item === 'number' ? 1 : 1 + item.length),
    0,
  );
  const bytes = new Uint8Array(length);
  let at = 0;
  for (const item of items) {
    if (typeof item === 'number') {
      bytes[at++] = item;
      continue;
    }
    invariant(item.length > 0 && item.length <= 75, 'push out of range');
    bytes[at++] = item.length;
    bytes.set(item, at);
    at += item.length;
  }
  return bytes;
}

/** A non-negative script number as its shortest push. */
export function scriptNumber(value: number): number | Uint8Array {
  if (!Number.isSafeInteger(value) || value < 0) throw new InvariantError(`not a script number: ${value}`);
  if (value === 0) return OP.ZERO;
  if (value <= 16) return OP.ONE + value - 1;
  const bytes: number[] = [];
  for (let rest = value; rest > 0; rest = Math.floor(rest / 256)) bytes.push(rest % 256);
  if ((bytes.at(-1) as number) & 0x80) bytes.push(0);
  return Uint8Array.from(bytes);
}

/** The output script that pays to a witness script (BIP141). */
export function p2wsh(witnessScript: Uint8Array): Uint8Array {
  return script(OP.ZERO, sha256(witnessScript));
}
