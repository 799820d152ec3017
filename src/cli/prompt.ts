import { createInterface } from 'node:readline';
import { CliError, usageError } from './exit.ts';
import type { Io } from './io.ts';
import { printable } from './output/printable.ts';

/** Whether there is somebody to ask. */
export function isInteractive({ stdin, stderr }: Io): boolean {
  return stdin.isTTY === true && stderr.isTTY === true;
}

/**
 * Shows what will happen and asks for a yes; `yes` was said on the command line. Throws when nobody can be asked and
 * when the answer is no.
 */
export async function confirm(
  io: Io,
  what: readonly string[],
  question: string,
  yes: boolean,
): Promise<void> {
  if (yes) return;
  if (!isInteractive(io))
    throw usageError(
      `there is no terminal to ask on: ${question}`,
      'Say --yes to go on without the question.',
    );
  for (const line of what) io.stderr.write(`${printable(line)}\n`);
  const answer = await askLine(io, `${question} [y/N] `);
  if (!/^y(es)?$/i.test(answer.trim()))
    throw new CliError('refused', 'declined', 'not confirmed: nothing was done');
}

/** One line of input, without its end. */
export function askLine(io: Io, question: string): Promise<string> {
  return new Promise((resolve, reject) => {
    io.stderr.write(question);
    const lines = createInterface({ input: io.stdin, terminal: false });
    const stop = () => finish(() => reject(interrupted()));
    const finish = (then: () => void) => {
      io.interrupted.removeEventListener('abort', stop);
      lines.removeAllListeners();
      lines.close();
      then();
    };
    io.interrupted.addEventListener('abort', stop);
    lines.once('line', (line) => finish(() => resolve(line)));
    lines.once('close', () => finish(() => reject(new CliError('refused', 'declined', 'the input ended'))));
  });
}

const ENTER = /[\r\n]/;
const CTRL_C = '\u0003';
const CTRL_D = '\u0004';
/** Backspace, as terminals send it. */
const ERASE: readonly string[] = ['\b', '\u007f'];

/** A line that is not shown while it is typed. On a terminal only. */
export function askSecret(io: Io, question: string): Promise<string> {
  const { stdin, stderr } = io;
  stderr.write(question);
  stdin.setRawMode?.(true);
  stdin.setEncoding('utf8');
  return new Promise((resolve, reject) => {
    let typed = '';
    const end = (then: () => void) => {
      stdin.off('data', take);
      stdin.setRawMode?.(false);
      stdin.pause();
      stderr.write('\n');
      then();
    };
    const take = (text: string) => {
      for (const each of text) {
        if (ENTER.test(each)) return end(() => resolve(typed));
        if (each === CTRL_C) return end(() => reject(interrupted()));
        if (each === CTRL_D && typed === '')
          return end(() => reject(new CliError('refused', 'declined', 'the input ended')));
        if (ERASE.includes(each)) typed = [...typed].slice(0, -1).join('');
        else if (each >= ' ') typed += each;
      }
    };
    stdin.on('data', take);
    stdin.resume();
  });
}

/** Ctrl-C. */
export function interrupted(): CliError {
  return new CliError('interrupted', 'interrupted', 'interrupted');
}
