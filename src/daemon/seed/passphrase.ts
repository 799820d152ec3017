import { readFile } from 'node:fs/promises';
import type { ReadStream } from 'node:tty';
import { err, ok, type Result } from '../../base/result.ts';
import type { SeedError } from './seed.ts';

const MAX_BYTES = 4096;

/** Where a passphrase may come from, in this order. A command line is none of them: others can read it. */
export interface PassphraseSources {
  readonly file: string | undefined;
  /** `WATTLANE_PASSPHRASE`. */
  readonly variable: string | undefined;
  /** Asks at the terminal; `undefined` where there is none. */
  readonly ask: (() => Promise<string>) | undefined;
}

export async function findPassphrase(sources: PassphraseSources): Promise<Result<string, SeedError>> {
  const { file, variable, ask } = sources;
  if (file !== undefined) return fromFile(file);
  const passphrase = variable ?? (await ask?.()) ?? '';
  return passphrase === '' ? err({ code: 'noPassphrase' }) : ok(passphrase);
}

/** One line; what an editor puts at its end does not belong to it. */
async function fromFile(path: string): Promise<Result<string, SeedError>> {
  try {
    const text = await readFile(path, 'utf8');
    const passphrase = text.replace(/\r?\n$/, '');
    if (text.length > MAX_BYTES || /[\r\n]/.test(passphrase))
      return err({ code: 'seedIo', path, reason: 'a passphrase is one line' });
    return passphrase === '' ? err({ code: 'noPassphrase' }) : ok(passphrase);
  } catch (error) {
    return err({ code: 'seedIo', path, reason: (error as NodeJS.ErrnoException).code ?? 'cannot be read' });
  }
}

/** What is needed of a terminal: that of `process.stdin` where it is one. */
export type Terminal = Pick<ReadStream, 'on' | 'off' | 'resume' | 'pause' | 'setRawMode'>;

const ENTER = ['\r', '\n'];
const CTRL_C_OR_D = ['\u0003', '\u0004'];
const BACKSPACE = ['\u007f', '\b'];

/** Asks at a terminal without showing what is typed. Ctrl-C and Ctrl-D give an empty one. */
export function askAt(terminal: Terminal, show: (text: string) => void, prompt: string): Promise<string> {
  return new Promise((resolve) => {
    const decoder = new TextDecoder();
    let typed: readonly string[] = [];
    const finish = (passphrase: string) => {
      terminal.off('data', onData);
      terminal.setRawMode(false);
      terminal.pause();
      show('\n');
      resolve(passphrase);
    };
    const onData = (data: Uint8Array) => {
      for (const letter of decoder.decode(data, { stream: true })) {
        if (ENTER.includes(letter)) return finish(typed.join(''));
        if (CTRL_C_OR_D.includes(letter)) return finish('');
        typed = BACKSPACE.includes(letter) ? typed.slice(0, -1) : [...typed, letter];
      }
    };
    show(prompt);
    terminal.setRawMode(true);
    terminal.on('data', onData);
    terminal.resume();
  });
}
