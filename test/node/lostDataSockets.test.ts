import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { ChannelNotice } from '../../src/index.ts';
import { type SqliteStore, sqliteStore } from '../../src/store/sqlite/index.ts';
import { txid } from '../../src/tx/transaction.ts';
import { socketNetwork } from '../support/socketNetwork.ts';
import { type SqliteDisks, sqliteDisks } from '../support/sqliteDisks.ts';
import { storeDirectory } from '../support/storeDirectory.ts';
import { simulatedTestChain, startWorld, type World } from '../support/world.ts';

let world: World;
let disks: SqliteDisks;
let directory: Awaited<ReturnType<typeof storeDirectory>>;
const opened: SqliteStore[] = [];

beforeEach(async () => {
  [disks, directory] = [await sqliteDisks(), await storeDirectory()];
  world = await startWorld(simulatedTestChain(), {
    sockets: socketNetwork(),
    store: (role) => disks.store(role),
  });
  await world.open();
  await world.trade({ units: 0 });
});

afterEach(async () => {
  await world.stop();
  for (const store of opened.splice(0)) await store.close();
  await disks.remove();
  await directory.remove();
});

const buy = async (units: number) => {
  let settled = 0;
  const paid = world.channel('consumer').notice('unitSettled', () => ++settled === units);
  await world.channel('consumer').buy(units);
  await paid;
  await world.synced();
};

const open = async (path: string): Promise<SqliteStore> => {
  const store = await sqliteStore(path);
  opened.push(store);
  return store;
};

const broadcastsOf = (notices: readonly ChannelNotice[]) =>
  notices.flatMap((notice) => (notice.type === 'broadcast' ? [notice.purpose] : []));

describe.each(['consumer', 'producer'] as const)('over sockets and files, the %s', (role) => {
  const peer = role === 'consumer' ? 'producer' : 'consumer';

  it('comes back on an old backup of its database: it broadcasts nothing, the other closes, and it is paid', async () => {
    await buy(1);
    const path = join(directory.path, 'old.db');
    await disks.now[role]?.backup(path);
    await buy(2);
    const due = world.channel(role).ledger;
    const before = world.coins()[role];
    const said = world.notices[role].length;
    const commitment = world.channel(peer).notice('broadcast', ({ purpose }) => purpose === 'commitment');
    const old = await open(path);
    expect(old.restored).toBe(true);
    await world.restart(role, undefined, { store: old, restored: true });
    const { tx } = await commitment;
    await world.synced();
    expect(world.channel(role).state).toMatchObject({ type: 'settling', why: { code: 'dataLost' } });
    await world.mine(1);
    expect(world.channel(role).state).toMatchObject({ spentBy: txid(tx) });
    await world.mine(2);
    const sat = (role === 'consumer' ? due?.consumerMsat : due?.producerMsat) ?? 0n;
    expect(world.coins()[role] - before).toBeGreaterThan(sat / 1000n - 1_000n);
    const own = broadcastsOf(world.notices[role].slice(said));
    expect(own.filter((purpose) => !purpose.startsWith('claim'))).toEqual([]);
  });

  it('comes back with nothing: the other keeps the channel, and trades on when the file is found', async () => {
    await buy(1);
    const kept = join(directory.path, 'kept.db');
    await disks.now[role]?.backup(kept);
    await world.restart(role, undefined, { store: await open(join(directory.path, 'empty.db')) });
    await world.synced();
    await world.mine(2);
    expect(world.nodes[role].channels()).toEqual([]);
    expect(world.channel(peer).state.type).toBe('open');
    expect(world.channel('utility').state.type).toBe('attesting');
    await world.restart(role, undefined, { store: await open(kept), restored: true });
    await world.channel(role).until((state) => state.type === 'open' && state.link === 'up');
    await buy(1);
    expect(world.channel('consumer').ledger).toEqual(world.channel('producer').ledger);
  });
});
