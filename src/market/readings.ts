import { err, ok, type Result } from '../base/result.ts';

/** Length of an interval of the file, and of a tariff slot of the demo, in seconds. */
export const SLOT_SECONDS = 1800;

/** One half hour of a household. */
export interface Interval {
  /** Half hours since the first interval of the file. */
  readonly slot: number;
  /** Start, seconds since 1970-01-01 00:00 on the file's own local clock (the file names no zone). */
  readonly start: number;
  /** Energy used, Wh. */
  readonly loadWh: number;
  /** Energy generated, before own use, Wh. */
  readonly solarWh: number;
}

export type ReadingsProblem =
  | { readonly code: 'fileTooLarge'; readonly length: number }
  | { readonly code: 'wrongHeader'; readonly header: string }
  | { readonly code: 'noIntervals' }
  | { readonly code: 'tooManyLines'; readonly line: number }
  | { readonly code: 'wrongColumns'; readonly line: number; readonly columns: number }
  | { readonly code: 'badTime'; readonly line: number; readonly text: string }
  | { readonly code: 'timeNotIncreasing'; readonly line: number; readonly text: string }
  | {
      readonly code: 'badEnergy';
      readonly line: number;
      readonly column: 'load_wh' | 'solar_wh';
      readonly text: string;
    };

/** Largest file that is read, in characters. */
export const MAX_READINGS_LENGTH = 8 * 1024 * 1024;
/** Most lines, ten years of half hours and some. */
export const MAX_READINGS_LINES = 200_000;
/** Most energy of one interval, Wh. */
export const MAX_INTERVAL_WH = 1_000_000;

const HEADER = 'interval_start_local,load_wh,solar_wh';
const SHOWN = 80;

/**
 * Half-hour intervals from CSV text with the header `interval_start_local,load_wh,solar_wh`, times as
 * `2012-01-05 00:30:00` on a half hour and strictly rising, energy in whole watt-hours. Gaps are left as gaps. A
 * byte order mark, CRLF and newlines at the end are taken; anything else out of the form is an error that names the
 * line (the header is line 1).
 */
export function parseReadings(text: string): Result<readonly Interval[], ReadingsProblem> {
  if (text.length > MAX_READINGS_LENGTH) return err({ code: 'fileTooLarge', length: text.length });
  const lines = text.replace(/^\uFEFF/, '').split(/\r?\n/, MAX_READINGS_LINES + 1);
  if (lines.length > MAX_READINGS_LINES) return err({ code: 'tooManyLines', line: lines.length });
  while (lines.at(-1) === '') lines.pop();
  const [header = '', ...rows] = lines;
  if (header !== HEADER) return err({ code: 'wrongHeader', header: header.slice(0, SHOWN) });
  if (rows.length === 0) return err({ code: 'noIntervals' });

  const intervals: Interval[] = [];
  for (const [index, row] of rows.entries()) {
    const next = parseRow(row, index + 2, intervals);
    if (!next.ok) return next;
    intervals.push(next.value);
  }
  return ok(intervals);
}

function parseRow(
  row: string,
  line: number,
  earlier: readonly Interval[],
): Result<Interval, ReadingsProblem> {
  const columns = row.split(',');
  const [time, load, solar] = columns;
  if (columns.length !== 3 || time === undefined || load === undefined || solar === undefined)
    return err({ code: 'wrongColumns', line, columns: columns.length });
  const start = parseLocalTime(time);
  if (start === undefined) return err({ code: 'badTime', line, text: time.slice(0, SHOWN) });
  const previous = earlier.at(-1);
  if (previous !== undefined && start <= previous.start)
    return err({ code: 'timeNotIncreasing', line, text: time });
  const loadWh = parseEnergy(load);
  if (loadWh === undefined)
    return err({ code: 'badEnergy', line, column: 'load_wh', text: load.slice(0, SHOWN) });
  const solarWh = parseEnergy(solar);
  if (solarWh === undefined)
    return err({ code: 'badEnergy', line, column: 'solar_wh', text: solar.slice(0, SHOWN) });
  return ok({ slot: (start - (earlier[0]?.start ?? start)) / SLOT_SECONDS, start, loadWh, solarWh });
}

function parseLocalTime(text: string): number | undefined {
  if (!/^\d{4}-\d\d-\d\d \d\d:(00|30):00$/.test(text)) return undefined;
  const iso = `${text.replace(' ', 'T')}.000Z`;
  const milliseconds = Date.parse(iso);
  if (Number.isNaN(milliseconds) || new Date(milliseconds).toISOString() !== iso) return undefined;
  return milliseconds / 1000;
}

function parseEnergy(text: string): number | undefined {
  if (!/^\d{1,7}$/.test(text)) return undefined;
  const energy = Number(text);
  return energy <= MAX_INTERVAL_WH ? energy : undefined;
}
