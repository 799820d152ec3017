import { describe, expect, it } from 'vitest';
import { satColumn, satOf, thousands, wrapped } from '../../demo/format.ts';
import { barLine, progressOn, slotLine } from '../../demo/progress.ts';
import { type Sink, screenOn } from '../../demo/screen.ts';
import type { PlannedSlot } from '../../demo/week.ts';

function paper(terminal: boolean, columns = 100): Sink & { readonly written: string[] } {
  const written: string[] = [];
  return { written, write: (text) => written.push(text), isTTY: terminal, columns };
}

const SLOT: PlannedSlot = {
  slot: 26,
  start: 1_325_768_400,
  until: 1_325_770_200,
  demandWh: 422,
  surplusWh: 102,
  msatPerWh: 328n,
  opening: { importWh: 0n, exportWh: 0n },
  orders: 2,
  units: [],
};

const ESCAPE = '\x1b';

describe('the screen', () => {
  it('not a terminal: no control characters, and the live line is not drawn', () => {
    const sink = paper(false);
    const screen = screenOn(sink, {});
    screen.line('done', 'good');
    screen.draw('half way');
    expect(sink.written).toEqual(['done\n']);
  });

  it('a terminal: colour, unless NO_COLOR is set', () => {
    const [colourful, plain] = [paper(true), paper(true)];
    screenOn(colourful, {}).line('done', 'good');
    screenOn(plain, { NO_COLOR: '1' }).line('done', 'good');
    expect(colourful.written.join('')).toContain(ESCAPE);
    expect(plain.written).toEqual(['done\n']);
  });

  it('a dumb terminal: as if it were none', () => {
    const sink = paper(true);
    screenOn(sink, { TERM: 'dumb' }).draw('half way');
    expect(sink.written).toEqual([]);
  });

  it('a line while something is drawn: the drawn line is cleared first', () => {
    const sink = paper(true);
    const screen = screenOn(sink, { NO_COLOR: '1' });
    screen.draw('half way');
    screen.line('done');
    expect(sink.written).toEqual([`\r${ESCAPE}[2Khalf way`, `\r${ESCAPE}[2K`, 'done\n']);
  });

  it.each([
    [0, 100],
    [90, 90],
    [300, 100],
    [20, 80],
  ])('%i columns: %i are used', (columns, width) => {
    expect(screenOn(paper(true, columns), {}).width).toBe(width);
  });

  it('long text: wrapped at words, none lost', () => {
    const lines = wrapped('the quick brown fox jumps over the lazy dog', 12);
    expect(lines.every((line) => line.length <= 12)).toBe(true);
    expect(lines.join(' ')).toBe('the quick brown fox jumps over the lazy dog');
  });
});

describe('progress', () => {
  it('a terminal: the bar moves with each step and is gone at the end', () => {
    const sink = paper(true);
    const progress = progressOn(screenOn(sink, { NO_COLOR: '1' }), 2, 10);
    progress.slot(SLOT);
    progress.ordered();
    progress.delivered();
    progress.paid();
    progress.end();
    const drawn = sink.written.join('');
    for (const step of ['unit 1 ordered', 'unit 1 delivered', 'unit 1 paid']) expect(drawn).toContain(step);
    expect(sink.written.at(-1)).toBe(`${slotLine(SLOT, 1, 10)}\n`);
  });

  it('half of the units: half of the bar', () => {
    expect(barLine(1, 2, 'unit 1 paid', SLOT)).toContain(`[${'#'.repeat(15)}${'·'.repeat(15)}]  1/2 units`);
  });

  it('the line of a half hour: demand, price, cost of a unit, one mark for each', () => {
    expect(slotLine(SLOT, 3, 10)).toMatch(/Thu {2}5 Jan 13:00 +422 Wh +328 msat\/Wh +3\.280 sat +###$/);
  });
});

describe('amounts', () => {
  it.each([
    [0n, '0'],
    [1_000n, '1'],
    [4_356n, '4.356'],
    [-99_009_645n, '-99,009.645'],
    [-5n, '-0.005'],
  ])('%s msat: %s sat', (msat, text) => {
    expect(satOf(msat)).toBe(text);
  });

  it('thousands: grouped', () => {
    expect([1n, 999n, 1_000n, -1_234_567n].map(thousands)).toEqual(['1', '999', '1,000', '-1,234,567']);
  });

  it('a column: the decimal points stand under each other', () => {
    expect([satColumn(1_000n, 8), satColumn(1_500n, 8)]).toEqual(['   1    ', '   1.500']);
  });
});
