import { concat, uintBE } from '../../base/bytes.ts';
import {
  type Aead,
  type CipherState,
  openNext,
  portableAead,
  type Sealed,
  sealNext,
  TAG_LENGTH,
} from './cipher.ts';

/** Bytes of a record before its message: the length, sealed. */
export const HEADER_LENGTH = 2 + TAG_LENGTH;
/** The longest record, bytes: a message of 65,535. */
export const MAX_RECORD_LENGTH = HEADER_LENGTH + 65_535 + TAG_LENGTH;

/** One message, at most 65,535 bytes, as it goes over the wire: its length and itself, each sealed. */
export function sealRecord(state: CipherState, message: Uint8Array, aead: Aead = portableAead): Sealed {
  const header = sealNext(aead, state, uintBE(message.length, 2));
  const body = sealNext(aead, header.state, message);
  return { state: body.state, bytes: concat(header.bytes, body.bytes) };
}

/** Reads records from a stream of bytes; between two, or between a header and its message. */
export interface RecordReader {
  readonly cipher: CipherState;
  /** Length of the message whose header was read. */
  readonly messageLength: number | undefined;
}

/** How many bytes {@link readPart} takes next. */
export function nextLength({ messageLength }: RecordReader): number {
  return messageLength === undefined ? HEADER_LENGTH : messageLength + TAG_LENGTH;
}

/** What was read: a whole message, or only its header. */
export interface RecordPart {
  readonly reader: RecordReader;
  readonly message?: Uint8Array;
}

/** Takes the next {@link nextLength} bytes of the stream. `undefined` when they were altered: nothing after them can be read. */
export function readPart(
  reader: RecordReader,
  bytes: Uint8Array,
  aead: Aead = portableAead,
): RecordPart | undefined {
  const opened = openNext(aead, reader.cipher, bytes);
  if (opened === undefined) return undefined;
  const cipher = opened.state;
  if (reader.messageLength !== undefined)
    return { reader: { cipher, messageLength: undefined }, message: opened.bytes };
  const [high = 0, low = 0] = opened.bytes;
  return { reader: { cipher, messageLength: (high << 8) | low } };
}
