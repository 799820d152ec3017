import { afterEach, describe, expect, it } from 'vitest';
import { counterpartyOf, type Trader } from '../../src/base/role.ts';
import type { MemoryStore } from '../../src/store/memory.ts';
import { signedCommitment } from '../support/cheat.ts';
import { BOTH_CHAINS, startWorld, type World } from '../support/world.ts';

const UNITS = 3;

/** The store of `cheater` at each number that it ever held a commitment of, the last one excepted. */
async function tradeKeeping(world: World, cheater: Trader): Promise<readonly MemoryStore[]> {
  await world.open();
  const old = new Map<bigint, MemoryStore>();
  const channel = world.channel(cheater);
  const keep = () => {
    const { state } = channel;
    if (state.type !== 'open') return;
    const { n } = state.rounds.held.ledger;
    if (!old.has(n)) old.set(n, world.stores[cheater].snapshot());
  };
  keep();
  const watch = channel.until((state) => {
    keep();
    return state.type === 'open' && state.rounds.held.ledger.n === BigInt(UNITS) + 1n;
  });
  let settled = 0;
  const done = world.channel('consumer').notice('unitSettled', () => ++settled === UNITS);
  await world.trade({ units: UNITS });
  await Promise.all([done, watch]);
  await world.synced();
  return [...old].filter(([n]) => n <= BigInt(UNITS)).map(([, store]) => store);
}

describe.each(BOTH_CHAINS)('a revoked commitment on %s', (_, makeChain) => {
  let world: World;
  afterEach(() => world.stop());

  describe.each(['consumer', 'producer'] as const)('of the %s', (cheater) => {
    const victim = counterpartyOf(cheater);

    it.each([0, 1, 2, 3])(
      'number %i: the victim has all of it at once, the cheater nothing',
      async (number) => {
        world = await startWorld(await makeChain());
        const old = await tradeKeeping(world, cheater);
        const newest = world.channel(victim).ledger;
        const before = world.coins();
        const tx = await signedCommitment(world, cheater, old[number] as MemoryStore);
        const breach = world.channel(victim).notice('breach');
        const claiming = world
          .channel(victim)
          .notice('claiming', ({ purpose }) => purpose.startsWith('justice: '));
        await world.chain.mineExactly([tx]);
        await world.synced();
        expect(await breach).toEqual({ type: 'breach', n: BigInt(number), broadcaster: cheater });
        expect((await claiming).purpose).toContain('to_broadcaster');
        await world.mine(2);
        const after = world.coins();
        expect(after[cheater] - before[cheater]).toBe(0n);
        const gained = after[victim] - before[victim];
        const due = (victim === 'consumer' ? newest?.consumerMsat : newest?.producerMsat) ?? 0n;
        expect(gained).toBeGreaterThanOrEqual(due / 1000n);
        const utility = after.utility - before.utility;
        expect(utility).toBeGreaterThanOrEqual((newest?.utilityMsat ?? 0n) / 1000n - 1_000n);
      },
    );
  });
});
