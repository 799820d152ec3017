import { expect } from 'vitest';
import type { Role } from '../../src/base/role.ts';
import type { Store } from '../../src/store/port.ts';
import { UNIT_WH, type World } from './world.ts';

/** Bought again and again: each trade is one that something happens in. */
const UNITS = 2;
const PAYMENT = 1_000_000n;
const FIRST_BALANCE = 500_000_000n;
/** No price and no offer ends meanwhile, however often the application asks: each time is a minute later. */
const UNTIL = 4_000_000_000;

/** An application at each node, that wants its units whatever happens to the nodes. */
export interface Pursuit {
  readonly world: World;
  /** The store that a node has now. */
  readonly stored: (role: Role) => Pick<Store, 'value'>;
  /** Trades that began. */
  trades: number;
  /** The offer of the trade before. */
  soldOut: bigint | undefined;
}

export function pursuitIn(world: World, stored: Pursuit['stored'] = (role) => world.stores[role]): Pursuit {
  return { world, stored, trades: 0, soldOut: undefined };
}

/** From now on the application wants two units more. */
export function nextTrade(pursuit: Pursuit): void {
  pursuit.trades += 1;
  pursuit.soldOut = offerOf(pursuit.world);
}

/** Both traders hold the same, and each unit was paid once. */
export function expectPaid({ world, trades }: Pursuit): void {
  const [consumer, producer] = [world.channel('consumer').ledger, world.channel('producer').ledger];
  expect(consumer).toEqual(producer);
  expect(consumer?.consumerMsat).toBe(FIRST_BALANCE - BigInt(trades * UNITS) * PAYMENT);
}

/** What an application does to get its units, each step as often as needed: a command that died with its node is given again. Rejects with a `StoreError`, and where there is nothing to trade in any more. */
export async function pursue({ world, stored, trades, soldOut }: Pursuit): Promise<void> {
  const { state: grid } = world.channel('utility');
  const { state: sale } = world.channel('producer');
  const { state: purchase } = world.channel('consumer');
  if (grid.type !== 'attesting' || sale.type !== 'open' || purchase.type !== 'open')
    throw new Error(`no channel to trade in: ${grid.type}, ${sale.type}, ${purchase.type}`);
  world.clock.pass(60);
  const now = world.clock.now();
  // energy counts from the first reading that the utility has on disk
  const metered = (await stored('utility').value('meters')) !== undefined;
  if (grid.tariffs.every(({ slot }) => slot < trades) && metered)
    await world.channel('utility').publishTariff({
      slot: trades,
      from: now - 600,
      until: UNTIL,
      msatPerWh: 100_000n,
      unitEnergyWh: UNIT_WH,
      units: UNITS,
    });
  if (offerOf(world) === soldOut)
    await world.channel('producer').offer({ units: UNITS, unitEnergyWh: UNIT_WH, until: UNTIL });
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

/** Whether both traders hold every unit as paid, with nothing under way. */
export function isDone({ world, trades }: Pursuit): boolean {
  return (['consumer', 'producer'] as const).every((trader) => {
    const { state, ledger } = world.channel(trader);
    const paid = ledger?.nextUnit === BigInt(trades * UNITS) && ledger.deliveries.length === 0;
    return state.type === 'open' && state.rounds.phase.type === 'idle' && paid;
  });
}
