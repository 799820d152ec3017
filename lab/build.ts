import { readdir, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

const ROOT = fileURLToPath(new URL('..', import.meta.url));
/** What the page is made of: a change in any of these makes a new one. */
const SOURCES = ['web', 'src', 'lab', 'docs/protocol.md', 'package-lock.json'];

/** Where the page is built. */
export const PAGE_DIR = join(ROOT, 'dist/web');

/** Builds the page, unless it is newer than all that it is made of. Whether it was built. */
export async function buildPage(): Promise<boolean> {
  const built = await changedAt(join(PAGE_DIR, 'index.html'));
  const sources = await Promise.all(SOURCES.map((path) => newestIn(join(ROOT, path))));
  if (built > Math.max(...sources)) return false;
  const { build } = await import('vite');
  await build({ configFile: join(ROOT, 'web/vite.config.ts'), root: join(ROOT, 'web'), logLevel: 'error' });
  return true;
}

async function newestIn(path: string): Promise<number> {
  const entries = await readdir(path, { recursive: true, withFileTypes: true }).catch(() => []);
  const files = entries.filter((entry) => entry.isFile()).map((entry) => join(entry.parentPath, entry.name));
  return Math.max(...(await Promise.all([path, ...files].map(changedAt))));
}

/** 0 where there is no such file. */
async function changedAt(path: string): Promise<number> {
  return stat(path).then(
    ({ mtimeMs }) => mtimeMs,
    () => 0,
  );
}
