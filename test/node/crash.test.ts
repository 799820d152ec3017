import { describe, expect, it } from 'vitest';
import { ROLES, type Role } from '../../src/base/role.ts';
import { simulatedTestChain, startWorld, UNIT_WH, type World } from '../support/world.ts';

/** Bought again and again: each trade is one that a node is killed in. */
const UNITS = 2;
const PAYMENT = 1_000_000n;
const FIRST_BALANCE = 500_000_000n;
const KILLS = ['crashBefore', 'crashAfter'] as const;

interface Scene {
  readonly world: World;
  /** Trades that began. */
  trades: number;
  /** The offer of the trade before. */
  soldOut: bigint | undefined;
  died: boolean;
}

async function startScene(): Promise<Scene> {
  const world = await startWorld(simulatedTestChain(), {
    onError: () => {
      scene.died = true;
    },
  });
  const scene: Scene = { world, trades: 0, soldOut: undefined, died: false };
  await world.open({
    contributions: { consumer: FIRST_BALANCE / 1000n, producer: 100_000n, utility: 20_000n },
  });
  return scene;
}

/** What an application does to get its units, each step as often as needed: a command that died with its node is given again. */
async function pursue({ world, trades, soldOut }: Scene): Promise<void> {
  const { state: grid } = world.channel('utility');
  const { state: sale } = world.channel('producer');
  const { state: purchase } = world.channel('consumer');
  if (grid.type !== 'attesting' || sale.type !== 'open' || purchase.type !== 'open') return;
  world.clock.pass(60);
  const now = world.clock.now();
  const until = now + 1_000_000;
  // energy counts from the first reading that the utility has on disk
  const metered = (await world.stores.utility.value('meters')) !== undefined;
  if (grid.tariffs.every(({ slot }) => slot < trades) && metered)
    await world.channel('utility').publishTariff({
      slot: trades,
      from: now - 600,
      until,
      msatPerWh: 100_000n,
      unitEnergyWh: UNIT_WH,
      units: UNITS,
    });
  if (offerOf(world) === soldOut)
    await world.channel('producer').offer({ units: UNITS, unitEnergyWh: UNIT_WH, until });
  const { nextUnit, deliveries } = purchase.rounds.held.ledger;
  const idle = purchase.rounds.phase.type === 'idle' && deliveries.length === 0;
  const missing = trades * UNITS - Number(nextUnit);
  if (idle && purchase.wantedUnits === 0 && missing > 0) await world.channel('consumer').buy(missing);
  // whatever was ordered for good is delivered at once
  const { phase, held } = sale.rounds;
  const ordered = phase.type === 'accepting' ? phase.previous.nextUnit : held.ledger.nextUnit;
  const exportWh = BigInt(UNIT_WH) * ordered;
  await world.channel('producer').readMeter({ importWh: 0n, exportWh });
}

function offerOf(world: World): bigint | undefined {
  const { state } = world.channel('producer');
  return state.type === 'open' ? state.market.offers.producer?.offerId : undefined;
}

function isDone({ world, trades }: Scene): boolean {
  return (['consumer', 'producer'] as const).every((trader) => {
    const { state, ledger } = world.channel(trader);
    const paid = ledger?.nextUnit === BigInt(trades * UNITS) && ledger.deliveries.length === 0;
    return state.type === 'open' && state.rounds.phase.type === 'idle' && paid;
  });
}
/**
 * Lets the next trade run with `role` killed at its `write`-th write, and started anew from what a disk would hold then.
 * Returns whether there was such a write before the trade was over.
 */
async function tradeWithKill(
  scene: Scene,
  role: Role,
  write: number,
  when: (typeof KILLS)[number],
): Promise<boolean> {
  const { world } = scene;
  scene.trades += 1;
  scene.soldOut = offerOf(world);
  scene.died = false;
  const disk = world.stores[role];
  disk.failAt(write, when);
  while (!isDone(scene)) {
    await pursue(scene).catch(() => {
      scene.died = true;
    });
    await world.network.idle();
    if (scene.died && world.stores[role] === disk) await world.restart(role, disk.snapshot());
  }
  const [consumer, producer] = [world.channel('consumer').ledger, world.channel('producer').ledger];
  expect(consumer).toEqual(producer);
  expect(consumer?.consumerMsat).toBe(FIRST_BALANCE - BigInt(scene.trades * UNITS) * PAYMENT);
  return scene.died;
}

/** The number of the first write that a trade did not come to. */
async function killAtEachWrite(role: Role, when: (typeof KILLS)[number]): Promise<number> {
  const scene = await startScene();
  try {
    let write = 1;
    while (await tradeWithKill(scene, role, write, when)) write++;
    return write;
  } finally {
    await scene.world.stop();
  }
}

describe('a node killed at a write', () => {
  it.each(ROLES)('%s, at each write of a trade, before and after: each unit is paid once', async (role) => {
    for (const when of KILLS)
      expect(await killAtEachWrite(role, when), 'writes of a trade of two units').toBeGreaterThan(6);
  });
});
