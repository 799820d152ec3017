import { concat, readUintBE, uintBE } from '../base/bytes.ts';
import { invariant } from '../base/invariant.ts';
import { err, ok, type Result } from '../base/result.ts';

/**
 * The canonical bytes of one kind of value: every value has one encoding, and `read` takes no other.
 * `write` throws `InvariantError` on a value outside its range.
 */
export interface Codec<T> {
  write(value: T): Uint8Array;
  read(reader: Reader): T;
}

/** Bytes that are not the encoding of any value. */
export interface Malformed {
  readonly code: 'malformed';
  readonly reason: string;
}

/** The value with exactly these bytes. Never throws on foreign bytes; bytes left over are refused. */
export function decode<T>(codec: Codec<T>, bytes: Uint8Array): Result<T, Malformed> {
  const reader = new Reader(bytes);
  try {
    const value = codec.read(reader);
    if (reader.left > 0) return err({ code: 'malformed', reason: `${reader.left} bytes left over` });
    return ok(value);
  } catch (error) {
    if (error instanceof Refusal) return err({ code: 'malformed', reason: error.message });
    throw error;
  }
}

/** Unsigned 64-bit integer, big-endian. */
export const u64: Codec<bigint> = {
  write: (value) => uintBE(value, 8),
  read: (reader) => readUintBE(reader.take(8)),
};

/** Unsigned 32-bit integer, big-endian. */
export const u32: Codec<number> = {
  write: (value) => uintBE(integer(value), 4),
  read: (reader) => Number(readUintBE(reader.take(4))),
};

/** Unix seconds: u64, at most 2^53 - 1. */
export const seconds: Codec<number> = {
  write: (value) => uintBE(integer(value), 8),
  read: (reader) => {
    const value = u64.read(reader);
    if (value > BigInt(Number.MAX_SAFE_INTEGER)) throw new Refusal(`time of ${value} s`);
    return Number(value);
  },
};

/** Exactly `length` bytes. */
export function bytes(length: number): Codec<Uint8Array> {
  return {
    write: (value) => {
      invariant(value.length === length, `${value.length} bytes where ${length} belong`);
      return value;
    },
    read: (reader) => reader.take(length),
  };
}

/** One byte that picks one of `names`: 0 the first. */
export function choice<T extends string>(...names: readonly T[]): Codec<T> {
  return {
    write: (value) => uintBE(names.indexOf(value), 1),
    read: (reader) => {
      const index = reader.take(1)[0] as number;
      const name = names[index];
      if (name === undefined) throw new Refusal(`choice ${index} of ${names.length}`);
      return name;
    },
  };
}

/** A count (u16), then that many items. */
export function list<T>(item: Codec<T>): Codec<readonly T[]> {
  return {
    write: (values) => concat(uintBE(values.length, 2), ...values.map(item.write)),
    read: (reader) => {
      const count = Number(readUintBE(reader.take(2)));
      return Array.from({ length: count }, () => item.read(reader));
    },
  };
}

/** The fields one after the other, in the order in which they are named. */
export function record<T extends object>(fields: { readonly [K in keyof T]-?: Codec<T[K]> }): Codec<T> {
  const named = Object.entries(fields) as [keyof T, Codec<T[keyof T]>][];
  return {
    write: (value) => concat(...named.map(([name, codec]) => codec.write(value[name]))),
    read: (reader) => Object.fromEntries(named.map(([name, codec]) => [name, codec.read(reader)])) as T,
  };
}

function integer(value: number): number {
  invariant(Number.isSafeInteger(value), `not an integer: ${value}`);
  return value;
}

class Refusal extends Error {}

/** Hands out foreign bytes from the front. */
class Reader {
  readonly #data: Uint8Array;
  #offset = 0;

  constructor(data: Uint8Array) {
    this.#data = data;
  }
  get left(): number {
    return this.#data.length - this.#offset;
  }
  take(length: number): Uint8Array {
    if (length > this.left) throw new Refusal(`ends ${length - this.left} bytes too early`);
    this.#offset += length;
    return this.#data.slice(this.#offset - length, this.#offset);
  }
}
