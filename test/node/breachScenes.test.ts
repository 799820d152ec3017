import { afterEach, describe, expect, it, vi } from 'vitest';
import { msat, sat } from '../../src/base/amount.ts';
import { invariant } from '../../src/base/invariant.ts';
import { counterpartyOf, ROLES, type Trader } from '../../src/base/role.ts';
import { storedRecord } from '../../src/node/records.ts';
import { checkedStore } from '../../src/store/checked.ts';
import type { MemoryStore } from '../../src/store/memory.ts';
import { buildClaim } from '../../src/tx/claim.ts';
import { outputScript } from '../../src/tx/outputs.ts';
import type { Tx } from '../../src/tx/transaction.ts';
import { txid } from '../../src/tx/transaction.ts';
import { completed, signedCommitment, signerOf, stateIn } from '../support/cheat.ts';
import { BOTH_CHAINS, startWorld, UNIT_WH, type World } from '../support/world.ts';

const FEES = 2_000n;

describe.each(BOTH_CHAINS)('a breach on %s', (_, makeChain) => {
  let world: World;
  afterEach(() => world.stop());

  const isAt = (trader: Trader, n: bigint) =>
    world
      .channel(trader)
      .until(
        (state) =>
          state.type === 'open' && state.rounds.held.ledger.n === n && state.rounds.phase.type === 'idle',
      );
  const bothAt = async (n: bigint) => {
    await Promise.all([isAt('consumer', n), isAt('producer', n)]);
    await world.synced();
  };

  /** Unit 0 is in flight in state 1, and what each store held then. */
  const inFlight = async () => {
    world = await startWorld(await makeChain(), { policy: { watchtower: false } });
    await world.open();
    const first = { consumer: world.stores.consumer.snapshot(), producer: world.stores.producer.snapshot() };
    await world.trade({ units: 1, meter: () => false });
    await bothAt(1n);
    const old = { consumer: world.stores.consumer.snapshot(), producer: world.stores.producer.snapshot() };
    return { first, old };
  };

  /** The meter says that unit 0 was delivered, and it is paid. */
  const deliver = async () => {
    world.clock.pass(600);
    const reading = await world.nodes.producer.readMeter({ importWh: 0n, exportWh: 10n });
    await world.channel('producer').sendReading(reading);
    await bothAt(2n);
  };

  const cancel = async () => {
    const released = world.channel('consumer').notice('unitReleased');
    await world.channel('producer').cancel(0n);
    await released;
    await world.channel('consumer').cancel(0n);
    await bothAt(2n);
  };

  const publish = async (cheater: Trader, old: MemoryStore): Promise<Tx> => {
    const tx = await signedCommitment(world, cheater, old);
    await world.chain.mineExactly([tx]);
    await world.synced();
    return tx;
  };

  /** Block by block, as in life: what a block brings about is in the next one. */
  const step = async (blocks: number) => {
    for (let mined = 0; mined < blocks; mined++) await world.mine();
  };

  const gains = (before: ReturnType<World['coins']>) => {
    const after = world.coins();
    return {
      consumer: after.consumer - before.consumer,
      producer: after.producer - before.producer,
      utility: after.utility - before.utility,
    };
  };

  it('a unit that was cancelled, in the buyer’s old version: the utility reveals its preimage, the seller has it all', async () => {
    const { old } = await inFlight();
    await cancel();
    const before = world.coins();
    const revealed = world.channel('producer').notice('preimageRevealed');
    await publish('consumer', old.consumer);
    expect((await revealed).unit).toBe(0n);
    await step(4);
    const { consumer, producer, utility } = gains(before);
    expect(consumer).toBe(0n);
    expect(producer).toBeGreaterThanOrEqual(600_000n - FEES);
    expect(utility).toBeGreaterThanOrEqual(20_000n - FEES);
  });

  it('a unit that was cancelled, and a seller that was away: it hears the preimage when it is back', async () => {
    const { old } = await inFlight();
    await cancel();
    const before = world.coins();
    await world.nodes.producer.stop();
    await world.chain.mineExactly([await signedCommitment(world, 'consumer', old.consumer)]);
    await world.chain.mine(10);
    await world.restart('producer');
    await world.synced();
    await step(4);
    const { consumer, producer } = gains(before);
    expect(consumer).toBe(0n);
    expect(producer).toBeGreaterThanOrEqual(600_000n - FEES);
  });

  it('a delivered unit, in the buyer’s old version: the seller claims it with the preimage that it has', async () => {
    const { old } = await inFlight();
    await deliver();
    const before = world.coins();
    await publish('consumer', old.consumer);
    await step(4);
    const { consumer, producer } = gains(before);
    expect(consumer).toBe(0n);
    expect(producer).toBeGreaterThanOrEqual(599_000n - FEES);
  });

  it.each(['consumer', 'producer'] as const)(
    'a forfeited unit, in the old version of the %s: it stays the utility’s',
    async (cheater) => {
      const { old } = await inFlight();
      const expiry = world.channel('consumer').ledger?.deliveries[0]?.expiry ?? 0;
      await world.mine(14);
      await bothAt(2n);
      const before = world.coins();
      await publish(cheater, old[cheater]);
      await world.mine(expiry - (await world.chain.height()));
      await step(3);
      const gained = gains(before);
      expect(gained[cheater]).toBe(0n);
      expect(gained.utility).toBeGreaterThanOrEqual(120_000n - FEES);
      const victim = counterpartyOf(cheater);
      expect(gained[victim]).toBeGreaterThanOrEqual(500_000n - FEES);
    },
  );

  it('a forfeited unit, and a state from before it: the victim pays the utility what it is owed', async () => {
    const { first } = await inFlight();
    await world.mine(14);
    await bothAt(2n);
    const before = world.coins();
    await publish('consumer', first.consumer);
    await step(4);
    const { consumer, producer, utility } = gains(before);
    expect(consumer).toBe(0n);
    expect(utility).toBeGreaterThanOrEqual(120_000n - FEES);
    expect(producer).toBeGreaterThanOrEqual(500_000n - FEES);
  });

  it('the cheater takes one output when its delay is over: the victim still takes the rest', async () => {
    const { old } = await inFlight();
    await deliver();
    const before = world.coins();
    const tx = await publish('producer', old.producer);
    const contract = world.channel('producer').contract;
    const spend = world
      .channel('consumer')
      .knowledge?.commitments.find(
        ({ standing, broadcaster }) => standing === 'revoked' && broadcaster === 'producer',
      );
    invariant(contract !== undefined && spend !== undefined, 'the victim has the record');
    for (let mined = 0; mined < 23; mined++) await world.chain.mineExactly([]);
    await world.synced();
    const delayed = contract.keys.producer.delayed;
    const spec = { type: 'toBroadcaster', revocation: spend.revocationKey, delayed, delay: 24 } as const;
    const vout = tx.outputs.findIndex(({ value }) => value === 1_000n);
    const input = {
      outpoint: { txid: txid(tx), vout },
      value: sat(1_000),
      spend: { path: 'delayed', spec },
    } as const;
    const script = outputScript({ type: 'toUtility', payment: contract.keys.producer.payment });
    const stolen = buildClaim([input], script, 1000n, sat(330));
    invariant(stolen.ok, 'it is worth its fee');
    await world.chain.mineExactly([signerOf('producer', contract).signClaim(stolen.value)]);
    await world.synced();
    await step(2);
    const { consumer, producer } = gains(before);
    expect(producer).toBe(0n);
    expect(consumer).toBeGreaterThanOrEqual(499_000n + 100_000n - 2n * FEES);
  });

  it.each(['consumer', 'producer'] as const)(
    'of the %s, replaced by the victim’s newest commitment and back: each counts while it is there',
    async (cheater) => {
      const { old } = await inFlight();
      await deliver();
      const victim = counterpartyOf(cheater);
      const before = world.coins();
      const revoked = await publish(cheater, old[cheater]);
      const newest = await signedCommitment(world, victim, world.stores[victim].snapshot());
      const ours = world
        .channel(victim)
        .notice(
          'chain',
          ({ notice }) => notice.type === 'fundingSpent' && notice.spend.kind === 'ownCommitment',
        );
      await world.chain.replace(1, [newest]);
      await world.synced();
      await ours;
      expect(world.channel(victim).state).toMatchObject({ type: 'settling', breach: null });
      await world.chain.replace(2, [revoked]);
      await world.synced();
      expect(world.channel(victim).state).toMatchObject({ breach: { broadcaster: cheater, n: 1n } });
      await step(4);
      const gained = gains(before);
      expect(gained[cheater]).toBe(0n);
      expect(gained[victim]).toBeGreaterThanOrEqual(599_000n - FEES);
    },
  );

  it('no breach: one side’s newest commitment in place of the other’s newest, and each has its own', async () => {
    await inFlight();
    await deliver();
    const before = world.coins();
    await publish('consumer', world.stores.consumer.snapshot());
    const other = await signedCommitment(world, 'producer', world.stores.producer.snapshot());
    await world.chain.replace(1, [other]);
    await world.synced();
    await world.mine(24);
    await step(2);
    const { consumer, producer, utility } = gains(before);
    expect(consumer).toBeGreaterThanOrEqual(499_000n - FEES);
    expect(producer).toBeGreaterThanOrEqual(100_000n - FEES);
    expect(utility).toBeGreaterThanOrEqual(20_000n - FEES);
    for (const role of ROLES) expect(world.notices[role].map(({ type }) => type)).not.toContain('breach');
  });

  it('a victim that was down comes back in time: it catches up and takes everything', async () => {
    const { old } = await inFlight();
    await deliver();
    const before = world.coins();
    await world.nodes.consumer.stop();
    await world.chain.mineExactly([await signedCommitment(world, 'producer', old.producer)]);
    await world.chain.mine(20);
    await world.restart('consumer');
    await world.synced();
    await step(2);
    const { consumer, producer } = gains(before);
    expect(producer).toBe(0n);
    expect(consumer).toBeGreaterThanOrEqual(600_000n - 2n * FEES);
  });

  it.each(['consumer', 'producer'] as const)(
    'of the %s with a delivery each way in flight, both cancelled since: the victim has both',
    async (cheater) => {
      world = await startWorld(await makeChain(), { policy: { watchtower: false } });
      const bondPolicy = { type: 'proportional', bondPpm: 500_000 } as const;
      await world.open({ params: { maxInFlight: 4, bondPolicy } });
      await world.trade({ units: 1, meter: () => false });
      await bothAt(1n);
      const until = world.clock.now() + 1_000_000;
      await world.channel('consumer').offer({ units: 9, unitEnergyWh: UNIT_WH, until });
      await world.channel('producer').buy(1);
      await bothAt(2n);
      const old = world.stores[cheater].snapshot();
      expect(
        world
          .channel('consumer')
          .ledger?.deliveries.map(({ seller }) => seller)
          .sort(),
      ).toEqual(['consumer', 'producer']);
      for (const { id, seller } of world.channel('consumer').ledger?.deliveries ?? []) {
        const buyer = counterpartyOf(seller);
        const released = world.channel(buyer).notice('unitReleased');
        const gone = world.channel(seller).notice('unitCancelled');
        await world.channel(seller).cancel(id);
        await released;
        await world.channel(buyer).cancel(id);
        await gone;
        await world.synced();
      }
      const before = world.coins();
      const claiming = world
        .channel(counterpartyOf(cheater))
        .notice('claiming', ({ purpose }) => purpose.startsWith('justice: '));
      await publish(cheater, old);
      expect((await claiming).purpose).toMatch(/delivery of unit/);
      await step(4);
      const gained = gains(before);
      expect(gained[cheater]).toBe(0n);
      expect(gained[counterpartyOf(cheater)]).toBeGreaterThanOrEqual(600_000n - FEES);
    },
  );

  it('a victim that is killed while justice waits for a block: it reads its records again', async () => {
    const { old } = await inFlight();
    await deliver();
    const before = world.coins();
    await publish('producer', old.producer);
    await world.chain.mineExactly([]);
    await world.synced();
    await world.restart('consumer');
    await world.chain.mineExactly([]);
    await world.synced();
    expect(world.channel('consumer').state).toMatchObject({ breach: { broadcaster: 'producer' } });
    await step(2);
    const { consumer, producer } = gains(before);
    expect(producer).toBe(0n);
    expect(consumer).toBeGreaterThanOrEqual(600_000n - 2n * FEES);
  });

  it.each(['consumer', 'producer'] as const)(
    'a proposal to the %s that was taken back, of a number that is revoked since: punished like any other',
    async (cheater) => {
      const { first } = await inFlight();
      await deliver();
      const victim = counterpartyOf(cheater);
      const contract = world.channel(victim).contract;
      const before = await stateIn(first[victim]);
      invariant(contract !== undefined && before.type === 'open', 'both traded');
      const { ledger } = before.rounds.held;
      const moved = cheater === 'consumer' ? 50_000_000n : -50_000_000n;
      const withdrawn = {
        ...ledger,
        n: 1n,
        consumerMsat: msat(ledger.consumerMsat + moved),
        producerMsat: msat(ledger.producerMsat - moved),
      };
      const point = signerOf(cheater, contract).point(1n);
      const { signature } = signerOf(victim, contract).signCommitment(contract, withdrawn, cheater, point);
      const { n, consumerMsat, producerMsat, utilityMsat, deliveries } = withdrawn;
      const record = { type: 'revoked' as const, n, consumerMsat, producerMsat, utilityMsat, deliveries };
      await checkedStore(world.stores[victim]).commit(world.channel(victim).key, {
        records: [storedRecord(record)],
      });
      const coins = world.coins();
      await world.chain.mineExactly([completed(cheater, contract, withdrawn, signature)]);
      await world.synced();
      await step(3);
      const gained = gains(coins);
      expect(gained[cheater]).toBe(0n);
      expect(gained[victim]).toBeGreaterThanOrEqual(600_000n - FEES);
    },
  );

  it('no record is read before a revoked commitment is on the chain', async () => {
    const { old } = await inFlight();
    const read = ROLES.map((role) => vi.spyOn(world.stores[role], 'recordsAbout'));
    await deliver();
    await step(3);
    for (const spy of read) expect(spy).not.toHaveBeenCalled();
    await publish('consumer', old.consumer);
    for (const spy of read) expect(spy).toHaveBeenCalled();
  });

  it('with a shallow depth asked for, the channel is closed when everything is that deep', async () => {
    world = await startWorld(await makeChain(), { policy: { resolvedDepth: 3 } });
    await world.open();
    const old = world.stores.consumer.snapshot();
    const settled = world.channel('consumer').notice('unitSettled');
    await world.trade({ units: 1 });
    await settled;
    await bothAt(2n);
    const closed = world.channel('producer').notice('closed');
    await publish('consumer', old);
    await step(6);
    expect((await closed).type).toBe('closed');
  });
});
