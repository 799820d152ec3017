import { equalBytes } from '../base/bytes.ts';
import { counterpartyOf, TRADERS } from '../base/role.ts';
import { type Secp256k1, xOnly } from '../crypto/secp256k1.ts';
import {
  attestsTwice,
  contradictsRefusal,
  DELIVERY_STATEMENT,
  type DeliveryStatement,
  type StatementProblem,
  verifyDeliveryStatement,
} from '../market/deliveryStatement.ts';
import { type MeterReading, verifyReading } from '../market/meter.ts';
import { type BadSignature, type Signed, verifyStatement } from '../market/statement.ts';
import type { Balances, Delivery } from '../tx/contract.ts';
import type { DisputedChannel, Evidence, Finding } from './evidence.ts';

/** The utility's words that hold, and what is wrong with the others and among them. */
export interface CheckedStatements {
  readonly counted: readonly DeliveryStatement[];
  readonly findings: readonly Finding[];
}

/**
 * Checks the signature of each statement, the readings in it, and, for a unit in flight in `state`, that it speaks of
 * that unit. Statements of other channels count for {@link statementConflicts} only.
 */
export function checkStatements(
  secp: Secp256k1,
  channel: DisputedChannel,
  state: Balances,
  statements: readonly Signed<DeliveryStatement>[],
): CheckedStatements {
  const findings: Finding[] = [];
  const counted: DeliveryStatement[] = [];
  for (const signed of statements) {
    const { unit } = signed.body;
    const delivery = deliveryOf(channel, state, signed.body);
    const problem = problemOf(secp, channel, delivery, signed);
    if (problem === undefined) counted.push(signed.body);
    else if (problem.code === 'badSignature')
      findings.push({ code: 'forgedStatement', against: gainerOf(signed.body, delivery), unit });
    else findings.push({ code: 'statementAgainstReadings', against: 'utility', unit, reason: problem.code });
  }
  return { counted, findings };
}

/** The readings that sound statements carry. */
export function statedReadings(statements: readonly DeliveryStatement[]): readonly MeterReading[] {
  return statements.flatMap(({ orderedAt, reading }) => [orderedAt.body, reading.body]);
}

/** What the utility's words say against each other, and signed readings against them. */
export function statementConflicts(
  { channel, deadlineTimes }: Pick<Evidence, 'channel' | 'deadlineTimes'>,
  state: Balances,
  statements: readonly DeliveryStatement[],
  readings: readonly MeterReading[],
): readonly Finding[] {
  const pairs = statements.flatMap((a, index) => statements.slice(index + 1).map((b) => [a, b] as const));
  const contradictory = pairs.filter(([a, b]) => isSameUnit(a, b) && a.verdict !== b.verdict);
  const twice = pairs.filter(([a, b]) => attestsTwice(a, b));
  const refuted = statements.flatMap((refusal) => {
    const deadline = deliveryOf(channel, state, refusal)?.deadline;
    const time = deadlineTimes.find(({ height }) => height === deadline)?.time;
    const proof =
      time === undefined ? undefined : readings.find((each) => contradictsRefusal(refusal, each, time));
    return proof === undefined ? [] : [{ unit: refusal.unit, sequence: proof.sequence }];
  });
  const against = 'utility';
  return [
    ...contradictory.map(([{ unit }]) => ({ code: 'contradictoryStatements', against, unit }) as const),
    ...twice.map(([a, b]) => ({ code: 'attestedTwice', against, unit: a.unit, otherUnit: b.unit }) as const),
    ...refuted.map((values) => ({ code: 'refusalContradicted', against, ...values }) as const),
  ];
}

/** What the utility said of a delivery; an attestation beats a refusal, since the preimage is out. */
export function wordOn(
  channel: DisputedChannel,
  { unit }: Delivery,
  statements: readonly DeliveryStatement[],
): DeliveryStatement['verdict'] | undefined {
  const words = statements.filter(
    (each) => each.unit === unit && equalBytes(each.channelId, channel.channelId),
  );
  return words.find(({ verdict }) => verdict === 'delivered')?.verdict ?? words[0]?.verdict;
}

function problemOf(
  secp: Secp256k1,
  channel: DisputedChannel,
  delivery: Delivery | undefined,
  signed: Signed<DeliveryStatement>,
): StatementProblem | BadSignature | undefined {
  const utilityKey = xOnly(channel.nodeIds.utility);
  if (delivery === undefined) {
    const outcome = verifyStatement(secp, DELIVERY_STATEMENT, signed, utilityKey);
    return outcome.ok ? readingProblem(secp, channel, signed.body) : outcome.error;
  }
  const { unit, energyWh, lock, seller } = delivery;
  const { channelId, meters } = channel;
  const terms = { channelId, unit, energyWh: Number(energyWh), lock, meter: meters[seller] };
  const outcome = verifyDeliveryStatement(secp, signed, utilityKey, terms);
  return outcome.ok ? undefined : outcome.error;
}

/** Of a unit that is not in flight here: its readings must at least be those of one of the two meters. */
function readingProblem(
  secp: Secp256k1,
  { meters }: DisputedChannel,
  statement: DeliveryStatement,
): StatementProblem | undefined {
  for (const field of ['orderedAt', 'reading'] as const) {
    const signed = statement[field];
    const holds = TRADERS.some((trader) => verifyReading(secp, signed, meters[trader]).ok);
    if (!holds) return { code: 'badReading', field };
  }
  return undefined;
}

function deliveryOf(
  { channelId }: DisputedChannel,
  { deliveries }: Balances,
  statement: DeliveryStatement,
): Delivery | undefined {
  if (!equalBytes(statement.channelId, channelId)) return undefined;
  return deliveries.find(({ unit }) => unit === statement.unit);
}

function gainerOf({ verdict }: DeliveryStatement, delivery: Delivery | undefined) {
  if (delivery === undefined) return 'utility';
  return verdict === 'delivered' ? delivery.seller : counterpartyOf(delivery.seller);
}

function isSameUnit(a: DeliveryStatement, b: DeliveryStatement): boolean {
  return a.unit === b.unit && equalBytes(a.channelId, b.channelId);
}
