import { equalBytes } from '../base/bytes.ts';
import { err, ok, type Result } from '../base/result.ts';
import { checkSuccessor, type ReadingProblem, type VerifiedReading } from './meter.ts';

/** An energy unit that was ordered from the owner of a meter, on any of its channels. */
export interface UnitOrder {
  /** 32 bytes. */
  readonly channelId: Uint8Array;
  /** Unit number, strictly increasing in a channel. */
  readonly unit: bigint;
  /** Wh. */
  readonly energyWh: number;
  /** Block height from which on the unit counts as not delivered. */
  readonly deadline: number;
}

/** A unit that waits for its energy. */
export interface OpenUnit extends UnitOrder {
  /** The newest reading when the unit was ordered: what was exported before does not count for it. */
  readonly orderedAt: VerifiedReading;
}

/**
 * What the utility knows of one meter. One ledger per meter, not per channel: a watt-hour that was attested to
 * one buyer cannot be attested to another.
 */
export interface MeterLedger {
  /** The meter's certified export capacity, Wh per hour. */
  readonly capacityWhPerHour: bigint;
  readonly lastReading: VerifiedReading;
  /** Export register up to which watt-hours are spoken for: the end of the last attested unit, Wh. */
  readonly attestedExportWh: bigint;
  /** In the order in which they were ordered. */
  readonly openUnits: readonly OpenUnit[];
  /** The highest unit ordered in each channel. */
  readonly lastUnits: readonly { readonly channelId: Uint8Array; readonly unit: bigint }[];
}

/** What the meters say of a unit. It takes the export register from `fromWh` on, `energyWh` long. */
export interface Verdict extends OpenUnit {
  readonly verdict: 'delivered' | 'notDelivered';
  readonly fromWh: bigint;
  /** The reading it rests on: covers the unit if delivered, does not if not delivered. */
  readonly reading: VerifiedReading;
}

/** A ledger after an event, and what was decided, in order. */
export interface LedgerStep {
  readonly ledger: MeterLedger;
  readonly verdicts: readonly Verdict[];
}

export type UnitProblem =
  | { readonly code: 'unitNotIncreasing'; readonly unit: bigint; readonly highest: bigint }
  | { readonly code: 'noEnergy' };

/** A ledger that begins with the reading taken when the meter was registered; nothing exported before counts. */
export function openLedger(first: VerifiedReading, capacityWhPerHour: bigint): MeterLedger {
  return {
    capacityWhPerHour,
    lastReading: first,
    attestedExportWh: first.body.exportWh,
    openUnits: [],
    lastUnits: [],
  };
}

/**
 * Registers a unit that was ordered just now. The newest reading becomes its baseline, so a fresh one should be
 * taken first: energy counts for a unit to the resolution of the readings. The same order twice changes nothing.
 *
 * Errors: a unit number that was used or passed over in its channel; no energy.
 */
export function orderUnit(ledger: MeterLedger, order: UnitOrder): Result<MeterLedger, UnitProblem> {
  const { channelId, unit, energyWh, deadline } = order;
  if (energyWh <= 0) return err({ code: 'noEnergy' });
  if (ledger.openUnits.some((open) => isSameOrder(open, order))) return ok(ledger);
  const highest = ledger.lastUnits.find((last) => equalBytes(last.channelId, channelId))?.unit;
  if (highest !== undefined && unit <= highest) return err({ code: 'unitNotIncreasing', unit, highest });
  const others = ledger.lastUnits.filter((last) => !equalBytes(last.channelId, channelId));
  const opened: OpenUnit = { channelId, unit, energyWh, deadline, orderedAt: ledger.lastReading };
  return ok({
    ...ledger,
    openUnits: [...ledger.openUnits, opened],
    lastUnits: [...others, { channelId, unit }],
  });
}

/**
 * Drops a unit that its channel cancelled: it takes no energy and gets no verdict. A unit that its buyer settled
 * without an attestation stays: the energy that the buyer got is not there for another.
 */
