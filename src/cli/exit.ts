/**
 * What the command line ends with. Scripts rely on these numbers: they do not change.
 *
 * | code | |
 * | --- | --- |
 * | 0 | done |
 * | 1 | tried, and it failed |
 * | 2 | the command itself is wrong: nothing was tried |
 * | 3 | no daemon answers |
 * | 4 | refused: no or a lesser token, a wrong passphrase, a "no" at a question |
 * | 5 | there is no such channel, unit, peer or file |
 * | 6 | a peer cannot be reached, or what was waited for did not come in time |
 * | 130 | interrupted (Ctrl-C) |
 */
export const EXIT = {
  done: 0,
  failed: 1,
  usage: 2,
  noDaemon: 3,
  refused: 4,
  notFound: 5,
  unreachable: 6,
  interrupted: 130,
} as const;

export type ExitKind = Exclude<keyof typeof EXIT, 'done'>;

/**
 * What a command ends with when it does not do what was asked: for people what happened and what to do, for programs
 * the exit code and `code`. Never holds a secret.
 */
export class CliError extends Error {
  override readonly name = 'CliError';
  readonly retry = false;
  readonly kind: ExitKind;
  /** A name for programs, camelCase. */
  readonly code: string;
  /** What to do, a line each. */
  readonly advice: readonly string[];

  constructor(kind: ExitKind, code: string, message: string, advice: readonly string[] = []) {
    super(message);
    this.kind = kind;
    this.code = code;
    this.advice = advice;
  }
}

/** The command itself is wrong. */
export function usageError(message: string, ...advice: readonly string[]): CliError {
  return new CliError('usage', 'usage', message, advice);
}
