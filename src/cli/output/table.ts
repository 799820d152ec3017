import { printable } from './printable.ts';

export interface Column {
  readonly title: string;
  /** Default left; figures are right-aligned. */
  readonly align?: 'left' | 'right';
  /** May be cut down to so many characters where the terminal is narrow; default not at all. */
  readonly least?: number;
  /** Left out where the terminal is too narrow, the last such column first. */
  readonly optional?: true;
}

const GAP = '  ';

/**
 * A table as lines: titles, then rows. Fits `width` as far as its columns allow: what may be cut is cut first, then
 * optional columns go. Cells hold foreign text; they are made harmless here.
 */
export function table(
  columns: readonly Column[],
  rows: readonly (readonly string[])[],
  width = Number.POSITIVE_INFINITY,
): readonly string[] {
  const clean = rows.map((row) => row.map(printable));
  const cells = [columns.map(({ title }) => title), ...clean];
  const natural = columns.map((_, at) => Math.max(...cells.map((row) => lengthOf(row[at] ?? ''))));
  const fitted = fittedTo(columns, natural, width);
  return cells.map((row) =>
    fitted
      .map(({ at, width: room }) => aligned(cut(row[at] ?? '', room), room, columns[at]?.align))
      .join(GAP)
      .trimEnd(),
  );
}

/** Lines of names and values, the values in one column. */
export function facts(pairs: readonly (readonly [string, string])[]): readonly string[] {
  const width = Math.max(0, ...pairs.map(([name]) => name.length));
  return pairs.map(([name, value]) => `${name.padEnd(width)}${GAP}${printable(value)}`.trimEnd());
}

interface Fitted {
  readonly at: number;
  readonly width: number;
}

function fittedTo(columns: readonly Column[], natural: readonly number[], width: number): readonly Fitted[] {
  let kept: readonly Fitted[] = natural.map((room, at) => ({ at, width: room }));
  for (;;) {
    const shrunk = shrink(columns, kept, width);
    if (total(shrunk) <= width) return shrunk;
    const dropped = kept.findLast(({ at }) => columns[at]?.optional === true);
    if (dropped === undefined) return shrunk;
    kept = kept.filter((each) => each !== dropped);
  }
}

/** Takes from the widest column that can give, a character at a time. */
function shrink(columns: readonly Column[], kept: readonly Fitted[], width: number): readonly Fitted[] {
  const result = kept.map((each) => ({ ...each }));
  for (let over = total(result) - width; over > 0; over--) {
    const giving = result.filter((each) => each.width > (columns[each.at]?.least ?? each.width));
    const widest = giving.toSorted((a, b) => b.width - a.width)[0];
    if (widest === undefined) break;
    widest.width--;
  }
  return result;
}

function total(fitted: readonly Fitted[]): number {
  return fitted.reduce((sum, { width }) => sum + width, 0) + GAP.length * Math.max(0, fitted.length - 1);
}

function cut(text: string, room: number): string {
  return lengthOf(text) <= room ? text : `${[...text].slice(0, Math.max(0, room - 1)).join('')}…`;
}

function aligned(text: string, room: number, align: Column['align'] = 'left'): string {
  const fill = ' '.repeat(Math.max(0, room - lengthOf(text)));
  return align === 'right' ? fill + text : text + fill;
}

/** In characters, not in UTF-16 units. */
function lengthOf(text: string): number {
  return [...text].length;
}
