import { readdir, readFile } from 'node:fs/promises';
import { extname, join, sep } from 'node:path';

/** A file of the page, as it is sent. */
export interface PageFile {
  readonly contentType: string;
  /** Its name changes with its content, so a browser never asks for it again. */
  readonly hashed: boolean;
  readonly content: Buffer;
}

/** By path, with the slash in front: `/index.html`. */
export type PageFiles = ReadonlyMap<string, PageFile>;

/** The page was not built, or is not whole. */
export class NoPage extends Error {
  override readonly name = 'NoPage';
}

const TYPES: ReadonlyMap<string, string> = new Map([
  ['.html', 'text/html; charset=utf-8'],
  ['.js', 'text/javascript; charset=utf-8'],
  ['.css', 'text/css; charset=utf-8'],
  ['.json', 'application/json'],
  ['.webmanifest', 'application/manifest+json'],
  ['.svg', 'image/svg+xml'],
  ['.png', 'image/png'],
  ['.ico', 'image/x-icon'],
  ['.woff2', 'font/woff2'],
  ['.wasm', 'application/wasm'],
  ['.txt', 'text/plain; charset=utf-8'],
]);

/** Vite puts what it names by its content there. */
const HASHED = /^\/assets\/[^/]+-[A-Za-z0-9_-]{8,}\.[a-z0-9]+$/;

/**
 * Reads all files of a built page, once: what is not among them then is never served. Files of other types are left out.
 * Throws {@link NoPage}.
 */
export async function readPage(directory: string): Promise<PageFiles> {
  const found = await readdir(directory, { recursive: true, withFileTypes: true }).catch(() => []);
  const files = await Promise.all(
    found
      .filter((entry) => entry.isFile() && TYPES.has(extname(entry.name)))
      .map(async (entry) => {
        const file = join(entry.parentPath, entry.name);
        const path = `/${file.slice(directory.length).split(sep).filter(Boolean).join('/')}`;
        const contentType = TYPES.get(extname(entry.name)) ?? '';
        return [path, { contentType, hashed: HASHED.test(path), content: await readFile(file) }] as const;
      }),
  );
  const page: PageFiles = new Map(files);
  if (!page.has('/index.html'))
    throw new NoPage(`there is no page in ${directory}: build it with npm run build:web`);
  return page;
}
