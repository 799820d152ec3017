import { afterEach, describe, expect, it } from 'vitest';
import { counterpartyOf, ROLES, type Role, TRADERS, type Trader } from '../../src/base/role.ts';
import { NodeRefused } from '../../src/index.ts';
import { memoryStore } from '../../src/store/memory.ts';
import { BOTH_CHAINS, simulatedTestChain, startWorld, type TestChain, type World } from '../support/world.ts';

/** The last backup that each node handed over. */
const kept: { [R in Role]?: Uint8Array } = {};

const keeping = {
  node: (role: Role) => ({
    onBackup: (backup: Uint8Array) => {
      kept[role] = backup;
    },
  }),
};

function lastBackup(role: Role): Uint8Array {
  const backup = kept[role];
  if (backup === undefined) throw new Error(`${role} has no backup`);
  return backup;
}

async function tradedWorld(makeChain: () => Promise<TestChain>, units = 3): Promise<World> {
  const world = await startWorld(await makeChain(), keeping);
  await world.open();
  let settled = 0;
  const done = world.channel('consumer').notice('unitSettled', () => ++settled === units);
  await world.trade({ units });
  await done;
  await world.synced();
  return world;
}

/** What `role` is owed by the last state, satoshi. */
function owed(world: World, role: Role): bigint {
  const ledger = world.channel('consumer').ledger;
  if (ledger === undefined) throw new Error('no ledger');
  return ledger[`${role}Msat`] / 1000n;
}

const lost = (world: World, role: Role) =>
  world.channel(role).until((state) => state.type === 'settling' && state.why.code === 'dataLost');

/** The most that a claim may cost here. */
const CLAIM_FEE = 500n;

describe.each(BOTH_CHAINS)('all data lost but phrase and backup, on %s', (_, makeChain) => {
  let world: World;
  afterEach(() => world.stop());

  it.each(TRADERS)(
    '%s: the peer hears it and closes, and what it owes us is ours',
    async (trader: Trader) => {
      world = await tradedWorld(makeChain);
      const share = owed(world, trader);
      const before = world.coins()[trader];
      const peer = counterpartyOf(trader);
      const closing = world.channel(peer).notice('settling');
      await world.restart(trader, memoryStore(), { backup: lastBackup(trader) });
      await lost(world, trader);
      expect((await closing).why.code).toBe('peerFailed');
      await world.nodes[trader].synced();
      expect(world.coins()[trader]).toBe(before);
      await world.mine(3);
      await world.mine(2);
      const gained = world.coins()[trader] - before;
      expect(gained).toBeGreaterThanOrEqual(share - CLAIM_FEE);
      expect(gained).toBeLessThanOrEqual(share);
    },
  );

  it('utility: it waits, and takes its output of whatever commitment comes', async () => {
    world = await tradedWorld(makeChain);
    const share = owed(world, 'utility');
    const before = world.coins().utility;
    await world.restart('utility', memoryStore(), { backup: lastBackup('utility') });
    await lost(world, 'utility');
    await world.channel('producer').forceClose();
    await world.mine(3);
    await world.mine(2);
    expect(world.coins().utility - before).toBeGreaterThanOrEqual(share - CLAIM_FEE);
  });

  it.each(ROLES)('%s, and the channel was closed long ago: its coins are found and claimed', async (role) => {
    world = await tradedWorld(makeChain);
    const share = owed(world, role);
    const before = world.coins()[role];
    await world.nodes[role].stop();
    const peer = role === 'consumer' ? 'producer' : 'consumer';
    await world.channel(peer).forceClose();
    await world.synced().catch(() => {});
    await world.chain.mine(30);
    await world.restart(role, memoryStore(), { backup: lastBackup(role) });
    await world.synced();
    await world.mine(2);
    expect(world.coins()[role] - before).toBeGreaterThanOrEqual(share - CLAIM_FEE);
  });

  it('closed together long ago: the wallet finds the payout by itself', async () => {
    world = await tradedWorld(makeChain);
    const before = world.coins().producer;
    const share = owed(world, 'producer');
    const closed = world.channel('consumer').notice('broadcast');
    await world.channel('consumer').close();
    await closed;
    await world.mine(30);
    await world.restart('producer', memoryStore(), { backup: lastBackup('producer') });
    await world.synced();
    expect(world.coins().producer - before).toBe(share);
  });

  it('a seller with a delivered unit in flight: the utility says it again, and the delivery is claimed too', async () => {
    world = await startWorld(await makeChain(), keeping);
    await world.open();
    const before = world.coins().producer;
    await world.trade({ units: 1, meter: () => false });
    await Promise.all(
      TRADERS.map((trader) =>
        world
          .channel(trader)
          .until((s) => s.type === 'open' && s.rounds.held.ledger.n === 1n && s.rounds.phase.type === 'idle'),
      ),
    );
    await world.synced();
    const attested = world.channel('utility').notice('unitAttested');
    world.network.offline(world.nodes.consumer.id);
    world.clock.pass(600);
    await world
      .channel('producer')
      .sendReading(await world.nodes.producer.readMeter({ importWh: 0n, exportWh: 10n }));
    await attested;
    await world.restart('producer', memoryStore(), { backup: lastBackup('producer') });
    await lost(world, 'producer');
    const again = world.channel('producer').notice('unitAttested');
    await again;
    world.network.online(world.nodes.consumer.id);
    await world.channel('consumer').until('settling');
    await world.mine(3);
    await world.mine(2);
    // its balance, its bond and the payment: nothing is the utility's
    expect(world.coins().producer - before).toBeGreaterThanOrEqual(100_000n + 1_000n - 2n * CLAIM_FEE);
  });
});

