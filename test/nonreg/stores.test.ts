import { copyFile, readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import Database from 'better-sqlite3';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { fromJson } from '../../src/base/json.ts';
import { ROLES, type Role } from '../../src/base/role.ts';
import type { Block } from '../../src/chain/port.ts';
import type { Ledger } from '../../src/channel/ledger.ts';
import { createNode, type Node } from '../../src/node/node.ts';
import { type SqliteStore, sqliteStore } from '../../src/store/sqlite/index.ts';
import { migrate } from '../../src/store/sqlite/open.ts';
import { MIGRATIONS } from '../../src/store/sqlite/schema.ts';
import { memoryNetwork } from '../../src/transport/memory.ts';
import { mnemonicFromEntropy } from '../../src/wallet/mnemonic.ts';
import { storeDirectory } from '../support/storeDirectory.ts';
import { storedChain } from '../support/storedChain.ts';
import { testClock, UNIT_WH } from '../support/world.ts';

const STORES = join(import.meta.dirname, 'stores');
const VERSIONS = (await readdir(STORES)).sort();

/** What `make.ts` kept beside the stores. */
interface Kept {
  readonly genesisHash: string;
  readonly now: number;
  readonly coins: { readonly [R in Role]: bigint };
  readonly ledger: Ledger;
  readonly blocks: readonly Block[];
}

async function keptWith(version: string): Promise<Kept> {
  const kept = fromJson(await readFile(join(STORES, version, 'world.txt'), 'utf8'));
  if (!kept.ok) throw new Error(kept.error.reason);
  return kept.value as Kept;
}

let directory: Awaited<ReturnType<typeof storeDirectory>>;
let nodes: Node[];
let stores: SqliteStore[];

beforeEach(async () => {
  directory = await storeDirectory();
  [nodes, stores] = [[], []];
});

afterEach(async () => {
  for (const node of nodes) await node.stop();
  for (const store of stores) await store.close();
  await directory.remove();
});

it('there are stores of every version', () => {
  const numbers = VERSIONS.map((name) => Number(/^v(\d+)[a-z]?$/.exec(name)?.[1]));
  expect([...new Set(numbers)]).toEqual(MIGRATIONS.map((_, i) => i + 1));
});

describe.each(VERSIONS)('stores of version %s', (version) => {
  it('open with the full check, and three nodes take them up and go on trading', async () => {
    const kept = await keptWith(version);
    const network = memoryNetwork({ seed: 1, keepAliveMs: 20 });
    const clock = testClock();
    clock.pass(kept.now - clock.now());
    const start = async (role: Role): Promise<Node> => {
      const path = join(directory.path, `${role}.db`);
      await copyFile(join(STORES, version, `${role}.db`), path);
      const store = await sqliteStore(path, { check: 'full', mustExist: true });
      stores.push(store);
      expect(store.restored).toBe(false);
      const node = await createNode({
        mnemonic: mnemonicFromEntropy(new Uint8Array(16).fill(ROLES.indexOf(role) + 1)),
        chain: storedChain(kept.genesisHash, kept.blocks),
        transport: (id) => network.join(id),
        store,
        clock,
      });
      nodes.push(node);
      expect(node.wallet.balance().confirmed).toBe(kept.coins[role]);
      return node;
    };
    const [consumer, producer] = [await start('consumer'), await start('producer')];
    await start('utility');
    const [bought, sold] = [consumer.channels()[0], producer.channels()[0]];
    expect([bought?.ledger, sold?.ledger]).toEqual([kept.ledger, kept.ledger]);
    const paid = (units: number) =>
      bought?.until(
        (s) =>
          s.type === 'open' &&
          s.link === 'up' &&
          s.rounds.phase.type === 'idle' &&
          s.rounds.held.ledger.nextUnit === BigInt(units) &&
          s.rounds.held.ledger.deliveries.length === 0,
      );
    const deliver = async (units: number) => {
      clock.pass(600);
      await sold?.readMeter({ importWh: 0n, exportWh: BigInt(units * UNIT_WH) });
    };
    // the unit that was in flight, then one more
    await Promise.all([paid(3), deliver(3)]);
    const ordered = sold?.notice('unitOrdered');
    await Promise.all([bought?.buy(1), ordered]);
    await Promise.all([paid(4), deliver(4)]);
    expect(bought?.ledger?.consumerMsat).toBe(kept.ledger.consumerMsat - 1_000_000n);
  });
});

describe('a migration', () => {
  it('that fails leaves the version before it, and all that was stored', async () => {
    const store = await sqliteStore(directory.file);
    await store.setValue('v', 'kept');
    await store.close();
    const db = new Database(directory.file);
    const failing = [
      ...MIGRATIONS,
      (to: Database.Database) => to.exec('ALTER TABLE named ADD COLUMN more TEXT'),
      () => {
        throw new Error('a bug');
      },
    ];
    expect(() => migrate(db, MIGRATIONS.length, failing)).toThrow('a bug');
    expect(db.pragma('user_version', { simple: true })).toBe(MIGRATIONS.length);
    migrate(db, MIGRATIONS.length, failing.slice(0, -1));
    expect(db.pragma('user_version', { simple: true })).toBe(MIGRATIONS.length + 1);
    expect(db.prepare('SELECT name, more FROM named').all()).toEqual([{ name: 'v', more: null }]);
    db.close();
    await expect(sqliteStore(directory.file)).rejects.toMatchObject({ code: 'newerVersion' });
  });
});
