import { equalBytes, toHex } from '../base/bytes.ts';
import { fromJson, toJson } from '../base/json.ts';
import {
  attest,
  cancelUnit,
  type MeterLedger,
  openLedger,
  orderUnit,
  refuseOverdue,
  type UnitOrder,
  type Verdict,
} from '../market/attestation.ts';
import type { VerifiedReading } from '../market/meter.ts';

/** The utility's book of meters: one ledger for each, over all its channels. Plain data. */
export interface MeterBook {
  readonly [meter: string]: MeterEntry;
}

interface MeterEntry {
  readonly ledger: MeterLedger | null;
  /** Ordered before the meter's first reading; they get that reading as their baseline. */
  readonly waiting: readonly UnitOrder[];
}

/** As it is stored: the book, and verdicts that their channels may not have heard. */
export interface StoredMeters {
  readonly book: MeterBook;
  readonly untold: readonly Verdict[];
}

export interface BookStep {
  readonly book: MeterBook;
  readonly verdicts: readonly Verdict[];
}

const NEW_METER: MeterEntry = { ledger: null, waiting: [] };

/** A unit that was ordered from the owner of `meter`. What the ledger refuses (a repetition) changes nothing. */
export function bookOrder(book: MeterBook, meter: Uint8Array, order: UnitOrder): MeterBook {
  const entry = entryOf(book, meter);
  if (entry.ledger === null) {
    const known = entry.waiting.some(
      (each) => each.unit === order.unit && equalBytes(each.channelId, order.channelId),
    );
    return known ? book : withEntry(book, meter, { ...entry, waiting: [...entry.waiting, order] });
  }
  const ordered = orderUnit(entry.ledger, order);
  return ordered.ok ? withEntry(book, meter, { ...entry, ledger: ordered.value }) : book;
}

export function bookCancel(
  book: MeterBook,
  meter: Uint8Array,
  channelId: Uint8Array,
  unit: bigint,
): BookStep {
  const entry = entryOf(book, meter);
  if (entry.ledger === null) {
    const waiting = entry.waiting.filter(
      (each) => each.unit !== unit || !equalBytes(each.channelId, channelId),
    );
    return { book: withEntry(book, meter, { ...entry, waiting }), verdicts: [] };
  }
  const step = cancelUnit(entry.ledger, channelId, unit);
  return { book: withEntry(book, meter, { ...entry, ledger: step.ledger }), verdicts: step.verdicts };
}

/** A reading; the first opens the ledger. A reading that contradicts an earlier one is refused by name. */
export function bookReading(
  book: MeterBook,
  meter: Uint8Array,
  reading: VerifiedReading,
  height: number,
  capacityWhPerHour: bigint,
): BookStep & { readonly problem: string | null } {
  const entry = entryOf(book, meter);
  if (entry.ledger === null) {
    const opened = openLedger(reading, capacityWhPerHour);
    const fresh = withEntry(book, meter, { ledger: opened, waiting: [] });
    const ordered = entry.waiting.reduce((next, order) => bookOrder(next, meter, order), fresh);
    return { book: ordered, verdicts: [], problem: null };
  }
  const outcome = attest(entry.ledger, reading, height);
  if (!outcome.ok) return { book, verdicts: [], problem: outcome.error.code };
  const { ledger, verdicts } = outcome.value;
  return { book: withEntry(book, meter, { ...entry, ledger }), verdicts, problem: null };
}

/** A block: units whose deadline has come without their energy are refused. */
export function bookBlock(book: MeterBook, height: number): BookStep {
  let next = book;
  const verdicts: Verdict[] = [];
  for (const [meter, entry] of Object.entries(book)) {
    if (entry.ledger === null) continue;
    const step = refuseOverdue(entry.ledger, height);
    if (step.verdicts.length === 0) continue;
    next = { ...next, [meter]: { ...entry, ledger: step.ledger } };
    verdicts.push(...step.verdicts);
  }
  return { book: next, verdicts };
}

export function metersToJson(meters: StoredMeters): string {
  return toJson(meters);
}

/** What {@link metersToJson} wrote, or the book alone, as it was stored once: our own text, from our own store. */
export function metersFromJson(text: string): StoredMeters | undefined {
  const parsed = fromJson(text);
  if (!parsed.ok || typeof parsed.value !== 'object' || parsed.value === null) return undefined;
  if ('book' in parsed.value) return parsed.value as unknown as StoredMeters;
  return { book: parsed.value as unknown as MeterBook, untold: [] };
}

function entryOf(book: MeterBook, meter: Uint8Array): MeterEntry {
  return book[toHex(meter)] ?? NEW_METER;
}

function withEntry(book: MeterBook, meter: Uint8Array, entry: MeterEntry): MeterBook {
  return { ...book, [toHex(meter)]: entry };
}
