import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { chmod, mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { hasEnded, isRunning, kill } from '../../regtest/processes.ts';
import { buildProgram } from '../../tools/program.ts';
import type { CodeBlock } from './codeBlocks.ts';

const ROOT = fileURLToPath(new URL('../..', import.meta.url));
const MARK = '=== end of block';
const ENDING_MS = 30_000;

/** A home of its own, with the compiled programs on its PATH. */
export interface Home {
  readonly path: string;
  /** What the blocks print, each: stdout and stderr as they come. Throws with all of it when a command fails. */
  run(blocks: readonly CodeBlock[]): Promise<readonly string[]>;
  /** Ends what the commands have left running, and removes everything. */
  remove(): Promise<void>;
}

export async function makeHome(): Promise<Home> {
  const work = await mkdtemp(join(tmpdir(), 'wattlane-home-'));
  const path = join(work, 'home');
  const bin = join(work, 'bin');
  for (const folder of [path, bin]) await mkdir(folder);
  const built = await buildProgram(CLI, { others: [DAEMON, REGTEST] });
  const started = new Set<number>();
  for (const [name, file] of PROGRAMS) await script(join(bin, name), built.pathOf(file));
  await npm(join(bin, 'npm'), built.pathOf(REGTEST));
  return {
    path,
    run: async (blocks) => {
      const { code, output } = await bash(blocks, path, bin);
      for (const [, pid] of output.matchAll(/process (?:id )?(\d+)/g)) started.add(Number(pid));
      const parts = output.split(new RegExp(`^${MARK}\n`, 'm'));
      if (code !== 0)
        throw new Error(
          `line ${blocks[parts.length - 1]?.line}: exit code ${code}\n${parts.slice(-2).join('\n')}`,
        );
      return parts.slice(0, -1);
    },
    remove: async () => {
      for (const pid of started) {
        if (!isRunning(pid)) continue;
        kill(pid, 'SIGKILL');
        await hasEnded(pid, ENDING_MS);
      }
      await built.remove();
      await rm(work, { recursive: true });
    },
  };
}

const CLI = 'src/cli/main.ts';
const DAEMON = 'src/daemon/main.ts';
const REGTEST = 'regtest/cli.ts';
const PROGRAMS = [
  ['wattlane', CLI],
  ['wattlaned', DAEMON],
] as const;

async function script(path: string, program: string): Promise<void> {
  await executable(path, `exec ${process.execPath} ${program} "$@"`);
}

/** `npm run --silent regtest -- …` without npm: the same program, compiled. */
async function npm(path: string, program: string): Promise<void> {
  await executable(
    path,
    `[ "$1 $2 $3 $4" = "run --silent regtest --" ] || { echo "npm $*?" >&2; exit 99; }
shift 4
exec ${process.execPath} ${program} "$@"`,
  );
}

async function executable(path: string, text: string): Promise<void> {
  await writeFile(path, `#!/bin/sh\n${text}\n`);
  await chmod(path, 0o755);
}

async function bash(
  blocks: readonly CodeBlock[],
  home: string,
  bin: string,
): Promise<{ readonly code: number; readonly output: string }> {
  const text = blocks.map((block) => `${block.text}\necho '${MARK}'`).join('\n');
  const child = spawn('bash', ['--norc', '-c', `set -eo pipefail; exec 2>&1\n${text}`], {
    cwd: ROOT,
    env: {
      ...process.env,
      HOME: home,
      PATH: `${bin}:${process.env.PATH}`,
      WATTLANE_CACHE: process.env.WATTLANE_CACHE ?? join(ROOT, '.cache'),
    },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  let output = '';
  child.stdout.on('data', (part) => {
    output += part;
  });
  const [code] = await once(child, 'exit');
  return { code, output };
}
