import { openSync, writeSync } from 'node:fs';
import { join } from 'node:path';
import { sqliteStore } from '../../src/store/sqlite/index.ts';
import { groupsOf, write } from './writes.ts';

/**
 * Writes to a store in a directory, group after group, and notes in `said` how many writes were acknowledged: `node
 * writer.ts <directory> <writes> <pages of the log>`. It closes and opens the store on the way, and dies without closing it.
 */
const [directory = '', writes = '', pages = ''] = process.argv.slice(2);
const said = openSync(join(directory, 'said'), 'a');
const open = () => sqliteStore(join(directory, 'node.db'), { logPages: Number(pages) });

let store = await open();
const groups = groupsOf(Number(writes));
for (const [i, group] of groups.entries()) {
  if (i === Math.floor(groups.length / 2)) {
    await store.close();
    store = await open();
  }
  await Promise.all(group.map((n) => write(store, n)));
  writeSync(said, `${(group.at(-1) ?? 0) + 1}\n`);
}
process.kill(process.pid, 'SIGKILL');
