import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

/** A new directory for stores, and the way to take it away. */
export async function storeDirectory(): Promise<{
  readonly path: string;
  readonly file: string;
  remove(): Promise<void>;
}> {
  const path = await mkdtemp(join(tmpdir(), 'wattlane-store-'));
  return { path, file: join(path, 'node.db'), remove: () => rm(path, { recursive: true, force: true }) };
}
