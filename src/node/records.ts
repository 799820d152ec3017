import { InvariantError } from '../base/invariant.ts';
import { fromJson, toJson } from '../base/json.ts';
import type { ChannelRecord } from '../channel/action.ts';
import type { NewRecord } from '../store/port.ts';

/** What {@link storedRecord} files the records of a state under, by its commitment number. */
export function aboutState(n: bigint): string {
  return `state/${n}`;
}

/** What {@link storedRecord} files the records of a unit under, by its number in the channel. */
export function aboutUnit(unit: bigint): string {
  return `unit/${unit}`;
}

/** What {@link storedRecord} files the utility's decisions of disputes under. */
export const ABOUT_VERDICTS = 'verdict';

/** A channel's record as it is stored, to be found by the state or the unit that it is about. */
export function storedRecord(record: ChannelRecord): NewRecord {
  return { about: subjectOf(record), text: toJson(record) };
}

/** What {@link storedRecord} wrote: our own text, from our own store. */
export function readRecord(text: string): ChannelRecord {
  const parsed = fromJson(text);
  if (!parsed.ok) throw new InvariantError(`stored record is not JSON: ${parsed.error.reason}`);
  return parsed.value as ChannelRecord;
}

function subjectOf(record: ChannelRecord): string {
  switch (record.type) {
    case 'revoked':
      return aboutState(record.n);
    case 'proved':
      return aboutState(record.proof.ledger.n);
    case 'statement':
    case 'preimage':
    case 'ended':
      return aboutUnit(record.unit);
    case 'verdict':
      return ABOUT_VERDICTS;
  }
}
