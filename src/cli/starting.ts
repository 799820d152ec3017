import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { open, readFile } from 'node:fs/promises';
import { extname, join } from 'node:path';
import type { Readable } from 'node:stream';
import { fileURLToPath } from 'node:url';
import { EXIT_CODES } from '../daemon/config/help.ts';
import { CliError, type ExitKind } from './exit.ts';
import { fileFailure } from './files.ts';
import type { Io } from './io.ts';
import type { Output } from './output/output.ts';
import { interrupted } from './prompt.ts';
import { rememberPid } from './stopping.ts';

/** What the daemon says when it is up. */
export interface Started {
  readonly pid: number;
  readonly role: string;
  readonly nodeId: string;
  readonly logFile: string;
}

export interface StartRequest {
  readonly dataDir: string;
  /** As it was typed; without it the daemon finds its own, in the file that a setting names or the environment. */
  readonly passphrase?: string | undefined;
  /** More for `wattlaned`. */
  readonly args: readonly string[];
}

const READY_FD = 3;
const OWNER_ONLY = 0o600;
const LOOK_MS = 2000;

/** Starts the daemon in the background; resolves when it answers, and fails with what it says when it cannot. */
export async function startDetached(
  { dataDir, passphrase, args }: StartRequest,
  io: Io,
  say: (line: string) => void,
): Promise<Started> {
  const logFile = join(dataDir, 'wattlaned.log');
  const log = await open(logFile, 'a', OWNER_ONLY).catch((error) =>
    Promise.reject(fileFailure(logFile, error)),
  );
  const begin = (await log.stat()).size;
  const child = spawn(
    process.execPath,
    [...process.execArgv, daemonProgram(), '--data-dir', dataDir, '--ready-fd', String(READY_FD), ...args],
    {
      detached: true,
      stdio: ['ignore', log.fd, log.fd, 'pipe'],
      env: { ...io.env, ...(passphrase === undefined ? {} : { WATTLANE_PASSPHRASE: passphrase }) },
    },
  );
  await log.close();
  const stop = () => child.kill('SIGTERM');
  const watch = setInterval(() => void tellWaiting(logFile, begin, say), LOOK_MS);
  io.interrupted.addEventListener('abort', stop);
  try {
    const ended = once(child, 'exit').then(([code]) => ({ code: code as number | null }));
    const said = await Promise.race([readyLine(child.stdio[READY_FD] as Readable), ended]);
    if ('code' in said)
      throw io.interrupted.aborted ? interrupted() : await notStarted(said.code, logFile, begin);
    child.unref();
    await rememberPid(dataDir, said.pid);
    return { ...said, logFile };
  } finally {
    clearInterval(watch);
    io.interrupted.removeEventListener('abort', stop);
  }
}

/** Says a line when it is another than the one before. */
export function progress(output: Output): (line: string) => void {
  let before = '';
  return (line) => {
    if (line !== before) output.progress(line);
    before = line;
  };
}

/** The daemon beside this program: compiled or not, as this file is. */
function daemonProgram(): string {
  return fileURLToPath(new URL(`../daemon/main${extname(import.meta.url)}`, import.meta.url));
}

/** Never resolves when the daemon ends before it is up. */
function readyLine(output: Readable): Promise<Omit<Started, 'logFile'>> {
  return new Promise((resolve) => {
    let text = '';
    output.setEncoding('utf8');
    output.on('data', (part: string) => {
      text += part;
      if (!text.includes('\n')) return;
      const { pid, role, nodeId } = JSON.parse(text.split('\n')[0] ?? '');
      output.destroy();
      resolve({ pid, role, nodeId });
    });
    output.on('error', () => {});
  });
}

const KINDS: ReadonlyMap<number, ExitKind> = new Map<number, ExitKind>([
  [EXIT_CODES.badConfig, 'usage'],
  [EXIT_CODES.wrongPassphrase, 'refused'],
  [EXIT_CODES.noSeed, 'notFound'],
]);

async function notStarted(code: number | null, logFile: string, begin: number): Promise<CliError> {
  const lines = await linesFrom(logFile, begin);
  const reason = lines.map(reasonIn).findLast((each) => each !== undefined) ?? lines.at(-1) ?? '';
  return daemonEnded(code, `the daemon did not start: ${reason}`, `Its log: ${logFile}`);
}

/** A daemon that ended with an exit code of its own, as the end of a command. */
export function daemonEnded(code: number | null, message: string, ...advice: readonly string[]): CliError {
  const kind = KINDS.get(code ?? -1) ?? 'failed';
  const name = Object.entries(EXIT_CODES).find(([, each]) => each === code)?.[0] ?? 'failure';
  const next =
    code === EXIT_CODES.noSeed ? ["'wattlane init' makes one, 'wattlane restore' brings one back."] : [];
  return new CliError(kind, name, message, [...next, ...advice]);
}

/** What the daemon waits for, bitcoind for one: nobody should look at a start that says nothing. */
async function tellWaiting(logFile: string, begin: number, say: (line: string) => void): Promise<void> {
  const line = (await linesFrom(logFile, begin)).findLast((each) => each.includes('"level":"warn"'));
  const { msg, why } = JSON.parse(line ?? '{}');
  if (typeof msg === 'string') say(`${msg}${typeof why === 'string' ? `: ${why}` : ''}`);
}

async function linesFrom(logFile: string, begin: number): Promise<readonly string[]> {
  return (await readFile(logFile)).subarray(begin).toString('utf8').trim().split('\n');
}

/** The message of an error in a line of the log. */
function reasonIn(line: string): string | undefined {
  try {
    const { error } = JSON.parse(line);
    return typeof error?.message === 'string' ? error.message : undefined;
  } catch {
    return /^wattlaned: (.*)/.exec(line)?.[1];
  }
}
