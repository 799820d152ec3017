import type { Readable } from 'node:stream';

/** What is written to: a terminal, a pipe, or a test's list of pieces. */
export interface Sink {
  write(text: string): unknown;
  readonly isTTY?: boolean | undefined;
  readonly columns?: number | undefined;
}

/** What is asked from: raw mode is there on a terminal only. */
export type Source = Readable & {
  readonly isTTY?: boolean | undefined;
  setRawMode?(on: boolean): unknown;
};

/** Everything that the command line meets outside of itself. */
export interface Io {
  readonly stdout: Sink;
  readonly stderr: Sink;
  readonly stdin: Source;
  readonly env: Readonly<Record<string, string | undefined>>;
  /** Unix seconds. */
  readonly now: () => number;
  /** Ends what waits: Ctrl-C. */
  readonly interrupted: AbortSignal;
}
