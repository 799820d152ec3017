import { copyFileSync, existsSync } from 'node:fs';
import { join } from 'node:path';
import type { Role } from '../../src/base/role.ts';
import { type SqliteStore, sqliteStore } from '../../src/store/sqlite/index.ts';
import { storeDirectory } from './storeDirectory.ts';

/** SQLite stores for the nodes of a world, each restart on the files that a kill at that moment leaves. */
export interface SqliteDisks {
  /** For `startWorld`. */
  store(role: Role): Promise<SqliteStore>;
  /** The store that a node has now. */
  readonly now: { readonly [R in Role]?: SqliteStore };
  /** Closes all and takes them away. */
  remove(): Promise<void>;
}

export async function sqliteDisks(): Promise<SqliteDisks> {
  const directory = await storeDirectory();
  const stores: SqliteStore[] = [];
  const now: { [R in Role]?: SqliteStore } = {};
  return {
    now,
    store: async (role) => {
      const before = now[role];
      const path = join(directory.path, `${role}-${stores.length}.db`);
      if (before !== undefined) copyFiles(before.path, path);
      const store = await sqliteStore(path, { check: 'full' });
      now[role] = store;
      stores.push(store);
      return store;
    },
    remove: async () => {
      for (const store of stores) await store.close();
      await directory.remove();
    },
  };
}

/** In one go, so that no write comes in between: what the kernel has is what a process leaves that is killed now. */
function copyFiles(from: string, to: string): void {
  for (const end of ['', '-wal']) if (existsSync(from + end)) copyFileSync(from + end, to + end);
}