export function cancelUnit(ledger: MeterLedger, channelId: Uint8Array, unit: bigint): LedgerStep {
  const stays = (open: OpenUnit) => open.unit !== unit || !equalBytes(open.channelId, channelId);
  return attestCovered({ ...ledger, openUnits: ledger.openUnits.filter(stays) });
}

/**
 * Takes a reading at block `height`: first refuses what is overdue ({@link refuseOverdue}), then attests, in the
 * order in which they were ordered, the units that the export covers. A unit takes the watt-hours that follow
 * the last attested one, but none from before it was ordered; so a surplus goes to units that were open while
 * it flowed, and never to a later one.
 *
 * A reading that repeats the last one changes nothing but what is overdue. Errors: see `checkSuccessor`; the
 * ledger then stays as it was.
 */
export function attest(
  ledger: MeterLedger,
  reading: VerifiedReading,
  height: number,
): Result<LedgerStep, ReadingProblem> {
  const successor = checkSuccessor(ledger.lastReading.body, reading.body, ledger.capacityWhPerHour);
  if (!successor.ok) return successor;
  const overdue = refuseOverdue(ledger, height);
  if (successor.value === 'duplicate') return ok(overdue);
  const covered = attestCovered({ ...overdue.ledger, lastReading: reading });
  return ok({ ledger: covered.ledger, verdicts: [...overdue.verdicts, ...covered.verdicts] });
}

/**
 * Refuses the units whose deadline has come at block `height`. They could not be attested any more even if
 * energy came: from the deadline on the channel may forfeit them, and a preimage given away then would race
 * with that. The refusal rests on the last reading, which does not cover them; their watt-hours are free for
 * the units behind them.
 */
export function refuseOverdue(ledger: MeterLedger, height: number): LedgerStep {
  const overdue = claims(ledger).filter((claim) => claim.open.deadline <= height);
  if (overdue.length === 0) return { ledger, verdicts: [] };
  const refused = overdue.map((claim) => decided('notDelivered', claim, ledger));
  const openUnits = ledger.openUnits.filter((open) => open.deadline > height);
  const freed = attestCovered({ ...ledger, openUnits });
  return { ledger: freed.ledger, verdicts: [...refused, ...freed.verdicts] };
}

function attestCovered(ledger: MeterLedger): LedgerStep {
  const exported = ledger.lastReading.body.exportWh;
  const all = claims(ledger);
  const firstUncovered = all.findIndex((claim) => claim.untilWh > exported);
  const covered = firstUncovered < 0 ? all : all.slice(0, firstUncovered);
  return {
    ledger: {
      ...ledger,
      attestedExportWh: covered.at(-1)?.untilWh ?? ledger.attestedExportWh,
      openUnits: ledger.openUnits.slice(covered.length),
    },
    verdicts: covered.map((claim) => decided('delivered', claim, ledger)),
  };
}

/** The stretch of the export register that an open unit waits for. */
interface Claim {
  readonly open: OpenUnit;
  readonly fromWh: bigint;
  readonly untilWh: bigint;
}

/** One claim behind the other, none reaching back before its order. */
function claims({ openUnits, attestedExportWh }: MeterLedger): readonly Claim[] {
  let nextWh = attestedExportWh;
  return openUnits.map((open) => {
    const orderedAtWh = open.orderedAt.body.exportWh;
    if (orderedAtWh > nextWh) nextWh = orderedAtWh;
    const fromWh = nextWh;
    nextWh += BigInt(open.energyWh);
    return { open, fromWh, untilWh: nextWh };
  });
}

function decided(verdict: Verdict['verdict'], { open, fromWh }: Claim, ledger: MeterLedger): Verdict {
  return { ...open, verdict, fromWh, reading: ledger.lastReading };
}

function isSameOrder(a: UnitOrder, b: UnitOrder): boolean {
  return (
    equalBytes(a.channelId, b.channelId) &&
    a.unit === b.unit &&
    a.energyWh === b.energyWh &&
    a.deadline === b.deadline
  );
}
