import { open, realpath } from 'node:fs/promises';
import { SECRET_MODE, writeDurably } from '../daemon/files.ts';
import { CliError } from './exit.ts';

/**
 * Writes a file that only its owner reads, whole and synced. One that exists is left alone; `force` puts the new one in
 * its place, whatever its mode was, and whatever stops that half-way leaves the old one. Throws a {@link CliError}.
 */
export async function writeNew(path: string, content: string | Uint8Array, force = false): Promise<void> {
  try {
    // not by a link, as a data directory's files are made: a stick for backups has none
    await (force ? replace(path, content) : create(path, content));
  } catch (error) {
    throw fileFailure(path, error);
  }
}

async function create(path: string, content: string | Uint8Array): Promise<void> {
  const file = await open(path, 'wx', SECRET_MODE);
  try {
    await file.writeFile(content);
    await file.sync();
  } finally {
    await file.close();
  }
}

/** Where `path` is a link, the file that it names. */
async function replace(path: string, content: string | Uint8Array): Promise<void> {
  await writeDurably(await realpath(path).catch(() => path), content, { replace: true });
}

/** The first `most` bytes of a file, and one more where there are more: too long is for the reader to say. */
export async function readUpTo(path: string, most: number): Promise<Uint8Array> {
  try {
    const file = await open(path, 'r');
    try {
      const buffer = new Uint8Array(most + 1);
      let length = 0;
      while (length < buffer.length) {
        const { bytesRead } = await file.read(buffer, length, buffer.length - length);
        if (bytesRead === 0) break;
        length += bytesRead;
      }
      return buffer.slice(0, length);
    } finally {
      await file.close();
    }
  } catch (error) {
    throw fileFailure(path, error);
  }
}

const REASONS: Readonly<Record<string, string>> = {
  EEXIST: 'exists already: it is not written over',
  ENOENT: 'is not there',
  EACCES: 'may not be opened by this user',
  EPERM: 'may not be opened by this user',
  EISDIR: 'is a folder',
  ENOSPC: 'does not fit on the disk',
  EROFS: 'is on a disk that cannot be written',
};

/** What a file system said, as an error of the command. */
export function fileFailure(path: string, error: unknown): CliError {
  if (error instanceof CliError) return error;
  const code = (error as NodeJS.ErrnoException).code;
  if (code === undefined) throw error;
  const reason = REASONS[code] ?? `cannot be used: ${code}`;
  return new CliError(code === 'ENOENT' ? 'notFound' : 'failed', 'file', `${path} ${reason}`);
}

/** The first `most` bytes of what is piped in. */
export async function readInput(
  input: AsyncIterable<Uint8Array | string>,
  most: number,
): Promise<Uint8Array> {
  const parts: Buffer[] = [];
  let length = 0;
  for await (const part of input) {
    parts.push(Buffer.from(part));
    length += part.length;
    if (length > most) break;
  }
  return new Uint8Array(Buffer.concat(parts));
}
