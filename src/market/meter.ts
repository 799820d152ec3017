import { equalBytes, toHex } from '../base/bytes.ts';
import { encode, point, seconds, struct, u64 } from '../base/codec.ts';
import { newestThatHold } from '../base/remembered.ts';
import { err, ok, type Result } from '../base/result.ts';
import { type Secp256k1, xOnly } from '../crypto/secp256k1.ts';
import {
  type BadSignature,
  type Signed,
  type StatementKind,
  signStatement,
  verifyStatement,
} from './statement.ts';

/** The two registers of a meter, both cumulative: watt-hours since it was installed, u64. */
export interface Registers {
  /** Energy drawn from the grid, Wh. */
  readonly importWh: bigint;
  /** Energy given to the grid, Wh. */
  readonly exportWh: bigint;
}

export interface MeterReading extends Registers {
  /** The meter's public key, 33 bytes. */
  readonly meter: Uint8Array;
  /** u64, greater in every later reading of this meter. */
  readonly sequence: bigint;
  /** Unix seconds by the meter's clock. */
  readonly time: number;
}

declare const verified: unique symbol;

/** A reading whose signature was checked: {@link verifyReading} is the only source. */
export type VerifiedReading = Signed<MeterReading> & { readonly [verified]: true };

export interface WrongMeter {
  readonly code: 'wrongMeter';
  readonly meter: string;
}

export type ReadingProblem =
  | WrongMeter
  | { readonly code: 'sequenceNotIncreasing'; readonly previous: bigint; readonly next: bigint }
  | { readonly code: 'conflictingReading'; readonly sequence: bigint }
  | { readonly code: 'timeBackwards'; readonly previous: number; readonly next: number }
  | {
      readonly code: 'registerBackwards';
      readonly register: keyof Registers;
      readonly previous: bigint;
      readonly next: bigint;
    }
  | { readonly code: 'aboveCapacity'; readonly exportedWh: bigint; readonly allowedWh: bigint };

export const METER_READING: StatementKind<MeterReading, never> = {
  tag: 'wattlane/meter-reading',
  codec: struct({
    meter: point,
    sequence: u64,
    time: seconds,
    importWh: u64,
    exportWh: u64,
  }),
  check: () => undefined,
};

/** Signs with the meter's own key, the one of `reading.meter`. */
export function signReading(
  secp: Secp256k1,
  reading: MeterReading,
  secret: Uint8Array,
): Signed<MeterReading> {
  return signStatement(secp, METER_READING, reading, secret);
}

/** The reading, if it is one of `meter` (33 bytes, the registered key) and signed by it. */
export function verifyReading(
  secp: Secp256k1,
  signed: Signed<MeterReading>,
  meter: Uint8Array,
): Result<VerifiedReading, WrongMeter | BadSignature> {
  if (!equalBytes(signed.body.meter, meter))
    return err({ code: 'wrongMeter', meter: toHex(signed.body.meter) });
  const word = `${toHex(encode(METER_READING.codec, signed.body))} ${toHex(signed.signature)}`;
  const holds = () => verifyStatement(secp, METER_READING, signed, xOnly(meter)).ok;
  return isKnown(secp, word, holds) ? ok(signed as VerifiedReading) : err({ code: 'badSignature' });
}

/** Many statements rest on the same readings: the newest that were verified, with their keys, are not verified again. */
const isKnown = newestThatHold<Secp256k1>(64);

/**
 * Whether `next` may follow `previous` on the same meter: `advance`, or `duplicate` when it says the very same
 * (a reading sent twice changes nothing).
 *
 * Errors: another meter; a sequence number that does not rise; the same number with other values; a clock or a
 * register that runs backwards; more export than the certified capacity allows for the time that passed. That
 * allowance is rounded up to a whole watt-hour, since a register that counts whole watt-hours may step so far.
 *
 * @param capacityWhPerHour the meter's certified export capacity, Wh per hour
 */
export function checkSuccessor(
  previous: MeterReading,
  next: MeterReading,
  capacityWhPerHour: bigint,
): Result<'advance' | 'duplicate', ReadingProblem> {
  if (!equalBytes(previous.meter, next.meter)) return err({ code: 'wrongMeter', meter: toHex(next.meter) });
  if (isSame(previous, next)) return ok('duplicate');
  if (next.sequence === previous.sequence)
    return err({ code: 'conflictingReading', sequence: next.sequence });
  if (next.sequence < previous.sequence)
    return err({ code: 'sequenceNotIncreasing', previous: previous.sequence, next: next.sequence });
  if (next.time < previous.time)
    return err({ code: 'timeBackwards', previous: previous.time, next: next.time });
  for (const register of ['importWh', 'exportWh'] as const)
    if (next[register] < previous[register])
      return err({
        code: 'registerBackwards',
        register,
        previous: previous[register],
        next: next[register],
      });
  const exportedWh = next.exportWh - previous.exportWh;
  const allowedWh = exportAllowance(capacityWhPerHour, next.time - previous.time);
  return exportedWh > allowedWh ? err({ code: 'aboveCapacity', exportedWh, allowedWh }) : ok('advance');
}

function isSame(a: MeterReading, b: MeterReading): boolean {
  return equalBytes(encode(METER_READING.codec, a), encode(METER_READING.codec, b));
}

/** Most watt-hours that may be exported between two readings, rounded up. Clocks count whole seconds: up to one more may have passed. */
function exportAllowance(capacityWhPerHour: bigint, elapsed: number): bigint {
  return (capacityWhPerHour * BigInt(elapsed + 1) + 3599n) / 3600n;
}
