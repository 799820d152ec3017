import { equalBytes, toHex } from '../base/bytes.ts';
import { encode } from '../base/codec.ts';
import { TRADERS, type Trader } from '../base/role.ts';
import type { Secp256k1 } from '../crypto/secp256k1.ts';
import {
  checkSuccessor,
  METER_READING,
  type MeterReading,
  type ReadingProblem,
  verifyReading,
} from '../market/meter.ts';
import type { DisputedChannel, Finding, ShownReading } from './evidence.ts';

/** The readings that count, one meter after the other by rising sequence, and what is wrong with the others. */
export interface CheckedReadings {
  readonly counted: readonly MeterReading[];
  readonly findings: readonly Finding[];
}

/**
 * Checks what the traders showed, with `stated`, the readings that the utility's statements carry and whose signatures
 * were checked. Forged ones (signature, other meter), replays (a sequence number that was shown before, or a lower one), and
 * those that no meter could have measured after the ones before it are named and do not count.
 */
export function checkReadings(
  secp: Secp256k1,
  channel: DisputedChannel,
  shown: readonly ShownReading[],
  stated: readonly MeterReading[],
): CheckedReadings {
  const findings: Finding[] = [];
  const fresh: MeterReading[] = [];
  const newest: { [T in Trader]?: bigint } = {};
  for (const { from, signed } of shown) {
    const { sequence } = signed.body;
    const verified = verifyReading(secp, signed, channel.meters[from]);
    const previous = newest[from];
    if (!verified.ok)
      findings.push({ code: 'forgedReading', against: from, sequence, reason: verified.error.code });
    else if (previous !== undefined && sequence <= previous)
      findings.push({ code: 'replayedReading', against: from, sequence, previous });
    else {
      newest[from] = sequence;
      fresh.push(signed.body);
    }
  }
  const counted = TRADERS.flatMap((trader) => {
    const own = [...stated, ...fresh].filter(({ meter }) => equalBytes(meter, channel.meters[trader]));
    return inOrder(own, trader, channel.capacityWhPerHour[trader], findings);
  });
  return { counted, findings };
}

function inOrder(
  readings: readonly MeterReading[],
  against: Trader,
  capacityWhPerHour: bigint,
  findings: Finding[],
): readonly MeterReading[] {
  const distinct = new Map(readings.map((each) => [toHex(encode(METER_READING.codec, each)), each]));
  const sorted = [...distinct.values()].sort((a, b) => compare(a.sequence, b.sequence));
  const counted: MeterReading[] = [];
  for (const next of sorted) {
    const previous = counted.at(-1);
    const outcome = previous === undefined ? undefined : checkSuccessor(previous, next, capacityWhPerHour);
    if (outcome === undefined || outcome.ok) counted.push(next);
    else findings.push({ against, ...named(next.sequence, outcome.error) });
  }
  return counted;
}

function named(sequence: bigint, problem: ReadingProblem) {
  switch (problem.code) {
    case 'sequenceNotIncreasing':
      return { code: 'replayedReading', sequence, previous: problem.previous } as const;
    case 'conflictingReading':
      return { code: 'replayedReading', sequence, previous: problem.sequence } as const;
    case 'timeBackwards':
      return { code: 'readingBackwards', sequence, what: 'time' } as const;
    case 'registerBackwards':
      return { code: 'readingBackwards', sequence, what: problem.register } as const;
    case 'aboveCapacity':
      return {
        code: 'readingAboveCapacity',
        sequence,
        exportedWh: problem.exportedWh,
        allowedWh: problem.allowedWh,
      } as const;
    case 'wrongMeter':
      return { code: 'forgedReading', sequence, reason: problem.code } as const;
  }
}

function compare(a: bigint, b: bigint): number {
  return a < b ? -1 : a > b ? 1 : 0;
}
