import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { capacityMsat } from '../../src/tx/contract.ts';
import { simulatedTestChain, startWorld, UNIT_WH, type World } from '../support/world.ts';

/** Both traders hold the same state, nothing is under way, and nothing was lost or made. */
function expectAgreement(world: World): void {
  const [consumer, producer] = [world.channel('consumer'), world.channel('producer')];
  expect(consumer.ledger).toEqual(producer.ledger);
  const { ledger, contract } = consumer;
  if (ledger === undefined || contract === undefined) throw new Error('no ledger');
  const inFlight = ledger.deliveries.reduce((sum, each) => sum + each.paymentMsat + each.bondMsat, 0n);
  expect(ledger.consumerMsat + ledger.producerMsat + ledger.utilityMsat + inFlight).toBe(
    capacityMsat(contract.contributions),
  );
}

/** Units that are paid for, as a trader sees it. */
function settledUnits(world: World): bigint {
  const { ledger } = world.channel('consumer');
  return ledger === undefined ? 0n : ledger.nextUnit - BigInt(ledger.deliveries.length);
}

const settled = (world: World) => (state: { type: string }) => {
  const { ledger } = world.channel('consumer');
  return state.type === 'open' && ledger?.nextUnit === 3n && ledger.deliveries.length === 0;
};

describe('three nodes over a bad network', () => {
  it('frames lost, repeated, reordered and late: every unit is paid once, and both agree', async () => {
    const faults = fc.record({
      drop: fc.double({ min: 0, max: 0.08, noNaN: true }),
      duplicate: fc.double({ min: 0, max: 0.08, noNaN: true }),
      reorder: fc.double({ min: 0, max: 0.08, noNaN: true }),
      delayMs: fc.constantFrom<[number, number]>([0, 0], [0, 2]),
    });
    await fc.assert(
      fc.asyncProperty(fc.nat(), faults, async (seed, schedule) => {
        const world = await startWorld(simulatedTestChain(), { seed });
        try {
          await world.open();
          world.network.setFaults(schedule);
          const paid = world.channel('consumer').until(settled(world));
          const trading = world.trade({ units: 3 });
          await world.channel('consumer').until(() => settledUnits(world) === 2n);
          world.network.setFaults({});
          await trading;
          await paid;
          await world.channel('producer').until(settled(world));
          expectAgreement(world);
          const ledger = world.channel('consumer').ledger;
          expect(ledger?.consumerMsat).toBe(500_000_000n - 3n * 1_000_000n);
        } finally {
          await world.stop();
        }
      }),
      { numRuns: 12 },
    );
  });

  it('the first reading and one after the delivery, both before the utility can hear: the unit is attested', async () => {
    const world = await startWorld(simulatedTestChain());
    try {
      await world.open();
      const { consumer, producer, utility } = {
        consumer: world.channel('consumer'),
        producer: world.channel('producer'),
        utility: world.channel('utility'),
      };
      const until = world.clock.now() + 1_000_000;
      const priced = Promise.all([consumer.notice('tariff'), producer.notice('tariff')]);
      await utility.publishTariff({
        slot: 1,
        from: world.clock.now() - 100,
        until,
        msatPerWh: 100_000n,
        unitEnergyWh: UNIT_WH,
        units: 3,
      });
      await priced;
      world.network.offline(world.nodes.utility.id);
      await producer.readMeter({ importWh: 0n, exportWh: 0n });
      const offered = consumer.notice('offer');
      const ordered = producer.notice('unitOrdered');
      await producer.offer({ units: 3, unitEnergyWh: UNIT_WH, until });
      await offered;
      await consumer.buy(1);
      await ordered;
      world.clock.pass(60);
      const attested = producer.notice('unitAttested');
      await producer.readMeter({ importWh: 0n, exportWh: BigInt(UNIT_WH) });
      world.network.online(world.nodes.utility.id);
      expect((await attested).unit).toBe(0n);
    } finally {
      await world.stop();
    }
  });
});
