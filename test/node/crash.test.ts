import { describe, expect, it } from 'vitest';
import { ROLES, type Role } from '../../src/base/role.ts';
import { simulatedTestChain, startWorld, UNIT_WH, type World } from '../support/world.ts';

const UNITS = 2;
const PAYMENT = 1_000_000n;

/** What an application does to get its units, each step as often as needed: a command that died with its node is given again. */
async function pursue(world: World): Promise<void> {
  const { state: grid } = world.channel('utility');
  const { state: sale } = world.channel('producer');
  const { state: purchase } = world.channel('consumer');
  if (grid.type !== 'attesting' || sale.type !== 'open' || purchase.type !== 'open') return;
  world.clock.pass(60);
  const now = world.clock.now();
  const until = now + 1_000_000;
  // energy counts from the first reading that the utility has on disk
  const metered = (await world.stores.utility.value('meters')) !== undefined;
  if (grid.tariffs.length === 0 && metered)
    await world.channel('utility').publishTariff({
      slot: 1,
      from: now - 600,
      until,
      msatPerWh: 100_000n,
      unitEnergyWh: UNIT_WH,
      units: 9,
    });
  if (sale.market.offers.producer === null)
    await world.channel('producer').offer({ units: 9, unitEnergyWh: UNIT_WH, until });
  const { nextUnit, deliveries } = purchase.rounds.held.ledger;
  const idle = purchase.rounds.phase.type === 'idle' && deliveries.length === 0;
  const missing = UNITS - Number(nextUnit);
  if (idle && purchase.wantedUnits === 0 && missing > 0) await world.channel('consumer').buy(missing);
  // whatever was ordered for good is delivered at once
  const { phase, held } = sale.rounds;
  const ordered = phase.type === 'accepting' ? phase.previous.nextUnit : held.ledger.nextUnit;
  const exportWh = BigInt(UNIT_WH) * ordered;
  await world.channel('producer').readMeter({ importWh: 0n, exportWh });
}

function isDone(world: World): boolean {
  return (['consumer', 'producer'] as const).every((trader) => {
    const { state, ledger } = world.channel(trader);
    const paid = ledger?.nextUnit === BigInt(UNITS) && ledger.deliveries.length === 0;
    return state.type === 'open' && state.rounds.phase.type === 'idle' && paid;
  });
}

/**
 * Kills `role` at its `write`-th write after the opening and starts it anew from what a disk would hold then. Returns
 * whether there was such a write before the trade was over.
 */
async function tradeWithKill(
  role: Role,
  write: number,
  when: 'crashBefore' | 'crashAfter',
): Promise<boolean> {
  let died = false;
  const world = await startWorld(simulatedTestChain(), {
    onError: () => {
      died = true;
    },
  });
  try {
    await world.open();
    const disk = world.stores[role];
    disk.failAt(write, when);
    while (!isDone(world)) {
      await pursue(world).catch(() => {
        died = true;
      });
      await world.network.idle();
      if (died && world.stores[role] === disk) await world.restart(role, disk.snapshot());
    }
    const [consumer, producer] = [world.channel('consumer').ledger, world.channel('producer').ledger];
    expect(consumer).toEqual(producer);
    expect(consumer?.consumerMsat).toBe(500_000_000n - BigInt(UNITS) * PAYMENT);
    return died;
  } finally {
    await world.stop();
  }
}

describe('a node killed at a write', () => {
  it.each(ROLES)('%s, at each write of a trade, before and after: each unit is paid once', async (role) => {
    for (const when of ['crashBefore', 'crashAfter'] as const) {
      let write = 1;
      while (await tradeWithKill(role, write, when)) write++;
      expect(write, 'writes of a trade of two units').toBeGreaterThan(6);
    }
  });
});
