import type { Io, Sink } from '../io.ts';
import { jsonText, printable } from './printable.ts';
import { type Column, table } from './table.ts';

export type Tone = 'plain' | 'bold' | 'dim' | 'good' | 'bad' | 'warn';

const CODES: { readonly [T in Tone]: string } = {
  plain: '',
  bold: '\x1b[1m',
  dim: '\x1b[2m',
  good: '\x1b[32m',
  bad: '\x1b[31m',
  warn: '\x1b[33m',
};

export interface OutputFlags {
  readonly json: boolean;
  readonly color: boolean;
}

/** Results go to stdout, and nothing else does; progress and errors go to stderr. */
export interface Output {
  readonly json: boolean;
  /** Unix seconds, for relative times. */
  readonly now: number;
  /** The one result of a command: a JSON document, or the lines that `human` makes of it. */
  result<T>(value: T, human: (value: T, output: Output) => readonly string[]): void;
  /** One of a stream of results: a line of JSON, or lines for people. */
  item<T>(value: T, human: (value: T, output: Output) => readonly string[]): void;
  /** What is going on, for people: on stderr, and not at all with `--json`. */
  progress(line: string): void;
  /** Lines of a table that fits the terminal, its titles dimmed. */
  table(columns: readonly Column[], rows: readonly (readonly string[])[]): readonly string[];
  paint(text: string, tone: Tone): string;
}

/** Colour on a terminal only, never with NO_COLOR set (https://no-color.org) or on a dumb one. */
function colours(sink: Sink, { env }: Io, { color }: OutputFlags): boolean {
  return color && sink.isTTY === true && env.TERM !== 'dumb' && (env.NO_COLOR ?? '') === '';
}

export function outputTo(io: Io, flags: OutputFlags): Output {
  const { stdout, stderr } = io;
  const coloured = !flags.json && colours(stdout, io, flags);
  const lines = (texts: readonly string[]) => {
    if (texts.length > 0) stdout.write(`${texts.join('\n')}\n`);
  };
  const output: Output = {
    json: flags.json,
    get now() {
      return io.now();
    },
    result: (value, human) => (flags.json ? lines([jsonText(value, 2)]) : lines(human(value, output))),
    item: (value, human) => (flags.json ? lines([jsonText(value)]) : lines(human(value, output))),
    progress: (line) => {
      if (!flags.json) stderr.write(`${printable(line)}\n`);
    },
    table: (columns, rows) => {
      // a terminal that does not know its width says 0
      const width = stdout.isTTY === true ? stdout.columns || 80 : undefined;
      const [titles = '', ...rest] = table(columns, rows, width);
      return [output.paint(titles, 'dim'), ...rest];
    },
    paint: (text, tone) =>
      coloured && tone !== 'plain' && text !== '' ? `${CODES[tone]}${text}\x1b[0m` : text,
  };
  return output;
}
