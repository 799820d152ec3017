import { afterEach, describe, expect, it } from 'vitest';
import { ROLES } from '../../src/base/role.ts';
import { capacityMsat } from '../../src/tx/contract.ts';
import { BOTH_CHAINS, startWorld, type World } from '../support/world.ts';

const isIdle = (state: { rounds: { phase: { type: string } } }) => state.rounds.phase.type === 'idle';

/** Payment of one unit in these tests: 10 Wh at 100,000 msat. */
const PAYMENT = 1_000_000n;
const GRID_FEE = PAYMENT / 50n;

describe.each(BOTH_CHAINS)('three nodes on %s', (_, makeChain) => {
  let world: World;
  afterEach(() => world.stop());

  const settledUnits = (count: number) => {
    let settled = 0;
    return world.channel('consumer').notice('unitSettled', () => ++settled === count);
  };

  /** A unit is ordered, and final on both sides. */
  const inFlight = async () => {
    await Promise.all(
      (['consumer', 'producer'] as const).map((trader) =>
        world
          .channel(trader)
          .until((state) => state.type === 'open' && state.rounds.held.ledger.n === 1n && isIdle(state)),
      ),
    );
    await world.synced();
  };

  it('units delivered, close: everyone has what the last state says', async () => {
    world = await startWorld(await makeChain());
    await world.open();
    const before = world.coins();
    const settled = settledUnits(3);
    await world.trade({ units: 3 });
    await settled;
    const ledger = world.channel('consumer').ledger;
    expect(ledger).toMatchObject({
      consumerMsat: 500_000_000n - 3n * PAYMENT,
      producerMsat: 100_000_000n + 3n * (PAYMENT - GRID_FEE),
      utilityMsat: 20_000_000n + 3n * GRID_FEE,
      deliveries: [],
    });
    const closed = world.channel('consumer').notice('broadcast');
    await world.channel('consumer').close();
    expect((await closed).result).toEqual({ accepted: true });
    await world.mine();
    const after = world.coins();
    expect(after.producer - before.producer).toBe(100_000n + 3n * 980n);
    expect(after.utility - before.utility).toBe(20_000n + 3n * 20n);
    expect(after.consumer - before.consumer).toBeGreaterThanOrEqual(500_000n - 3_000n);
  });

  it('unit missed and admitted: payment and bond are the utility’s without a transaction', async () => {
    world = await startWorld(await makeChain());
    await world.open();
    await world.trade({ units: 1, meter: () => false });
    await inFlight();
    const forfeited = world.channel('consumer').notice('unitForfeited');
    await world.mine(14);
    await forfeited;
    expect(world.channel('consumer').ledger).toMatchObject({
      consumerMsat: 500_000_000n - PAYMENT,
      producerMsat: 1_000_000n,
      utilityMsat: 20_000_000n + PAYMENT + 99_000_000n,
    });
  });

  it('unit missed, producer silent: the consumer broadcasts, the utility claims at expiry', async () => {
    world = await startWorld(await makeChain());
    await world.open();
    await world.trade({ units: 1, meter: () => false });
    await inFlight();
    world.network.offline(world.nodes.producer.id);
    const before = world.coins();
    const delivery = world.channel('consumer').ledger?.deliveries[0];
    const settling = world.channel('consumer').notice('settling');
    const margin = world.channel('consumer').contract?.params.resolutionMargin ?? 0;
    await world.mine((delivery?.deadline ?? 0) + margin - (await world.chain.height()));
    expect((await settling).why).toEqual({ code: 'deliveryUnanswered', id: 0n });
    const claimed = world.channel('utility').notice('claiming', ({ purpose }) => purpose.includes('expiry'));
    await world.mine((delivery?.expiry ?? 0) - (await world.chain.height()) + 1);
    const { feeSat } = await claimed;
    await world.mine(2);
    const after = world.coins();
    expect(after.utility - before.utility).toBeGreaterThanOrEqual(20_000n + 1_000n + 99_000n - feeSat - 300n);
  });

  it('consumer gone with a delivered unit in flight: the producer closes alone and is paid', async () => {
    world = await startWorld(await makeChain());
    await world.open();
    const before = world.coins();
    await world.trade({ units: 1, meter: () => false });
    await inFlight();
    world.network.offline(world.nodes.consumer.id);
    const attested = world.channel('producer').notice('unitAttested');
    world.clock.pass(600);
    const reading = await world.nodes.producer.readMeter({ importWh: 0n, exportWh: 10n });
    await world.channel('producer').sendReading(reading);
    await attested;
    const settling = world.channel('producer').notice('settling');
    await world.mine(12);
    expect((await settling).why).toEqual({ code: 'deliveryUnpaid', id: 0n });
    const claim = world.channel('producer').notice('claiming', ({ purpose }) => purpose.includes('preimage'));
    await world.mine(26);
    const { feeSat } = await claim;
    await world.mine(2);
    const gained = world.coins().producer - before.producer;
    expect(gained).toBeGreaterThanOrEqual(100_000n + 1_000n - 2n * feeSat - 1_000n);
  });

  it('arbitration under immediate: the utility and the consumer sign the penalty', async () => {
    world = await startWorld(await makeChain());
    await world.open({ params: { arbitration: { type: 'immediate' } } });
    const before = world.coins();
    await world.trade({ units: 1, meter: () => false });
    await inFlight();
    world.network.offline(world.nodes.producer.id);
    await world.mine(13);
    const opened = world.channel('consumer').notice('arbitrationOpened');
    await world.channel('consumer').requestArbitration(1_000n);
    await opened;
    const penalty = world.channel('consumer').notice('broadcast', ({ purpose }) => purpose === 'penalty');
    await world.mine(7);
    expect((await penalty).result).toEqual({ accepted: true });
    await world.mine(1);
    const after = world.coins();
    expect(after.utility - before.utility).toBe(20_000n + 1_000n + 99_000n - (1_000n - 583n));
    expect(after.consumer - before.consumer).toBe(499_000n);
    expect(after.producer - before.producer).toBe(1_000n);
  });

  it('a restart of each node in the middle: nothing is lost', async () => {
    world = await startWorld(await makeChain());
    await world.open();
    const first = settledUnits(2);
    await world.trade({ units: 2 });
    await first;
    for (const role of ROLES) await world.restart(role);
    await world.channel('producer').until((state) => 'link' in state && state.link === 'up');
    const more = settledUnits(2);
    await world.channel('consumer').buy(2);
    await more;
    const { ledger, contract } = world.channel('consumer');
    expect(ledger?.producerMsat).toBe(100_000_000n + 4n * (PAYMENT - GRID_FEE));
    const sum = (ledger?.consumerMsat ?? 0n) + (ledger?.producerMsat ?? 0n) + (ledger?.utilityMsat ?? 0n);
    expect(contract && capacityMsat(contract.contributions)).toBe(sum);
  });
});
