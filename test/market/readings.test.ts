import { readFileSync } from 'node:fs';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  MAX_READINGS_LENGTH,
  MAX_READINGS_LINES,
  parseReadings,
  SLOT_SECONDS,
} from '../../src/market/readings.ts';
import { unwrap } from './arbitraries.ts';

const HEADER = 'interval_start_local,load_wh,solar_wh';
const file = (...rows: readonly string[]) => `${[HEADER, ...rows].join('\n')}\n`;
const ROW = '2012-01-05 00:00:00,302,0';
const NEXT = '2012-01-05 00:30:00,228,7';

describe('half-hour readings', () => {
  it('the household week: 336 half hours without a gap', () => {
    const text = readFileSync(new URL('../../examples/data/household-week.csv', import.meta.url), 'utf8');
    const intervals = unwrap(parseReadings(text));
    expect(intervals).toHaveLength(7 * 48);
    expect(intervals.map(({ slot }) => slot)).toEqual(Array.from({ length: 336 }, (_, slot) => slot));
    expect(intervals[0]).toEqual({ slot: 0, start: Date.UTC(2012, 0, 5) / 1000, loadWh: 302, solarWh: 0 });
    expect(intervals.at(-1)?.start).toBe(Date.UTC(2012, 0, 11, 23, 30) / 1000);
  });

  it.each([
    ['CRLF', file(ROW, NEXT).replaceAll('\n', '\r\n')],
    ['a byte order mark', `\uFEFF${file(ROW, NEXT)}`],
    ['no newline at the end', file(ROW, NEXT).trimEnd()],
    ['empty lines at the end', `${file(ROW, NEXT)}\r\n\n`],
  ])('%s: taken', (_name, text) => {
    expect(parseReadings(text)).toEqual(parseReadings(file(ROW, NEXT)));
    expect(unwrap(parseReadings(text))).toHaveLength(2);
  });

  it('a gap: left as a gap in the slots', () => {
    const intervals = unwrap(parseReadings(file(ROW, '2012-01-05 02:00:00,1,1')));
    expect(intervals.map(({ slot }) => slot)).toEqual([0, 4]);
  });

  it.each([
    ['nothing', '', { code: 'wrongHeader', header: '' }],
    ['another header', 'time,load,solar\n', { code: 'wrongHeader', header: 'time,load,solar' }],
    ['a header alone', file(), { code: 'noIntervals' }],
    ['a column missing', file(ROW, '2012-01-05 00:30:00,1'), { code: 'wrongColumns', line: 3, columns: 2 }],
    ['a column too many', file(`${ROW},9`), { code: 'wrongColumns', line: 2, columns: 4 }],
    ['an empty line between', file(ROW, '', NEXT), { code: 'wrongColumns', line: 3, columns: 1 }],
    [
      'a negative load',
      file('2012-01-05 00:00:00,-1,0'),
      { code: 'badEnergy', line: 2, column: 'load_wh', text: '-1' },
    ],
    [
      'NaN',
      file('2012-01-05 00:00:00,1,NaN'),
      { code: 'badEnergy', line: 2, column: 'solar_wh', text: 'NaN' },
    ],
    [
      'a fraction',
      file('2012-01-05 00:00:00,1.5,0'),
      { code: 'badEnergy', line: 2, column: 'load_wh', text: '1.5' },
    ],
    [
      'an exponent',
      file('2012-01-05 00:00:00,1,1e3'),
      { code: 'badEnergy', line: 2, column: 'solar_wh', text: '1e3' },
    ],
    [
      'an empty value',
      file('2012-01-05 00:00:00,,0'),
      { code: 'badEnergy', line: 2, column: 'load_wh', text: '' },
    ],
    [
      'more than a megawatt-hour',
      file('2012-01-05 00:00:00,1000001,0'),
      { code: 'badEnergy', line: 2, column: 'load_wh', text: '1000001' },
    ],
    ['no time', file('noon,1,1'), { code: 'badTime', line: 2, text: 'noon' }],
    [
      'a quarter past',
      file('2012-01-05 00:15:00,1,1'),
      { code: 'badTime', line: 2, text: '2012-01-05 00:15:00' },
    ],
    [
      '30 February',
      file('2012-02-30 00:00:00,1,1'),
      { code: 'badTime', line: 2, text: '2012-02-30 00:00:00' },
    ],
    ['hour 24', file('2012-01-05 24:00:00,1,1'), { code: 'badTime', line: 2, text: '2012-01-05 24:00:00' }],
    ['a time twice', file(ROW, ROW), { code: 'timeNotIncreasing', line: 3, text: '2012-01-05 00:00:00' }],
    [
      'a time from before',
      file(NEXT, ROW),
      { code: 'timeNotIncreasing', line: 3, text: '2012-01-05 00:00:00' },
    ],
    [
      'old Mac line ends',
      file(ROW).replaceAll('\n', '\r'),
      { code: 'wrongHeader', header: `${HEADER}\r${ROW}\r` },
    ],
  ])('%s: refused by line', (_name, text, error) => {
    expect(parseReadings(text)).toEqual({ ok: false, error });
  });

  it('a file too large, too many lines, a line without end: refused by size', () => {
    expect(parseReadings('x'.repeat(MAX_READINGS_LENGTH + 1))).toEqual({
      ok: false,
      error: { code: 'fileTooLarge', length: MAX_READINGS_LENGTH + 1 },
    });
    expect(parseReadings(`${HEADER}${'\n'.repeat(MAX_READINGS_LINES)}`)).toEqual({
      ok: false,
      error: { code: 'tooManyLines', line: MAX_READINGS_LINES + 1 },
    });
    const long = parseReadings(file('9'.repeat(1_000_000)));
    expect(long).toMatchObject({ ok: false, error: { code: 'wrongColumns', line: 2 } });
    const value = parseReadings(file(`2012-01-05 00:00:00,${'9'.repeat(1_000_000)},0`));
    expect(value).toMatchObject({ ok: false, error: { code: 'badEnergy', text: '9'.repeat(80) } });
  });

  it('any text: never a throw', () => {
    const pieces = fc.constantFrom(HEADER, ROW, NEXT, '\n', '\r\n', ',', '0', '-', ' ', '\u0000', '\uFEFF');
    fc.assert(
      fc.property(
        fc.oneof(
          fc.string(),
          fc.array(pieces).map((all) => all.join('')),
        ),
        (text) => {
          const outcome = parseReadings(text);
          if (!outcome.ok) return;
          for (const { loadWh, solarWh } of outcome.value) expect(loadWh >= 0 && solarWh >= 0).toBe(true);
        },
      ),
    );
  });

  it('any intervals written down: read back equal', () => {
    const energy = fc.nat(1_000_000);
    fc.assert(
      fc.property(
        fc.array(fc.tuple(fc.integer({ min: 1, max: 100 }), energy, energy), { minLength: 1 }),
        (rows) => {
          let start = Date.UTC(2020, 0, 1) / 1000;
          const intervals = rows.map(([step, loadWh, solarWh]) => {
            start += step * SLOT_SECONDS;
            return { start, loadWh, solarWh };
          });
          const lines = intervals.map(({ start: at, loadWh, solarWh }) => {
            const time = new Date(at * 1000).toISOString().slice(0, 19).replace('T', ' ');
            return `${time},${loadWh},${solarWh}`;
          });
          expect(unwrap(parseReadings(file(...lines)))).toMatchObject(intervals);
        },
      ),
    );
  });
});
