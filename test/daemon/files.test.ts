import { mkdtemp, readdir, readFile, rm, stat, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { removeLeftovers, writeDurably } from '../../src/daemon/files.ts';

let dir: string;
beforeEach(async () => {
  dir = await mkdtemp(join(tmpdir(), 'wattlane-files-'));
});
afterEach(() => rm(dir, { recursive: true, force: true }));

describe('a file that is written durably', () => {
  it('replaces the old one, for its owner alone, and leaves nothing beside it', async () => {
    const path = join(dir, 'backup');
    await writeFile(path, 'old', { mode: 0o644 });
    await writeDurably(path, 'new', { replace: true });
    expect(await readFile(path, 'utf8')).toBe('new');
    expect((await stat(path)).mode & 0o777).toBe(0o600);
    expect(await readdir(dir)).toEqual(['backup']);
  });

  it('cannot be put in its place: the error, and nothing left', async () => {
    const path = join(dir, 'backup');
    await writeFile(join(dir, 'file'), '');
    await expect(writeDurably(join(dir, 'file', 'x'), 'new', { replace: true })).rejects.toThrow('ENOTDIR');
    await writeDurably(path, 'first', { replace: false });
    await expect(writeDurably(path, 'second', { replace: false })).rejects.toMatchObject({ code: 'EEXIST' });
    expect((await readdir(dir)).sort()).toEqual(['backup', 'file']);
  });

  it('what a crash left of it is removed, and nothing of other files', async () => {
    const path = join(dir, 'backup');
    const others = ['backup', '.backup', '.other.0123456789abcdef.tmp', 'backup.tmp'];
    for (const name of [...others, '.backup.0123456789abcdef.tmp', '.backup.fedcba9876543210.tmp'])
      await writeFile(join(dir, name), '');
    await removeLeftovers(path);
    expect((await readdir(dir)).sort()).toEqual(others.sort());
  });
});
