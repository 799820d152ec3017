import { equalBytes, utf8 } from '../../src/base/bytes.ts';
import type { Result } from '../../src/base/result.ts';

/** `problem`: it took the bytes, but not as its format promises. */
export type Reading = 'refused' | 'accepted' | { readonly problem: string };

/** Something that reads bytes from outside. */
export interface Decoder {
  readonly name: string;
  /** Valid encodings to start from. */
  readonly samples: () => readonly Uint8Array[];
  /** Reads, and checks what it read against its format. Must not throw. */
  readonly read: (bytes: Uint8Array) => Reading;
}

/** A format in which every value has one encoding: what is accepted is exactly what would be written. */
export function canonical<T>(
  name: string,
  samples: () => readonly Uint8Array[],
  decode: (bytes: Uint8Array) => Result<T, unknown>,
  encode: (value: T) => Uint8Array,
): Decoder {
  return {
    name,
    samples,
    read: (bytes) => {
      const value = decode(bytes);
      if (!value.ok) return 'refused';
      return equalBytes(encode(value.value), bytes) ? 'accepted' : { problem: 'not the canonical bytes' };
    },
  };
}

/** A reader of text, as UTF-8 bytes; what is not UTF-8 reaches it with replacement characters. */
export function textual(
  name: string,
  samples: () => readonly string[],
  read: (text: string) => Reading,
): Decoder {
  const decoder = new TextDecoder();
  return {
    name,
    samples: () => samples().map((text) => utf8(text)),
    read: (bytes) => read(decoder.decode(bytes)),
  };
}

export function whether(accepted: boolean): Reading {
  return accepted ? 'accepted' : 'refused';
}
