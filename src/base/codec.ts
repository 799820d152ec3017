import { isMsat, isSat, type Msat, type Sat } from './amount.ts';
import { concat, uintBE } from './bytes.ts';
import { InvariantError } from './invariant.ts';
import { err, ok, type Result } from './result.ts';

/**
 * A format of bytes as a value: how to write a `T` and how to read one back. Every value has one encoding, and
 * `read` takes no other. `write` throws `InvariantError` on a value outside its range; `read` throws
 * {@link Refusal}, which {@link decode} turns into data.
 */
export interface Codec<T> {
  write(value: T, out: Uint8Array[]): void;
  read(reader: ByteReader): T;
}

/** The type that a codec reads and writes. */
export type Decoded<C> = C extends Codec<infer T> ? T : never;

/** Bytes that are not the encoding of any value. */
export interface Malformed {
  readonly code: 'malformed';
  readonly reason: string;
}

export function encode<T>(codec: Codec<T>, value: T): Uint8Array {
  const parts: Uint8Array[] = [];
  codec.write(value, parts);
  return concat(...parts);
}

/** The value with exactly these bytes. Never throws on any input; bytes left over are refused. */
export function decode<T>(codec: Codec<T>, bytes: Uint8Array): Result<T, Malformed> {
  const reader = new ByteReader(bytes);
  try {
    const value = codec.read(reader);
    if (reader.left > 0) return err({ code: 'malformed', reason: `${reader.left} bytes left over` });
    return ok(value);
  } catch (error) {
    if (error instanceof Refusal) return err({ code: 'malformed', reason: error.message });
    throw error;
  }
}

/** Thrown by readers only, caught by {@link decode} only. */
export class Refusal extends Error {}

/** Hands out foreign bytes from the front. */
export class ByteReader {
  readonly #bytes: Uint8Array;
  #offset = 0;

  constructor(bytes: Uint8Array) {
    // a Buffer's slice shares memory with the Buffer: only a plain array's is a copy
    this.#bytes = new Uint8Array(bytes.buffer, bytes.byteOffset, bytes.length);
  }
  get left(): number {
    return this.#bytes.length - this.#offset;
  }
  /** A copy of the next `length` bytes. */
  take(length: number): Uint8Array {
    const from = this.#pass(length);
    return this.#bytes.slice(from, this.#offset);
  }
  /** The next `length` bytes, at most six, as a number. */
  uint(length: number): number {
    let value = 0;
    for (let i = this.#pass(length); i < this.#offset; i++) value = value * 256 + (this.#bytes[i] as number);
    return value;
  }
  #pass(length: number): number {
    if (length > this.left) throw new Refusal(`${length - this.left} bytes missing`);
    this.#offset += length;
    return this.#offset - length;
  }
}

function uint(length: 1 | 2 | 4): Codec<number> {
  return {
    write: (value, out) => out.push(uintBE(value, length)),
    read: (reader) => reader.uint(length),
  };
}

export const u8 = uint(1);
export const u16 = uint(2);
export const u32 = uint(4);

export const u64: Codec<bigint> = {
  write: (value, out) => out.push(uintBE(value, 8)),
  read: (reader) => {
    const high = reader.uint(4);
    const low = reader.uint(4);
    // most are small, and a bigint is slow to put together
    return high < 0x20_0000 ? BigInt(high * 2 ** 32 + low) : (BigInt(high) << 32n) | BigInt(low);
  },
};

/** Unix seconds: u64, at most 2^53 - 1. */
export const seconds: Codec<number> = {
  write: (value, out) => out.push(uintBE(value, 8)),
  read: (reader) => {
    const value = u64.read(reader);
    if (value > BigInt(Number.MAX_SAFE_INTEGER)) throw new Refusal(`time of ${value} s`);
    return Number(value);
  },
};

export const msatCodec: Codec<Msat> = {
  write: u64.write,
  read: (reader) => {
    const value = u64.read(reader);
    if (!isMsat(value)) throw new Refusal(`amount of ${value} msat`);
    return value;
  },
};

