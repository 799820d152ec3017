import { concat, equalBytes, readUintBE, uintBE } from '../base/bytes.ts';
import {
  bigSize,
  blob,
  type Codec,
  type Decoded,
  decode,
  encode,
  hash,
  type Malformed,
  Refusal,
  struct,
  u16,
  u64,
} from '../base/codec.ts';
import type { Result } from '../base/result.ts';
import { readTlvs, tlvStream } from './tlv.ts';

/** Largest message, in bytes, type included: the limit of BOLT 8. */
export const MAX_MESSAGE_LENGTH = 65_535;
/** Features, bytes: BOLT 9 numbers go into the thousands. */
const MAX_FEATURES = 1024;
/** What a message has room for behind its number, a channel id and a count. */
const MAX_TEXT = MAX_MESSAGE_LENGTH - 2 - 32 - 2;
/** Longest pong that a ping may ask for (BOLT 1); one that asks for more wants none. */
export const MAX_PONG = 65_531;

/** What is shown of a peer's text, bytes. */
const MAX_SHOWN = 200;

/** The numbers of BOLT 1's messages. */
export const NUMBERS = { warning: 1, init: 16, error: 17, ping: 18, pong: 19 } as const;

/** Fields of `error` and `warning`: the channel that they are about (zeros: the connection), and a text. */
export const complaintFields = struct({ channelId: hash, data: blob(MAX_TEXT) });
export const initFields = struct({ globalFeatures: blob(MAX_FEATURES), features: blob(MAX_FEATURES) });
export const pingFields = struct({ pongLength: u16, ignored: blob(65_529) });
export const pongFields = struct({ ignored: blob(MAX_PONG) });

/** The number of a message, which its first two bytes say; `undefined` for less. */
export function messageNumber(message: Uint8Array): number | undefined {
  const [high, low] = message;
  return high === undefined || low === undefined ? undefined : (high << 8) | low;
}

/** What a node says first on each connection. */
export interface Init {
  /** Feature bits of both fields together (BOLT 9): bit 0 is the last byte's lowest. */
  readonly features: Uint8Array;
  /** Chains that the sender follows, 32 bytes each in the byte order of BOLT 1 (not the displayed one); absent if it does not say. */
  readonly networks?: readonly Uint8Array[];
  /** Which of the connections of a pair this one is, as its sender counts, at most 2^53 (protocol section 11). */
  readonly ordinal?: bigint;
}

const NETWORKS = 1n;
/** Our own, in the range that BOLT 1 leaves to everyone; odd, so that others pass over it. */
const ORDINAL = 390_001n;

/** No pair of nodes gets there; above it we could not count on. */
const MAX_ORDINAL = 2n ** 53n;

const initCodec: Codec<Init> = {
  write: ({ features, networks, ordinal }, out) => {
    initFields.write({ globalFeatures: new Uint8Array(0), features }, out);
    if (networks !== undefined) writeTlv(NETWORKS, concat(...networks), out);
    if (ordinal !== undefined) writeTlv(ORDINAL, encode(u64, ordinal), out);
  },
  read: (reader) => {
    const { globalFeatures, features } = initFields.read(reader);
    const tlvs = readTlvs(reader);
    const [networks, ordinal] = [tlvs.get(NETWORKS), tlvs.get(ORDINAL)];
    return {
      features: eitherBit(globalFeatures, features),
      ...(networks === undefined ? {} : { networks: chainHashes(networks) }),
      ...(ordinal === undefined ? {} : { ordinal: readOrdinal(ordinal) }),
    };
  },
};

export function encodeInit(init: Init): Uint8Array {
  return concat(uintBE(NUMBERS.init, 2), encode(initCodec, init));
}

/** The fields of an `init`, from the whole message. Never throws. */
export function decodeInit(message: Uint8Array): Result<Init, Malformed> {
  return decode(initCodec, message.subarray(2));
}

/** A `ping` that asks for a pong of `pongLength` bytes. */
export function encodePing(pongLength: number): Uint8Array {
  return concat(uintBE(NUMBERS.ping, 2), encode(pingFields, { pongLength, ignored: new Uint8Array(0) }));
}

/** The fields of a `ping`, from the whole message. Never throws. */
export function decodePing(message: Uint8Array): Result<Decoded<typeof pingFields>, Malformed> {
  return decode(withTail(pingFields), message.subarray(2));
}

export function encodePong(length: number): Uint8Array {
  return concat(uintBE(NUMBERS.pong, 2), encode(pongFields, { ignored: new Uint8Array(length) }));
}

/** A `warning` about the connection as a whole. */
export function encodeWarning(text: Uint8Array): Uint8Array {
  const fields = { channelId: new Uint8Array(32), data: text };
  return concat(uintBE(NUMBERS.warning, 2), encode(complaintFields, fields));
}

/** The lowest even feature bit that is set: as we have none, one that we do not know. */
export function requiredFeature(features: Uint8Array): number | undefined {
  for (let bit = 0; bit < features.length * 8; bit += 2) {
    const byte = features[features.length - 1 - (bit >> 3)] ?? 0;
    if ((byte >> (bit & 7)) & 1) return bit;
  }
  return undefined;
}

/** Whether the sender of an `init` follows the chain; one that names none is taken to. */
export function follows({ networks }: Init, chainHash: Uint8Array): boolean {
  return networks?.some((each) => equalBytes(each, chainHash)) ?? true;
}

function withTail<T>(codec: Codec<T>): Codec<T> {
  return {
    write: codec.write,
    read: (reader) => {
      const value = codec.read(reader);
      tlvStream.read(reader);
      return value;
    },
  };
}

function writeTlv(type: bigint, value: Uint8Array, out: Uint8Array[]): void {
  bigSize.write(type, out);
  bigSize.write(BigInt(value.length), out);
  out.push(value);
}

function chainHashes(bytes: Uint8Array): readonly Uint8Array[] {
  if (bytes.length % 32 !== 0) throw new Refusal(`networks of ${bytes.length} bytes`);
  return Array.from({ length: bytes.length / 32 }, (_, i) => bytes.slice(32 * i, 32 * (i + 1)));
}

function readOrdinal(bytes: Uint8Array): bigint {
  if (bytes.length !== 8) throw new Refusal(`ordinal of ${bytes.length} bytes`);
  const ordinal = readUintBE(bytes);
  if (ordinal > MAX_ORDINAL) throw new Refusal(`ordinal ${ordinal}`);
  return ordinal;
}

/** The bits of both, the last byte of each the lowest. */
function eitherBit(a: Uint8Array, b: Uint8Array): Uint8Array {
  const [longer, shorter] = a.length > b.length ? [a, b] : [b, a];
  const offset = longer.length - shorter.length;
  return longer.map((byte, i) => byte | (shorter[i - offset] ?? 0));
}

/**
 * What an `error` or a `warning` about the connection as a whole says, from the whole message: printable ASCII only, cut
 * short. `undefined` when it is about a channel, or malformed.
 */
export function complaintText(message: Uint8Array): string | undefined {
  const decoded = decode(withTail(complaintFields), message.subarray(2));
  if (!decoded.ok || decoded.value.channelId.some((byte) => byte !== 0)) return undefined;
  const text = new TextDecoder().decode(decoded.value.data.subarray(0, MAX_SHOWN));
  return text.replace(/[^ -~]/g, '?');
}
