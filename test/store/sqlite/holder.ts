import { StoreError } from '../../../src/store/port.ts';
import { sqliteStore } from '../../../src/store/sqlite/index.ts';

/** Opens the store named on the command line, writes to it, says so, and holds it until it is killed. */
try {
  const store = await sqliteStore(process.argv[2] ?? '');
  const records = (await store.channel('a')) === undefined ? [{ about: 'x', text: 'r' }] : [];
  await store.commit('a', { state: '{}', records, events: ['e'] });
  process.stdout.write('written\n');
  setInterval(() => {}, 1_000_000);
} catch (error) {
  if (!(error instanceof StoreError)) throw error;
  process.stdout.write(`${error.code}\n`);
}
