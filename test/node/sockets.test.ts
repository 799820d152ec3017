import { afterEach, describe, expect, it } from 'vitest';
import { type PerRole, ROLES, type Role } from '../../src/base/role.ts';
import { socketNetwork } from '../support/socketNetwork.ts';
import { BOTH_CHAINS, simulatedTestChain, startWorld, type World } from '../support/world.ts';

/** Payment of one unit in these tests: 10 Wh at 100,000 msat. */
const PAYMENT = 1_000_000n;

describe.each(BOTH_CHAINS)('three nodes over WebSockets on %s', (_, makeChain) => {
  let world: World;
  afterEach(() => world.stop());

  const settledUnits = (count: number) => {
    let settled = 0;
    return world.channel('consumer').notice('unitSettled', () => ++settled === count);
  };

  it('units delivered, each node restarted, more units, close: everyone has what the last state says', async () => {
    world = await startWorld(await makeChain(), { sockets: socketNetwork() });
    await world.open();
    const before = world.coins();
    const first = settledUnits(2);
    await world.trade({ units: 2 });
    await first;
    await world.synced();
    for (const role of ROLES) {
      await world.restart(role);
      await world.synced();
    }
    await world.channel('consumer').until((state) => state.type === 'open');
    const second = settledUnits(1);
    await world.channel('consumer').buy(1);
    await second;
    expect(world.channel('consumer').ledger).toMatchObject({
      consumerMsat: 500_000_000n - 3n * PAYMENT,
      deliveries: [],
    });
    await world.synced();
    const closed = world.channel('consumer').notice('broadcast');
    await world.channel('consumer').close();
    expect((await closed).result).toEqual({ accepted: true });
    await world.mine();
    const after = world.coins();
    expect(after.producer - before.producer).toBe(100_000n + 3n * 980n);
    expect(after.utility - before.utility).toBe(20_000n + 3n * 20n);
  });
});

describe('who calls whom', () => {
  it.each([
    ['each knows the others', { consumer: ROLES, producer: ROLES, utility: ROLES }],
    [
      'only those know that do not call by their role',
      { consumer: [], producer: ['consumer'], utility: ['consumer', 'producer'] },
    ],
  ] as const)('%s: channels open, and are used after each was restarted', async (_, knows) => {
    const others = Object.fromEntries(
      ROLES.map((role) => [role, knows[role].filter((other) => other !== role)]),
    ) as unknown as PerRole<readonly Role[]>;
    const world = await startWorld(simulatedTestChain(), { sockets: socketNetwork(), knows: others });
    try {
      await world.open();
      for (const role of ROLES) await world.restart(role);
      const settled = world.channel('consumer').notice('unitSettled');
      await world.trade({ units: 1 });
      await settled;
      for (const role of ROLES)
        expect(world.nodes[role].peers().filter(({ connected }) => connected)).toHaveLength(2);
    } finally {
      await world.stop();
    }
  });
});
