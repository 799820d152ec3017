import { checkedStore } from '../../../src/store/checked.ts';
import type { Store } from '../../../src/store/port.ts';
import { sqliteStore } from '../../../src/store/sqlite/index.ts';
import { type StorePlace, storeConformance } from '../../conformance/store.ts';
import { storeDirectory } from '../../support/storeDirectory.ts';

async function place(wrap: (store: Store) => Store): Promise<StorePlace> {
  const directory = await storeDirectory();
  let store: Store | undefined;
  return {
    async open() {
      store = wrap(await sqliteStore(directory.file, { check: 'full' }));
      return store;
    },
    async remove() {
      await store?.close();
      await directory.remove();
    },
  };
}

storeConformance('SQLite', () => place((store) => store));
storeConformance('SQLite, with checksums', () => place(checkedStore));
