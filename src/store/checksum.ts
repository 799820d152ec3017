import { toHex, utf8 } from '../base/bytes.ts';
import { err, ok, type Result } from '../base/result.ts';
import { sha256 } from '../crypto/hash.ts';

/** Bytes of SHA-256 in front of a stored text: enough against damage, no defence against somebody who writes. */
const CHECKSUM_BYTES = 8;
const PREFIX = 2 * CHECKSUM_BYTES + 1;

/** What was read is not what was written: damaged, cut off, or written for another place. */
export interface CorruptText {
  readonly code: 'corrupt';
  /** Where it was read from, for example `channel 00000001 state`. */
  readonly place: string;
}

/** `text` as it is stored at `place`: the first 8 bytes of `SHA256(place || 0 || text)` in hexadecimal, a space, the text. */
export function withChecksum(place: string, text: string): string {
  return `${checksum(place, text)} ${text}`;
}

/** The text that {@link withChecksum} wrote for `place`, or that it is not one. Never throws. */
export function withoutChecksum(place: string, stored: string): Result<string, CorruptText> {
  const text = stored.slice(PREFIX);
  if (stored.slice(0, PREFIX) !== `${checksum(place, text)} `) return err({ code: 'corrupt', place });
  return ok(text);
}

function checksum(place: string, text: string): string {
  return hexSha256(`${place}\0${text}`).slice(0, 2 * CHECKSUM_BYTES);
}

/** Node's SHA-256, absent elsewhere: many times as fast as one in JavaScript on a state of 11 kB. No import, which a browser would have to follow. */
const nodeCrypto = globalThis.process?.getBuiltinModule?.('node:crypto');

const hexSha256: (text: string) => string =
  nodeCrypto === undefined
    ? (text) => toHex(sha256(utf8(text)))
    : (text) => nodeCrypto.createHash('sha256').update(text).digest('hex');
