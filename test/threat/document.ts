import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import type { Measured } from './table.ts';

/** Where the results of the last whole run are kept. */
export const MEASURED_FILE = fileURLToPath(new URL('measured.json', import.meta.url));
/** The document that shows them. */
export const documented = fileURLToPath(new URL('../../docs/threat-model.md', import.meta.url));

const BEGIN = '<!-- measured: begin -->';
const END = '<!-- measured: end -->';

export function readMeasured(): Measured {
  return JSON.parse(readFileSync(MEASURED_FILE, 'utf8')) as Measured;
}

/** The document with these tables in their place. */
export function withTables(text: string, tables: string): string {
  const [begin, end] = [text.indexOf(BEGIN), text.indexOf(END)];
  if (begin < 0 || end < begin) throw new Error('the document has no place for the tables');
  return `${text.slice(0, begin + BEGIN.length)}\n\n${tables}\n\n${text.slice(end)}`;
}
