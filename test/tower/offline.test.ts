import { afterEach, describe, expect, it } from 'vitest';
import { counterpartyOf, TRADERS, type Trader } from '../../src/base/role.ts';
import type { TowerNotice } from '../../src/node/tower.ts';
import { balanceOf } from '../../src/tx/commitment.ts';
import { txid } from '../../src/tx/transaction.ts';
import { signedCommitment, stateIn } from '../support/cheat.ts';
import { BOTH_CHAINS, startWorld, type World } from '../support/world.ts';

describe.each(BOTH_CHAINS)('a trader is offline on %s', (_, makeChain) => {
  let world: World;
  let told: TowerNotice[];
  afterEach(() => world.stop());

  /** Two units were bought; the state before them is revoked, and its blob is with the utility. */
  const traded = async () => {
    world = await startWorld(await makeChain());
    await world.open();
    const old = { consumer: world.stores.consumer.snapshot(), producer: world.stores.producer.snapshot() };
    let settled = 0;
    const done = world.channel('consumer').notice('unitSettled', () => ++settled === 2);
    await world.trade({ units: 2 });
    await done;
    await world.synced();
    told = [];
    listen();
    return old;
  };
  const listen = () => world.nodes.utility.watchtower?.onNotice((notice) => told.push(notice));
  const mineWithout = async (victim: Trader, blocks: number) => {
    for (let mined = 0; mined < blocks; mined++) {
      await world.chain.mine(1);
      await world.nodes[counterpartyOf(victim)].synced();
      await world.nodes.utility.synced();
    }
  };

  it.each(TRADERS)(
    'the %s: the utility answers a revoked commitment, and the coins are there when it comes back',
    async (victim) => {
      const cheater = counterpartyOf(victim);
      const old = await traded();
      const cheat = await signedCommitment(world, cheater, old[cheater]);
      const state = await stateIn(old[cheater]);
      if (state.type !== 'open') throw new Error(state.type);
      const own = balanceOf(state.rounds.held.ledger, cheater) / 1000n;
      const other = balanceOf(state.rounds.held.ledger, victim) / 1000n;
      const before = world.coins()[victim];
      await world.nodes[victim].stop();
      await world.chain.mineExactly([cheat]);
      await mineWithout(victim, 5);
      expect(told).toContainEqual(expect.objectContaining({ type: 'breach', txid: txid(cheat) }));
      expect(told).toContainEqual(
        expect.objectContaining({ type: 'answered', txid: txid(cheat), result: { accepted: true } }),
      );
      expect(told).toContainEqual(expect.objectContaining({ type: 'taken', justice: true }));
      const paid = told.flatMap((notice) => (notice.type === 'answered' ? notice.tx.outputs : []))[0]?.value;
      expect(paid).toBeGreaterThan(own - 500n);
      await world.restart(victim);
      await world.synced();
      expect(world.coins()[victim] - before).toBe(paid);
      for (let mined = 0; mined < 3; mined++) await world.mine();
      // what was the victim's in that state anyway, for which it has all the time
      expect(world.coins()[victim] - before).toBeGreaterThan(own + other - 1_000n);
    },
  );

  /** One unit was bought and not delivered: forfeited in state 2. What the stores held in state 1, and the unit. */
  const forfeited = async () => {
    world = await startWorld(await makeChain());
    await world.open();
    const isAt = (n: bigint) =>
      Promise.all(
        TRADERS.map((trader) =>
          world
            .channel(trader)
            .until(
              (state) =>
                state.type === 'open' &&
                state.rounds.held.ledger.n === n &&
                state.rounds.phase.type === 'idle',
            ),
        ),
      );
    await world.trade({ units: 1, meter: () => false });
    await isAt(1n);
    await world.synced();
    const [sold] = world.channel('producer').ledger?.deliveries ?? [];
    if (sold === undefined) throw new Error('nothing in flight');
    const old = { consumer: world.stores.consumer.snapshot(), producer: world.stores.producer.snapshot() };
    await world.mine(14);
    await isAt(2n);
    await world.synced();
    told = [];
    return { old, sold, value: (sold.paymentMsat + sold.bondMsat) / 1000n };
  };

  it.each(TRADERS)(
    'the %s, and a forfeited unit is in the revoked commitment: the watchtower leaves it out, the utility takes it after its expiry',
    async (victim) => {
      const cheater = counterpartyOf(victim);
      const { old, sold, value } = await forfeited();
      listen();
      const cheat = await signedCommitment(world, cheater, old[cheater]);
      const vout = cheat.outputs.findIndex((output) => output.value === value);
      expect(vout).toBeGreaterThanOrEqual(0);
      const spender = () =>
        world.channel('utility').monitor?.taken.find(({ outpoint }) => outpoint.vout === vout);
      await world.nodes[victim].stop();
      await world.chain.mineExactly([cheat]);
      await mineWithout(victim, sold.expiry - (await world.chain.height()));
      const answers = told.flatMap((notice) => (notice.type === 'answered' ? [notice] : []));
      expect(answers).toContainEqual(expect.objectContaining({ result: { accepted: true } }));
      expect(told).toContainEqual(expect.objectContaining({ type: 'taken', justice: true }));
      expect(answers.flatMap(({ vouts }) => vouts)).not.toContain(vout);
      expect(spender()).toBeUndefined();
      const before = world.coins();
      await mineWithout(victim, 3);
      expect(spender()).toBeDefined();
      expect(world.coins().utility - before.utility).toBeGreaterThan(value - 1_000n);
      expect(world.coins()[cheater]).toBe(before[cheater]);
      await world.restart(victim);
    },
  );

  it('a unit was forfeited, and the utility restarts while the breach is open: its watchtower leaves it the unit', async () => {
    const { old, value } = await forfeited();
    const cheat = await signedCommitment(world, 'producer', old.producer);
    await world.nodes.consumer.stop();
    await world.chain.mineExactly([cheat]);
    await mineWithout('consumer', 3);
    told = [];
    await world.restart('utility');
    listen();
    await mineWithout('consumer', 2);
    const vout = world
      .channel('utility')
      .monitor?.spend?.tx.outputs.findIndex((output) => output.value === value);
    expect(vout).toBeGreaterThanOrEqual(0);
    expect(world.channel('utility').monitor?.taken.map(({ outpoint }) => outpoint.vout)).not.toContain(vout);
    expect(told.flatMap((each) => (each.type === 'taken' ? [each.vout] : []))).not.toContain(vout);
    await world.restart('consumer');
  });
});
