import { equalBytes, toHex } from '../base/bytes.ts';
import { hash, struct, u32, u64, union } from '../base/codec.ts';
import { err, type Result } from '../base/result.ts';
import { deliveryLock } from '../crypto/deliveryLock.ts';
import type { Secp256k1 } from '../crypto/secp256k1.ts';
import type { Verdict } from './attestation.ts';
import { METER_READING, type MeterReading, verifyReading } from './meter.ts';
import {
  type BadSignature,
  type Signed,
  type StatementKind,
  signedCodec,
  verifyStatement,
} from './statement.ts';

interface StatementOfUnit {
  /** 32 bytes. */
  readonly channelId: Uint8Array;
  readonly unit: bigint;
  /** Wh, u32. */
  readonly energyWh: number;
  /** Where in the meter's export register the unit begins, Wh: not before it was ordered. */
  readonly fromWh: bigint;
  /** The meter's newest reading when the unit was ordered. */
  readonly orderedAt: Signed<MeterReading>;
  /** The reading that the verdict rests on. */
  readonly reading: Signed<MeterReading>;
}

/** The utility's word on one unit, with the signed readings it rests on, so that it can be held to it. */
export type DeliveryStatement =
  /** The meter exported `fromWh` + `energyWh` or more; `preimage` (32 bytes) opens the unit's lock. */
  | (StatementOfUnit & { readonly verdict: 'delivered'; readonly preimage: Uint8Array })
  /** By the deadline it had not. */
  | (StatementOfUnit & { readonly verdict: 'notDelivered' });

/** What each side of a channel already knows of the unit that a statement speaks of. */
export interface UnitTerms {
  readonly channelId: Uint8Array;
  readonly unit: bigint;
  /** Wh. */
  readonly energyWh: number;
  /** The delivery lock H, 32 bytes, from the utility's tariff. */
  readonly lock: Uint8Array;
  /** The seller's meter, 33 bytes. */
  readonly meter: Uint8Array;
}

export type StatementProblem =
  | { readonly code: 'otherUnit'; readonly channelId: string; readonly unit: bigint }
  | { readonly code: 'otherEnergy'; readonly energyWh: number }
  | { readonly code: 'wrongPreimage' }
  | { readonly code: 'wrongMeter'; readonly meter: string }
  | { readonly code: 'badReading'; readonly field: 'orderedAt' | 'reading' }
  | { readonly code: 'energyBeforeOrder'; readonly fromWh: bigint; readonly orderedAtWh: bigint }
  | {
      readonly code: 'verdictAgainstReading';
      readonly verdict: DeliveryStatement['verdict'];
      readonly exportWh: bigint;
      readonly neededWh: bigint;
    };

const unitFields = {
  channelId: hash,
  unit: u64,
  energyWh: u32,
  fromWh: u64,
  orderedAt: signedCodec(METER_READING),
  reading: signedCodec(METER_READING),
};

export const DELIVERY_STATEMENT: StatementKind<DeliveryStatement, StatementProblem> = {
  tag: 'wattlane/delivery-statement',
  codec: union('verdict', {
    notDelivered: [0, struct(unitFields)],
    delivered: [1, struct({ ...unitFields, preimage: hash })],
  }),
  check: checkStatement,
};

/** What the utility says of a verdict of its ledger; only a delivered unit's preimage (32 bytes) is asked for. */
export function deliveryStatement(
  verdict: Verdict,
  preimage: (channelId: Uint8Array, unit: bigint) => Uint8Array,
): DeliveryStatement {
  const { channelId, unit, energyWh, fromWh, orderedAt, reading } = verdict;
  const said = { channelId, unit, energyWh, fromWh, orderedAt, reading };
  if (verdict.verdict === 'notDelivered') return { ...said, verdict: 'notDelivered' };
  return { ...said, verdict: 'delivered', preimage: preimage(channelId, unit) };
}

/**
 * Whether a statement contradicts itself: a unit that begins before its order, readings of two meters, a verdict
 * that its own reading does not bear out. `undefined` when it does not.
 */
