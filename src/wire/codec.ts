import { isMsat, isSat, type Msat, type Sat } from '../base/amount.ts';
import { concat, readUintBE, uintBE } from '../base/bytes.ts';
import { err, ok, type Result } from '../base/result.ts';

/**
 * A wire format as a value: how to write a `T` and how to read one back. Readers throw {@link Malformed},
 * which {@link decode} turns into data; nothing else in this library sees it.
 */
export interface Codec<T> {
  write(value: T, out: Uint8Array[]): void;
  read(reader: ByteReader): T;
}

/** The type that a codec reads and writes. */
export type Decoded<C> = C extends Codec<infer T> ? T : never;

export interface MalformedMessage {
  readonly code: 'malformedMessage';
  readonly reason: string;
}

export function encode<T>(codec: Codec<T>, value: T): Uint8Array {
  const parts: Uint8Array[] = [];
  codec.write(value, parts);
  return concat(...parts);
}

/** Reads the whole of `bytes`. Never throws on any input. */
export function decode<T>(codec: Codec<T>, bytes: Uint8Array): Result<T, MalformedMessage> {
  const reader = new ByteReader(bytes);
  try {
    const value = codec.read(reader);
    if (reader.left > 0) return err({ code: 'malformedMessage', reason: `${reader.left} bytes left over` });
    return ok(value);
  } catch (error) {
    if (error instanceof Malformed) return err({ code: 'malformedMessage', reason: error.message });
    throw error;
  }
}

/** Thrown by readers only, caught by {@link decode} only. */
export class Malformed extends Error {}

export class ByteReader {
  readonly #bytes: Uint8Array;
  #offset = 0;

  constructor(bytes: Uint8Array) {
    this.#bytes = bytes;
  }
  get left(): number {
    return this.#bytes.length - this.#offset;
  }
  take(length: number): Uint8Array {
    if (length > this.left) throw new Malformed(`${length - this.left} bytes missing`);
    this.#offset += length;
    return this.#bytes.slice(this.#offset - length, this.#offset);
  }
}

function uint(length: 1 | 2 | 4): Codec<number> {
  return {
    write: (value, out) => out.push(uintBE(value, length)),
    read: (reader) => Number(readUintBE(reader.take(length))),
  };
}

export const u8 = uint(1);
export const u16 = uint(2);
export const u32 = uint(4);

export const u64: Codec<bigint> = {
  write: (value, out) => out.push(uintBE(value, 8)),
  read: (reader) => readUintBE(reader.take(8)),
};

export const msatCodec: Codec<Msat> = {
  write: u64.write,
  read: (reader) => {
    const value = u64.read(reader);
    if (!isMsat(value)) throw new Malformed(`amount of ${value} msat`);
    return value;
  },
};

export const satCodec: Codec<Sat> = {
  write: u64.write,
  read: (reader) => {
    const value = u64.read(reader);
    if (!isSat(value)) throw new Malformed(`amount of ${value} sat`);
    return value;
  },
};

/** Exactly `length` bytes. */
export function bytes(length: number): Codec<Uint8Array> {
  return {
    write: (value, out) => {
      if (value.length !== length) throw new RangeError(`${value.length} bytes instead of ${length}`);
      out.push(value);
    },
    read: (reader) => reader.take(length),
  };
}

/** A public key or point, 33 bytes; whether it lies on the curve is for the reader of the message to check. */
export const point = bytes(33);
export const signature = bytes(64);
export const hash = bytes(32);

/** Bytes behind their count; the count takes `prefix` bytes and may not exceed `limit`. */
export function blob(limit: number, prefix: 2 | 4 = 2): Codec<Uint8Array> {
  const count = prefix === 2 ? u16 : u32;
  return {
    write: (value, out) => {
      if (value.length > limit) throw new RangeError(`${value.length} bytes, at most ${limit}`);
      count.write(value.length, out);
      out.push(value);
    },
    read: (reader) => {
      const length = count.read(reader);
      if (length > limit) throw new Malformed(`${length} bytes, at most ${limit}`);
      return reader.take(length);
    },
  };
}

/** Items behind their count (u16), at most `limit`. */
export function list<T>(item: Codec<T>, limit: number): Codec<readonly T[]> {
  return {
    write: (values, out) => {
      if (values.length > limit) throw new RangeError(`${values.length} items, at most ${limit}`);
      u16.write(values.length, out);
      for (const value of values) item.write(value, out);
    },
    read: (reader) => {
      const count = u16.read(reader);
      if (count > limit) throw new Malformed(`${count} items, at most ${limit}`);
      return Array.from({ length: count }, () => item.read(reader));
    },
  };
}

