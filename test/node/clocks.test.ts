import { afterEach, describe, expect, it } from 'vitest';
import { ROLES, type Role } from '../../src/base/role.ts';
import { systemClock } from '../../src/node/clock.ts';
import {
  regtestChain,
  START_TIME,
  startWorld,
  type TestChain,
  UNIT_WH,
  type World,
} from '../support/world.ts';

const YEAR = 365 * 86_400;

let world: World;
afterEach(() => world.stop());

/** A world in which each node has a clock of its own, and one unit was paid. */
async function trading(chain?: TestChain): Promise<{ readonly [R in Role]: { skew: number } }> {
  const skews = { consumer: { skew: 0 }, producer: { skew: 0 }, utility: { skew: 0 } };
  const passed = () => world?.clock.now() ?? START_TIME;
  world = await startWorld(chain, {
    node: (role) => ({
      clock: {
        now: () => passed() + skews[role].skew,
        after: (ms, then) => systemClock.after(Math.min(ms, 5), then),
      },
    }),
  });
  await world.open();
  const paid = world.channel('consumer').notice('unitSettled');
  await world.trade({ units: 1 });
  await paid;
  return skews;
}

const buyOne = async () => {
  const paid = world.channel('consumer').notice('unitSettled');
  await world.channel('consumer').buy(1);
  await paid;
};

describe('a wall clock that is wrong', () => {
  it('the meter’s, by years: its reading is refused by name, and right ones count again after', async () => {
    const skews = await trading();
    for (const skew of [3 * YEAR, -3 * YEAR]) {
      skews.producer.skew = skew;
      const refused = world.channel('utility').notice('refused', ({ error }) => error.code === 'badReading');
      await world.channel('producer').readMeter({ importWh: 0n, exportWh: BigInt(UNIT_WH) });
      expect((await refused).error).toMatchObject({ reason: skew > 0 ? 'timeAhead' : 'timeBackwards' });
      skews.producer.skew = 0;
      await buyOne();
    }
  });

  it('the utility’s, by years: units that were ordered are attested all the same', async () => {
    const skews = await trading(await regtestChain());
    await world.mine(1); // whose time is not the utility's
    for (const skew of [-YEAR, 3 * YEAR]) {
      skews.utility.skew = skew;
      await buyOne();
    }
  });

  it('a trader’s: no order is placed or taken, no channel fails, and units are bought when it is right', async () => {
    const skews = await trading();
    for (const role of ['consumer', 'producer'] as const)
      for (const skew of [YEAR, -YEAR]) {
        skews[role].skew = skew;
        await world.channel('consumer').buy(1);
        await world.mine(1);
        skews[role].skew = 0;
        const paid = world.channel('consumer').notice('unitSettled');
        await world.channel('consumer').buy(1);
        await world.mine(1);
        await paid;
        for (const each of ROLES)
          expect(world.channel(each).state.type).toBe(each === 'utility' ? 'attesting' : 'open');
      }
  });
});
