import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { jsonText, printable } from '../../src/cli/output/printable.ts';
import { facts, table } from '../../src/cli/output/table.ts';
import { energy, msats, relativeTime, shortId, thousands, utcTime } from '../../src/cli/output/units.ts';

// biome-ignore lint/suspicious/noControlCharactersInRegex: what a terminal must not get
const CONTROLS = /[\u0000-\u0009\u000b-\u001f\u007f-\u009f\u202a-\u202e\u2066-\u2069]/;

describe('tables', () => {
  const columns = [
    { title: 'CHANNEL', align: 'right' },
    { title: 'ID', least: 8 },
    { title: 'SAT', align: 'right' },
    { title: 'PEER', least: 6, optional: true },
  ] as const;
  const rows = [
    ['0', '0123456789abcdef0123', '1,234.5', 'alice-of-the-hill'],
    ['12', 'fedcba', '7', 'bob'],
  ];

  it('figures stand on the right, text on the left, and nothing is cut where there is room', () => {
    expect(table(columns, rows)).toEqual([
      'CHANNEL  ID                        SAT  PEER',
      '      0  0123456789abcdef0123  1,234.5  alice-of-the-hill',
      '     12  fedcba                      7  bob',
    ]);
  });

  it('a narrow terminal: what may be cut is cut, then optional columns go', () => {
    expect(table(columns, rows, 45)).toEqual([
      'CHANNEL  ID                SAT  PEER',
      expect.stringMatching(/^ {6}0 {2}0123456789\S*… {2}1,234.5 {2}alice-\S*…$/),
      expect.stringContaining('bob'),
    ]);
    expect(table(columns, rows, 30)).toEqual([
      'CHANNEL  ID                SAT',
      '      0  0123456789a…  1,234.5',
      '     12  fedcba              7',
    ]);
  });

  it('any table on any width that it can have: no line is wider, none holds a control character', () => {
    fc.assert(
      fc.property(
        fc.array(fc.tuple(fc.string({ unit: 'binary' }), fc.string(), fc.string()), { maxLength: 5 }),
        fc.integer({ min: 24, max: 100 }),
        (texts, width) => {
          const all = table(
            [
              { title: 'ONE', least: 4 },
              { title: 'TWO', least: 4, align: 'right' },
              { title: 'THREE', least: 5 },
            ],
            texts,
            width,
          );
          for (const line of all) {
            expect([...line].length).toBeLessThanOrEqual(width);
            expect(line).not.toMatch(CONTROLS);
          }
        },
      ),
    );
  });

  it('names and values stand in two columns', () => {
    expect(
      facts([
        ['role', 'consumer'],
        ['node', 'x'],
      ]),
    ).toEqual(['role  consumer', 'node  x']);
  });
});

describe('foreign text', () => {
  it('an escape sequence, a line feed and a reversed text cannot act on the terminal', () => {
    expect(printable('\u001b[2Jgone\r\n\u202egpj')).toBe('\\u{1b}[2Jgone\\u{d}\\u{a}\\u{202e}gpj');
    expect(printable('Straße 5 – 10 €')).toBe('Straße 5 – 10 €');
  });

  it('JSON stays the same value without a control character', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'binary' }), (text) => {
        const json = jsonText({ text }, 2);
        expect(json).not.toMatch(CONTROLS);
        expect(JSON.parse(json)).toEqual({ text });
      }),
    );
  });
});

it('numbers, energies and times read well', () => {
  expect(thousands(1_234_567n)).toBe('1,234,567');
  expect(thousands(-1000)).toBe('-1,000');
  expect(msats('4356')).toBe('4.356 sat');
  expect(msats('1000000')).toBe('1,000 sat');
  expect(msats('-1500')).toBe('-1.500 sat');
  expect(energy('1500')).toBe('1,500 Wh');
  expect(relativeTime(100, 100)).toBe('now');
  expect(relativeTime(100, 290)).toBe('3 min ago');
  expect(relativeTime(7300, 100)).toBe('in 2 h');
  expect(utcTime(1_795_276_809)).toBe('2026-11-21 16:00:09');
  expect(shortId('02abcdef0123456789')).toBe('02abcdef…6789');
});
