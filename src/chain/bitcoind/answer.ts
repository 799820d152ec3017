import { isSat, type Sat } from '../../base/amount.ts';
import { fromHex, isHex } from '../../base/bytes.ts';
import { ChainError } from '../port.ts';

/**
 * A piece of what bitcoind answered and where it stood, for the error text. It is foreign data: every reader
 * below throws {@link ChainError} `badAnswer` unless it has the promised form.
 */
export interface Answer {
  readonly value: unknown;
  readonly where: string;
}

/** The fields of an object, by name; a missing one has the value `undefined`. */
export function fields(answer: Answer): (name: string) => Answer {
  const { value, where } = answer;
  if (typeof value !== 'object' || value === null || Array.isArray(value))
    throw unexpected(answer, 'an object');
  const entries = new Map<string, unknown>(Object.entries(value));
  return (name) => ({ value: entries.get(name), where: `${where}.${name}` });
}

/** The values of an object whose names do not matter. */
export function values(answer: Answer): readonly Answer[] {
  const { value, where } = answer;
  if (typeof value !== 'object' || value === null) throw unexpected(answer, 'an object');
  return Object.entries(value).map(([name, item]) => ({ value: item, where: `${where}.${name}` }));
}

export function list(answer: Answer): readonly Answer[] {
  const { value, where } = answer;
  if (!Array.isArray(value)) throw unexpected(answer, 'a list');
  return value.map((item: unknown, index) => ({ value: item, where: `${where}[${index}]` }));
}

export function text(answer: Answer): string {
  if (typeof answer.value !== 'string') throw unexpected(answer, 'a text');
  return answer.value;
}

export function flag(answer: Answer): boolean {
  if (typeof answer.value !== 'boolean') throw unexpected(answer, 'true or false');
  return answer.value;
}

/** A count or height: a whole number from 0. */
export function count(answer: Answer): number {
  const { value } = answer;
  if (typeof value !== 'number' || !Number.isSafeInteger(value) || value < 0)
    throw unexpected(answer, 'a whole number');
  return value;
}

/** A block hash or transaction id: 64 hexadecimal characters, display order. */
export function hash(answer: Answer): string {
  const { value } = answer;
  if (typeof value !== 'string' || !/^[0-9a-f]{64}$/.test(value)) throw unexpected(answer, 'a hash');
  return value;
}

export function hexBytes(answer: Answer): Uint8Array {
  const { value } = answer;
  if (typeof value !== 'string' || !isHex(value)) throw unexpected(answer, 'hexadecimal');
  return fromHex(value);
}

/**
 * Satoshi of an amount that bitcoind wrote in bitcoin with eight decimals.
 *
 * Exact, though JSON numbers are doubles: up to 21 million bitcoin the two roundings (reading the text,
 * multiplying) are together off by less than half a satoshi, so `Math.round` finds the number that was
 * written. Dividing it again gives the same double only if no more than eight decimals were written.
 */
export function bitcoinAmount(answer: Answer): Sat {
  const { value } = answer;
  if (typeof value !== 'number') throw unexpected(answer, 'an amount');
  const satoshi = Math.round(value * 1e8);
  if (!Number.isSafeInteger(satoshi) || satoshi / 1e8 !== value) throw unexpected(answer, 'an amount');
  const amount = BigInt(satoshi);
  if (!isSat(amount)) throw unexpected(answer, 'an amount');
  return amount;
}

function unexpected(answer: Answer, wanted: string): ChainError {
  return new ChainError('badAnswer', `bitcoind's answer: ${answer.where} is not ${wanted}`);
}
