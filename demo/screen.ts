import { wrapped } from './format.ts';

/** What the demo writes to: standard output, or a test's list of pieces. */
export interface Sink {
  write(text: string): unknown;
  readonly isTTY?: boolean | undefined;
  readonly columns?: number | undefined;
}

export interface Environment {
  readonly NO_COLOR?: string | undefined;
  readonly TERM?: string | undefined;
}

export type Tone = 'plain' | 'bold' | 'dim' | 'good' | 'bad' | 'warn';

/** Lines of text on a terminal, or in a file; on a terminal also one line that is drawn again and again. */
export interface Screen {
  readonly width: number;
  /** Whether the last line can be drawn again. */
  readonly live: boolean;
  /** A paragraph, wrapped, with `indent` spaces before each line. */
  say(text: string, options?: { readonly tone?: Tone; readonly indent?: number }): void;
  /** One line as it is, which the caller keeps within the width. */
  line(text?: string, tone?: Tone): void;
  /** Draws the live line, or clears it with ''. Nothing happens where it is not a terminal. */
  draw(text: string): void;
}

const WIDEST = 100;
/** The tables need so much. */
const NARROWEST = 80;
const CODES: { readonly [T in Tone]: string } = {
  plain: '',
  bold: '\x1b[1m',
  dim: '\x1b[2m',
  good: '\x1b[32m',
  bad: '\x1b[31m',
  warn: '\x1b[33m',
};
const RESET = '\x1b[0m';
const CLEAR_LINE = '\r\x1b[2K';

/** Colour only on a terminal, and never with NO_COLOR set (https://no-color.org) or a dumb terminal. */
export function screenOn(sink: Sink, environment: Environment): Screen {
  // a terminal that does not know its width says 0
  const width = Math.min(WIDEST, Math.max(NARROWEST, sink.columns || WIDEST));
  const terminal = sink.isTTY === true && environment.TERM !== 'dumb';
  const colour = terminal && (environment.NO_COLOR ?? '') === '';
  let drawn = false;

  const paint = (text: string, tone: Tone) =>
    colour && tone !== 'plain' && text !== '' ? `${CODES[tone]}${text}${RESET}` : text;

  function draw(text: string): void {
    if (!terminal) return;
    if (drawn || text !== '') sink.write(`${CLEAR_LINE}${text.slice(0, width - 1)}`);
    drawn = text !== '';
  }

  function line(text = '', tone: Tone = 'plain'): void {
    draw('');
    sink.write(`${paint(text, tone)}\n`);
  }

  return {
    width,
    live: terminal,
    draw,
    line,
    say: (text, { tone = 'plain', indent = 0 } = {}) => {
      const margin = ' '.repeat(indent);
      for (const each of wrapped(text, width - indent)) line(`${margin}${each}`, tone);
    },
  };
}
