import { mkdtempSync, rmSync, symlinkSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { build } from 'esbuild';
import { SCRATCH } from './scratch.ts';

const ROOT = fileURLToPath(new URL('../..', import.meta.url));
/** Packages that load files of their own. */
const APART = ['better-sqlite3', 'secp256k1', 'tiny-secp256k1', 'zeromq'];
const REQUIRE = `import { createRequire } from 'node:module'; const require = createRequire(import.meta.url);`;

/** A party's program as one file of JavaScript, so that a process is there in a quarter of a second. */
export interface PartyProgram {
  readonly path: string;
  remove(): void;
}

/** Makes it in a temporary directory, once for all processes. */
export async function buildParty(): Promise<PartyProgram> {
  const dir = mkdtempSync(join(SCRATCH, 'wattlane-party-'));
  const path = join(dir, 'party.mjs');
  await build({
    entryPoints: [join(ROOT, 'test/crash/party.ts')],
    outfile: path,
    bundle: true,
    platform: 'node',
    format: 'esm',
    target: 'node20',
    external: APART,
    banner: { js: REQUIRE },
  });
  symlinkSync(join(ROOT, 'node_modules'), join(dir, 'node_modules'));
  return { path, remove: () => rmSync(dir, { recursive: true }) };
}