/** One byte 0, or one byte 1 and the value. */
export function optional<T>(item: Codec<T>): Codec<T | null> {
  return {
    write: (value, out) => {
      u8.write(value === null ? 0 : 1, out);
      if (value !== null) item.write(value, out);
    },
    read: (reader) => {
      const flag = u8.read(reader);
      if (flag > 1) throw new Malformed(`flag of ${flag}`);
      return flag === 1 ? item.read(reader) : null;
    },
  };
}

type StructOf<F> = { readonly [K in keyof F]: Decoded<F[K]> };

/** Fields one after the other, in the order they are written here. */
// biome-ignore lint/suspicious/noExplicitAny: the one place where a field's type is unknown
export function struct<F extends Readonly<Record<string, Codec<any>>>>(fields: F): Codec<StructOf<F>> {
  const entries = Object.entries(fields);
  return {
    write: (value, out) => {
      for (const [name, codec] of entries) codec.write(value[name], out);
    },
    read: (reader) => {
      const value: Record<string, unknown> = {};
      for (const [name, codec] of entries) value[name] = codec.read(reader);
      return value as StructOf<F>;
    },
  };
}

/** One of several shapes, told apart by `type` in memory and by one byte on the wire. */
// biome-ignore lint/suspicious/noExplicitAny: as for struct
export function union<V extends Readonly<Record<string, readonly [number, Codec<any>]>>>(
  variants: V,
): Codec<{ [K in keyof V & string]: { readonly type: K } & Decoded<V[K][1]> }[keyof V & string]> {
  type Value = { [K in keyof V & string]: { readonly type: K } & Decoded<V[K][1]> }[keyof V & string];
  const entries = Object.entries(variants);
  return {
    write: (value, out) => {
      const [tag, codec] = variants[value.type] as readonly [number, Codec<Value>];
      u8.write(tag, out);
      codec.write(value, out);
    },
    read: (reader) => {
      const tag = u8.read(reader);
      const found = entries.find(([, [number]]) => number === tag);
      if (found === undefined) throw new Malformed(`unknown variant ${tag}`);
      return { type: found[0], ...found[1][1].read(reader) } as Value;
    },
  };
}

/** A mapping between what is on the wire and what is in memory. `from` may throw {@link Malformed}. */
export function mapped<W, T>(codec: Codec<W>, from: (wire: W) => T, to: (value: T) => W): Codec<T> {
  return {
    write: (value, out) => codec.write(to(value), out),
    read: (reader) => from(codec.read(reader)),
  };
}

/** BOLT 1 BigSize, in its shortest form. */
export const bigSize: Codec<bigint> = {
  write: (value, out) => {
    if (value < 0xfdn) out.push(uintBE(value, 1));
    else if (value <= 0xffffn) out.push(Uint8Array.of(0xfd), uintBE(value, 2));
    else if (value <= 0xffffffffn) out.push(Uint8Array.of(0xfe), uintBE(value, 4));
    else out.push(Uint8Array.of(0xff), uintBE(value, 8));
  },
  read: (reader) => {
    const first = Number(readUintBE(reader.take(1)));
    if (first < 0xfd) return BigInt(first);
    const length = first === 0xfd ? 2 : first === 0xfe ? 4 : 8;
    const value = readUintBE(reader.take(length));
    if (value < (length === 2 ? 0xfdn : 1n << BigInt(4 * length)))
      throw new Malformed('number not in its shortest form');
    return value;
  },
};

/**
 * The TLV stream (BOLT 1) that ends every message: types strictly increasing; unknown odd ones are passed
 * over, unknown even ones refuse the message. No message has a known one yet.
 */
export const tlvStream: Codec<undefined> = {
  write: () => {},
  read: (reader) => {
    let previous = -1n;
    while (reader.left > 0) {
      const type = bigSize.read(reader);
      if (type <= previous) throw new Malformed(`TLV ${type} after ${previous}`);
      if (type % 2n === 0n) throw new Malformed(`unknown even TLV ${type}`);
      previous = type;
      const length = bigSize.read(reader);
      if (length > BigInt(reader.left)) throw new Malformed(`TLV ${type} of ${length} bytes`);
      reader.take(Number(length));
    }
    return undefined;
  },
};
