import { readdir, readFile } from 'node:fs/promises';
import { extname, join } from 'node:path';
import { gzipSync } from 'node:zlib';
import type { BundleFigures } from './report.ts';

/** What of a built page is asked for before its first view, and what later, by type. */
export async function bundleOf(directory: string): Promise<readonly BundleFigures[]> {
  const index = await readFile(join(directory, 'index.html'), 'utf8');
  const names = await readdir(directory, { recursive: true });
  const files = names.filter((name) => ['.js', '.css', '.html'].includes(extname(name)));
  const figures = await Promise.all(
    files.map(async (name) => {
      const content = await readFile(join(directory, name));
      const isFirst = name === 'index.html' || index.includes(`/${name.replaceAll('\\', '/')}`);
      return { name, isFirst, bytes: content.length, gzipBytes: gzipSync(content).length };
    }),
  );
  return figures.sort((a, b) => Number(b.isFirst) - Number(a.isFirst) || b.bytes - a.bytes);
}
