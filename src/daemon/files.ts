import { randomBytes } from 'node:crypto';
import { link, mkdir, open, readdir, rename, unlink } from 'node:fs/promises';
import { basename, dirname, join } from 'node:path';

/** For the owner alone. */
export const SECRET_MODE = 0o600;
const SECRET_DIR_MODE = 0o700;

/** Makes a directory and those above it, for the owner alone where they are new. */
export async function makeDir(path: string): Promise<void> {
  await mkdir(path, { recursive: true, mode: SECRET_DIR_MODE });
}

/**
 * Writes a file of mode 0600 so that after a crash or a loss of power there is the old one or the new one, whole. With
 * `replace: false` it throws `EEXIST` where there is a file of that name, and leaves that as it is.
 */
export async function writeDurably(
  path: string,
  content: string | Uint8Array,
  { replace }: { readonly replace: boolean },
): Promise<void> {
  const temporary = join(dirname(path), `${temporaryName(path)}${randomBytes(8).toString('hex')}.tmp`);
  try {
    await writeSynced(temporary, content);
    // a link, unlike a rename, never takes the place of a file
    if (replace) await rename(temporary, path);
    else await link(temporary, path);
  } catch (error) {
    await unlink(temporary).catch(() => {});
    throw error;
  }
  if (!replace) await unlink(temporary);
  await syncDir(dirname(path));
}

/** Removes what a crash left of earlier writes of this file. For its only writer. */
export async function removeLeftovers(path: string): Promise<void> {
  for (const name of await readdir(dirname(path)))
    if (name.startsWith(temporaryName(path)) && name.endsWith('.tmp'))
      await unlink(join(dirname(path), name));
}

function temporaryName(path: string): string {
  return `.${basename(path)}.`;
}

async function writeSynced(path: string, content: string | Uint8Array): Promise<void> {
  const file = await open(path, 'wx', SECRET_MODE);
  try {
    await file.writeFile(content);
    await file.sync();
  } finally {
    await file.close();
  }
}

/** Without it the name of a new file may be lost with the power, and with it the file. */
async function syncDir(path: string): Promise<void> {
  const dir = await open(path, 'r');
  try {
    await dir.sync();
  } finally {
    await dir.close();
  }
}
