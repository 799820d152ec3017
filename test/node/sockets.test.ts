import { afterEach, describe, expect, it } from 'vitest';
import { ROLES } from '../../src/base/role.ts';
import { socketNetwork } from '../support/socketNetwork.ts';
import {
  regtestChain,
  simulatedTestChain,
  startWorld,
  type TestChain,
  type World,
} from '../support/world.ts';

const chains: readonly [string, () => Promise<TestChain>][] = [
  ['the simulated chain', async () => simulatedTestChain()],
  ['a real node', () => regtestChain()],
];

/** Payment of one unit in these tests: 10 Wh at 100,000 msat. */
const PAYMENT = 1_000_000n;

describe.each(chains)('three nodes over WebSockets on %s', (_, makeChain) => {
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
