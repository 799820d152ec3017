import { execFileSync } from 'node:child_process';
import { mkdtempSync, rmSync, symlinkSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

const ROOT = fileURLToPath(new URL('../..', import.meta.url));

/** A party's program as JavaScript, so that a process is there in a third of a second. */
export interface PartyProgram {
  readonly path: string;
  remove(): void;
}

/** Compiles it into a temporary directory, once for all processes. */
export function buildParty(): PartyProgram {
  const dir = mkdtempSync(join(tmpdir(), 'wattlane-party-'));
  const compiler = join(ROOT, 'node_modules/.bin/tsc');
  execFileSync(compiler, ['-p', join(ROOT, 'test/crash/tsconfig.json'), '--outDir', dir], { cwd: ROOT });
  symlinkSync(join(ROOT, 'node_modules'), join(dir, 'node_modules'));
  return {
    path: join(dir, 'test/crash/party.js'),
    remove: () => rmSync(dir, { recursive: true }),
  };
}