export function checkStatement(statement: DeliveryStatement): StatementProblem | undefined {
  const { fromWh, orderedAt, reading, verdict } = statement;
  if (!equalBytes(orderedAt.body.meter, reading.body.meter))
    return { code: 'wrongMeter', meter: toHex(orderedAt.body.meter) };
  if (fromWh < orderedAt.body.exportWh)
    return { code: 'energyBeforeOrder', fromWh, orderedAtWh: orderedAt.body.exportWh };
  const { exportWh } = reading.body;
  if (covers(statement, reading.body) !== (verdict === 'delivered'))
    return { code: 'verdictAgainstReading', verdict, exportWh, neededWh: endOf(statement) };
  return undefined;
}

/**
 * The statement, if the utility (`xOnlyKey`, 32 bytes) signed it, it speaks of the unit that `terms` names, its
 * readings are the meter's, it does not contradict itself, and a delivered unit's preimage opens the lock.
 */
export function verifyDeliveryStatement(
  secp: Secp256k1,
  signed: Signed<DeliveryStatement>,
  xOnlyKey: Uint8Array,
  terms: UnitTerms,
): Result<DeliveryStatement, StatementProblem | BadSignature> {
  const outcome = verifyStatement(secp, DELIVERY_STATEMENT, signed, xOnlyKey);
  if (!outcome.ok) return outcome;
  const problem = checkTerms(outcome.value, terms) ?? checkReadings(secp, outcome.value, terms.meter);
  return problem === undefined ? outcome : err(problem);
}

function checkTerms(statement: DeliveryStatement, terms: UnitTerms): StatementProblem | undefined {
  const { channelId, unit, energyWh } = statement;
  if (!equalBytes(channelId, terms.channelId) || unit !== terms.unit)
    return { code: 'otherUnit', channelId: toHex(channelId), unit };
  if (energyWh !== terms.energyWh) return { code: 'otherEnergy', energyWh };
  if (statement.verdict === 'delivered' && !equalBytes(deliveryLock(statement.preimage), terms.lock))
    return { code: 'wrongPreimage' };
  return undefined;
}

function checkReadings(
  secp: Secp256k1,
  statement: DeliveryStatement,
  meter: Uint8Array,
): StatementProblem | undefined {
  for (const field of ['orderedAt', 'reading'] as const) {
    const outcome = verifyReading(secp, statement[field], meter);
    if (outcome.ok) continue;
    return outcome.error.code === 'wrongMeter' ? outcome.error : { code: 'badReading', field };
  }
  return undefined;
}

/**
 * Whether `reading` proves a refusal wrong: a reading of the same meter, taken no later than the deadline, by
 * which the unit was covered. Both signatures are the caller's to verify.
 *
 * @param deadlineTime Unix seconds, the time of the block at the unit's deadline
 */
export function contradictsRefusal(
  statement: DeliveryStatement,
  reading: MeterReading,
  deadlineTime: number,
): boolean {
  return (
    statement.verdict === 'notDelivered' &&
    equalBytes(reading.meter, statement.reading.body.meter) &&
    reading.time <= deadlineTime &&
    covers(statement, reading)
  );
}

/** Whether two statements attest some watt-hour of one meter to two units: evidence against the utility. */
export function attestsTwice(a: DeliveryStatement, b: DeliveryStatement): boolean {
  return (
    a.verdict === 'delivered' &&
    b.verdict === 'delivered' &&
    equalBytes(a.reading.body.meter, b.reading.body.meter) &&
    (a.unit !== b.unit || !equalBytes(a.channelId, b.channelId)) &&
    a.fromWh < endOf(b) &&
    b.fromWh < endOf(a)
  );
}

function covers(statement: StatementOfUnit, reading: MeterReading): boolean {
  return reading.exportWh >= endOf(statement);
}

function endOf({ fromWh, energyWh }: StatementOfUnit): bigint {
  return fromWh + BigInt(energyWh);
}
