import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { Readable } from 'node:stream';
import { fileURLToPath } from 'node:url';
import type { Io } from '../../../src/cli/io.ts';
import { run } from '../../../src/cli/program.ts';

export const ROOT = fileURLToPath(new URL('../../..', import.meta.url));

export interface Ended {
  readonly code: number;
  readonly stdout: string;
  readonly stderr: string;
}

export interface Setting {
  readonly env?: Readonly<Record<string, string | undefined>>;
  /** What is typed; without it there is no terminal. */
  readonly typed?: readonly string[];
  /** Columns of the terminal that stdout is; without it stdout is a pipe. */
  readonly columns?: number;
  readonly interrupted?: AbortSignal;
  readonly onStdout?: (text: string) => void;
  /** Unix seconds; default the time. */
  readonly now?: () => number;
}

/** The command line in this process: what it wrote, and what it ended with. */
export async function runCli(args: readonly string[], setting: Setting = {}): Promise<Ended> {
  const written = { stdout: '', stderr: '' };
  const terminal = setting.typed !== undefined;
  const sink = (name: keyof typeof written, isTTY: boolean) => ({
    write: (text: string) => {
      written[name] += text;
      if (name === 'stdout') setting.onStdout?.(text);
    },
    isTTY,
    ...(setting.columns === undefined ? {} : { columns: setting.columns }),
  });
  const stdin = Object.assign(Readable.from((setting.typed ?? []).map((line) => `${line}\n`)), {
    isTTY: terminal,
  });
  const io: Io = {
    stdout: sink('stdout', setting.columns !== undefined),
    stderr: sink('stderr', terminal),
    stdin,
    env: setting.env ?? {},
    now: setting.now ?? (() => Math.floor(Date.now() / 1000)),
    interrupted: setting.interrupted ?? new AbortController().signal,
  };
  const code = await run(args, io);
  return { code, ...written };
}

/** `wattlane ARGS` as a process of its own, by default as a checkout runs it. */
export async function spawnCli(
  args: readonly string[],
  program: readonly string[] = ['--import', 'tsx', 'src/cli/main.ts'],
): Promise<Ended> {
  const child = spawn(process.execPath, [...program, ...args], {
    cwd: ROOT,
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  let [stdout, stderr] = ['', ''];
  child.stdout.on('data', (chunk) => {
    stdout += chunk;
  });
  child.stderr.on('data', (chunk) => {
    stderr += chunk;
  });
  const [code] = await once(child, 'close');
  return { code, stdout, stderr };
}
