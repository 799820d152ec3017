import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { capacityMsat } from '../../src/tx/contract.ts';
import { simulatedTestChain, startWorld, type World } from '../support/world.ts';

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
          await new Promise((resolve) => setTimeout(resolve, 100));
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
});
