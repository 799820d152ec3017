import { mkdtemp, rm, symlink } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { build } from 'esbuild';

const ROOT = fileURLToPath(new URL('..', import.meta.url));
/** Packages that load files of their own. */
const APART = ['better-sqlite3', 'esbuild', 'secp256k1', 'tiny-secp256k1', 'zeromq'];
const REQUIRE = `import { createRequire } from 'node:module'; const require = createRequire(import.meta.url);`;

/** A program of this repository as plain JavaScript, so that a process is there in a quarter of a second. */
export interface Program {
  readonly path: string;
  /** The temporary folder that it is in. */
  readonly directory: string;
  /** Of another program that was made with it. */
  pathOf(entry: string): string;
  remove(): Promise<void>;
}

/**
 * Makes it from its first file, a path from the repository's root, in a temporary folder of `scratch`, once for all
 * processes. Programs that it starts beside itself are in `others`.
 */
export async function buildProgram(
  entry: string,
  { scratch = tmpdir(), others = [] }: { scratch?: string | undefined; others?: readonly string[] } = {},
): Promise<Program> {
  const dir = await mkdtemp(join(scratch, 'wattlane-program-'));
  await build({
    entryPoints: [entry, ...others].map((file) => join(ROOT, file)),
    outdir: dir,
    outbase: ROOT,
    outExtension: { '.js': '.mjs' },
    bundle: true,
    platform: 'node',
    format: 'esm',
    target: 'node20',
    external: APART,
    banner: { js: REQUIRE },
    logLevel: 'error',
  });
  await symlink(join(ROOT, 'node_modules'), join(dir, 'node_modules'));
  const pathOf = (file: string) => join(dir, file.replace(/\.ts$/, '.mjs'));
  return { path: pathOf(entry), pathOf, directory: dir, remove: () => rm(dir, { recursive: true }) };
}