describe('a backup', () => {
  let world: World;
  afterEach(() => world.stop());

  it('is handed over before the signatures of the funding leave, and names the channel', async () => {
    const said: string[] = [];
    world = await startWorld(simulatedTestChain(), {
      node: (role) => ({
        onBackup: async () => {
          await Promise.resolve();
          said.push(`${role}: ${world.channel(role).state.type}`);
        },
      }),
    });
    await world.open();
    expect(said).toEqual(['producer: signingFunding', 'utility: signingFunding', 'consumer: signingFunding']);
  });

  it('that cannot be kept: no channel, no signature, and the coins are free', async () => {
    const failures: unknown[] = [];
    world = await startWorld(simulatedTestChain(), {
      node: () => ({
        onBackup: () => Promise.reject(new Error('no room')),
        onError: (error) => failures.push(error),
      }),
    });
    await expect(world.open()).rejects.toMatchObject({ name: 'ChannelEnded' });
    expect(world.channel('producer').state.type).toBe('aborted');
    expect(failures).toMatchObject([{ message: 'no room' }]);
    await world.synced();
    expect(world.nodes.producer.wallet.state().reserved).toEqual({});
  });

  it('is static: the same bytes before and after trade', async () => {
    world = await startWorld(simulatedTestChain(), keeping);
    await world.open();
    const before = world.nodes.consumer.backup();
    const done = world.channel('consumer').notice('unitSettled');
    await world.trade({ units: 1 });
    await done;
    expect(world.nodes.consumer.backup()).toEqual(before);
  });

  it.each<[string, (world: World) => Promise<void>, string]>([
    ['a store in use', (w) => w.restart('consumer', undefined, { backup: lastBackup('consumer') }), 'in use'],
    [
      'of another seed',
      (w) => w.restart('consumer', memoryStore(), { backup: lastBackup('producer') }),
      'otherSeed',
    ],
    [
      'not a backup',
      (w) => w.restart('consumer', memoryStore(), { backup: new Uint8Array(9) }),
      'notABackup',
    ],
  ])('%s: NodeRefused says so', async (_, restart, text) => {
    world = await startWorld(simulatedTestChain(), keeping);
    await world.open();
    const refused = await restart(world).catch((error: unknown) => error);
    expect(refused).toBeInstanceOf(NodeRefused);
    expect((refused as Error).message).toContain(text);
  });

  it('a restore cut off at any write: done again with the backup, refused without', async () => {
    world = await startWorld(simulatedTestChain(), keeping);
    await world.open();
    for (let write = 1; ; write++) {
      const disk = memoryStore();
      disk.failAt(write);
      const again = { backup: lastBackup('consumer'), onError: () => {} };
      const cut = await world.restart('consumer', disk, again).then(
        () => false,
        () => true,
      );
      if (!cut) break;
      const left = disk.snapshot();
      if ((await left.channels()).length > 0 && (await left.value('position')) === undefined)
        await expect(world.restart('consumer', left.snapshot())).rejects.toBeInstanceOf(NodeRefused);
      if ((await left.value('position')) === undefined) await world.restart('consumer', left, again);
      else await world.restart('consumer', left);
      await lost(world, 'consumer');
    }
  });

  it('keys of a restored node are never used again', async () => {
    world = await startWorld(simulatedTestChain(), keeping);
    await world.open();
    const old = world.channel('consumer').contract;
    await world.restart('consumer', memoryStore(), {
      backup: lastBackup('consumer'),
      entropy: (length) => new Uint8Array(length).fill(8),
    });
    await lost(world, 'consumer');
    for (const role of ROLES) await world.chain.fund(await world.nodes[role].wallet.newAddress(), 1_000_000n);
    await world.mine(3);
    await world.open({ contributions: { consumer: 100_000n, producer: 0n, utility: 0n } });
    const fresh = world.channel('consumer').contract;
    expect(fresh?.keys.consumer.funding).not.toEqual(old?.keys.consumer.funding);
  });

  it.each(['an old backup', 'a phrase and its birthday'])(
    '%s: no key of a channel that it does not know is used again, its peer has those secrets',
    async (what) => {
      world = await startWorld(simulatedTestChain(), keeping);
      const backup = world.nodes.consumer.backup();
      await world.open();
      const old = world.channel('consumer').contract;
      await world.restart('consumer', memoryStore(), {
        ...(what === 'an old backup' ? { backup } : { birthday: 1 }),
        entropy: (length) => new Uint8Array(length).fill(8),
      });
      for (const role of ROLES)
        await world.chain.fund(await world.nodes[role].wallet.newAddress(), 1_000_000n);
      await world.mine(3);
      await world.open({ contributions: { consumer: 100_000n, producer: 0n, utility: 0n } });
      const fresh = world.channel('consumer').contract;
      expect(fresh?.keys.consumer.funding).not.toEqual(old?.keys.consumer.funding);
      expect(fresh?.keys.consumer.revocation).not.toEqual(old?.keys.consumer.revocation);
    },
  );

  it('a phrase alone, with its birthday: the wallet finds its coins; without, it begins at the tip', async () => {
    world = await startWorld(simulatedTestChain());
    await world.mine(5);
    const { consumer } = world.coins();
    await world.restart('consumer', memoryStore());
    await world.synced();
    expect(world.coins().consumer).toBe(0n);
    await world.restart('consumer', memoryStore(), { birthday: 0 });
    await world.synced();
    expect(world.coins().consumer).toBe(consumer);
  });
});
