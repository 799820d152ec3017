import { afterEach, describe, expect, it } from 'vitest';
import { TRADERS, type Trader } from '../../src/base/role.ts';
import { signedCommitment } from '../support/cheat.ts';
import { BOTH_CHAINS, startWorld, type World } from '../support/world.ts';
import { tapped } from '../threat/tap.ts';

const FEES = 2_000n;

describe.each(BOTH_CHAINS)('a cheater that shows the utility no state, on %s', (_, makeChain) => {
  let world: World;
  afterEach(() => world.stop());

  const bothAt = async (n: bigint) => {
    await Promise.all(
      TRADERS.map((trader) =>
        world
          .channel(trader)
          .until((s) => s.type === 'open' && s.rounds.held.ledger.n === n && s.rounds.phase.type === 'idle'),
      ),
    );
    await world.synced();
  };

  /** Unit 0 is in flight in state 1; what the cheater held then. It shows the utility so many proofs, and no more. */
  const inFlight = async (cheater: Trader, shows = 0) => {
    let left = shows;
    world = await startWorld(await makeChain(), {
      policy: { watchtower: false },
      wire: (role, transport) =>
        tapped(transport, {
          heard: () => {},
          linked: () => {},
          says: (_peer, message) =>
            role === cheater && message.type === 'state_proof' && left-- <= 0 ? null : message,
        }),
    });
    await world.open();
    await world.trade({ units: 1, meter: () => false });
    await bothAt(1n);
    const expiry = world.channel('consumer').ledger?.deliveries[0]?.expiry ?? 0;
    return { old: world.stores[cheater].snapshot(), expiry };
  };

  const cancel = async () => {
    const released = world.channel('consumer').notice('unitReleased');
    await world.channel('producer').cancel(0n);
    await released;
    await world.channel('consumer').cancel(0n);
    await bothAt(2n);
  };

  const deliver = async () => {
    world.clock.pass(600);
    await world.channel('producer').readMeter({ importWh: 0n, exportWh: 10n });
    await bothAt(2n);
  };

  const forfeit = async () => {
    await world.mine(14);
    await bothAt(2n);
  };

  const another = async () => {
    await world.channel('consumer').transfer(1_000_000n);
    await bothAt(3n);
  };

  const publish = async (cheater: Trader, old: Parameters<typeof signedCommitment>[2]) => {
    const before = world.coins();
    await world.chain.mineExactly([await signedCommitment(world, cheater, old)]);
    await world.synced();
    return before;
  };

  const gains = async (before: ReturnType<World['coins']>, expiry: number) => {
    for (let height = await world.chain.height(); height < expiry + 4; height++) await world.mine();
    const after = world.coins();
    return {
      consumer: after.consumer - before.consumer,
      producer: after.producer - before.producer,
      utility: after.utility - before.utility,
    };
  };

  /** Units whose preimage the utility has revealed to the producer. */
  const revealed = () => [
    ...new Set(
      world.notices.producer.flatMap((each) => (each.type === 'preimageRevealed' ? [each.unit] : [])),
    ),
  ];

  it.each([
    ['two states ago', 0],
    ['in the newest state', 0],
    ['in the newest state, which alone it hides', 1],
  ] as const)(
    'a unit that was cancelled %s: its preimage is revealed, the victim has it all',
    async (when, shows) => {
      const { old, expiry } = await inFlight('consumer', shows);
      await cancel();
      if (when === 'two states ago') await another();
      const before = await publish('consumer', old);
      const gained = await gains(before, expiry);
      expect(revealed()).toEqual([0n]);
      expect(gained.consumer).toBe(0n);
      expect(gained.producer).toBeGreaterThanOrEqual(600_000n - FEES);
      expect(gained.utility).toBeGreaterThanOrEqual(20_000n - FEES);
    },
  );

  it('a delivered unit: the seller claims it, the utility does not', async () => {
    const { old, expiry } = await inFlight('consumer');
    await deliver();
    const before = await publish('consumer', old);
    const gained = await gains(before, expiry);
    expect(gained.consumer).toBe(0n);
    expect(gained.producer).toBeGreaterThanOrEqual(599_000n - FEES);
    expect(gained.utility).toBeLessThanOrEqual(20_020n);
  });

  it.each(['the newest but one', 'two states old'])(
    'a forfeited unit, in the buyer’s old version, %s: it is the utility’s',
    async (age) => {
      const { old, expiry } = await inFlight('consumer');
      await forfeit();
      if (age === 'two states old') await another();
      const before = await publish('consumer', old);
      const gained = await gains(before, expiry);
      expect(revealed()).toEqual([]);
      expect(gained.consumer).toBe(0n);
      expect(gained.utility).toBeGreaterThanOrEqual(120_000n - FEES);
      expect(gained.producer).toBeGreaterThanOrEqual(499_000n - FEES);
    },
  );

  it.each(['the newest but one', 'two states old'])(
    'a forfeited unit, in the seller’s old version, %s: it is the utility’s, which the victim shows the commitment',
    async (age) => {
      const { old, expiry } = await inFlight('producer');
      await forfeit();
      if (age === 'two states old') await another();
      const before = await publish('producer', old);
      const gained = await gains(before, expiry);
      expect(revealed()).toEqual([]);
      expect(gained.producer).toBe(0n);
      expect(gained.consumer).toBeGreaterThanOrEqual(499_000n - FEES);
      expect(gained.utility).toBeGreaterThanOrEqual(120_000n - FEES);
    },
  );
});