export const satCodec: Codec<Sat> = {
  write: u64.write,
  read: (reader) => {
    const value = u64.read(reader);
    if (!isSat(value)) throw new Refusal(`amount of ${value} sat`);
    return value;
  },
};

/** Exactly `length` bytes. */
export function bytes(length: number): Codec<Uint8Array> {
  return {
    write: (value, out) => {
      if (value.length !== length) throw new InvariantError(`${value.length} bytes instead of ${length}`);
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
      if (value.length > limit) throw new InvariantError(`${value.length} bytes, at most ${limit}`);
      count.write(value.length, out);
      out.push(value);
    },
    read: (reader) => {
      const length = count.read(reader);
      if (length > limit) throw new Refusal(`${length} bytes, at most ${limit}`);
      return reader.take(length);
    },
  };
}

/** Items behind their count (u16), at most `limit`. */
export function list<T>(item: Codec<T>, limit: number): Codec<readonly T[]> {
  return {
    write: (values, out) => {
      if (values.length > limit) throw new InvariantError(`${values.length} items, at most ${limit}`);
      u16.write(values.length, out);
      for (const value of values) item.write(value, out);
    },
    read: (reader) => {
      const count = u16.read(reader);
      if (count > limit) throw new Refusal(`${count} items, at most ${limit}`);
      return Array.from({ length: count }, () => item.read(reader));
    },
  };
}

/** One byte, 0 or 1. */
export const flag: Codec<boolean> = {
  write: (value, out) => u8.write(value ? 1 : 0, out),
  read: (reader) => {
    const value = u8.read(reader);
    if (value > 1) throw new Refusal(`flag of ${value}`);
    return value === 1;
  },
};

/** One byte 0, or one byte 1 and the value. */
export function optional<T>(item: Codec<T>): Codec<T | null> {
  return {
    write: (value, out) => {
      flag.write(value !== null, out);
      if (value !== null) item.write(value, out);
    },
    read: (reader) => (flag.read(reader) ? item.read(reader) : null),
  };
}

/** One byte that picks one of `names`: 0 the first. */
export function choice<T extends string>(...names: readonly T[]): Codec<T> {
  return {
    write: (value, out) => u8.write(names.indexOf(value), out),
    read: (reader) => {
      const index = u8.read(reader);
      const name = names[index];
      if (name === undefined) throw new Refusal(`choice ${index} of ${names.length}`);
      return name;
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

/** One of several shapes, told apart by the field `key` in memory and by one byte on the wire. */
// biome-ignore lint/suspicious/noExplicitAny: as for struct
export function union<K extends string, V extends Readonly<Record<string, readonly [number, Codec<any>]>>>(
  key: K,
  variants: V,
): Codec<{ [N in keyof V & string]: { readonly [P in K]: N } & Decoded<V[N][1]> }[keyof V & string]> {
  type Value = { [N in keyof V & string]: { readonly [P in K]: N } & Decoded<V[N][1]> }[keyof V & string];
  const byTag = new Map(Object.entries(variants).map(([name, [tag, codec]]) => [tag, { name, codec }]));
  return {
    write: (value, out) => {
      const [tag, codec] = variants[value[key]] as readonly [number, Codec<Value>];
      u8.write(tag, out);
      codec.write(value, out);
    },
    read: (reader) => {
      const tag = u8.read(reader);
      const found = byTag.get(tag);
      if (found === undefined) throw new Refusal(`unknown variant ${tag}`);
      return { [key]: found.name, ...found.codec.read(reader) } as Value;
    },
  };
}

/** A mapping between what is on the wire and what is in memory. `from` may throw {@link Refusal}. */
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
    const first = reader.uint(1);
    if (first < 0xfd) return BigInt(first);
    const value =
      first === 0xfd ? BigInt(reader.uint(2)) : first === 0xfe ? BigInt(reader.uint(4)) : u64.read(reader);
    const least = first === 0xfd ? 0xfdn : first === 0xfe ? 0x1_0000n : 0x1_0000_0000n;
    if (value < least) throw new Refusal('number not in its shortest form');
    return value;
  },
};
