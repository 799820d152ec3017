import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { checkedStore } from '../../src/store/checked.ts';
import { stateIn } from '../support/cheat.ts';
import { driven } from '../support/driven.ts';
import { simulatedTestChain, startWorld, type World } from '../support/world.ts';

describe('the parts of a state that stay the same', () => {
  let world: World;
  beforeEach(async () => {
    world = await startWorld(simulatedTestChain());
    await world.open();
    const paid = world.channel('consumer').notice('unitSettled', ({ delivery }) => delivery.unit === 2n);
    await world.trade({ units: 3 });
    await paid;
    await world.synced();
  });
  afterEach(() => world.stop());

  it('the state that comes back from the store is the one that was written, in each role', async () => {
    for (const role of ['consumer', 'producer', 'utility'] as const)
      expect(await stateIn(world.stores[role])).toEqual(world.channel(role).state);
  });

  it('the text of a state names its tariffs and has none of their locks', async () => {
    for (const role of ['consumer', 'utility'] as const) {
      const [stored] = await checkedStore(world.stores[role]).channels();
      expect(stored?.state).not.toContain('locks');
      expect(stored?.state).not.toContain('contributions');
    }
  });

  it('each part is a record once, however many states name it', async () => {
    const [stored] = await checkedStore(world.stores.utility).channels();
    const records = await checkedStore(world.stores.utility).records(stored?.key ?? '');
    expect(records.filter((text) => text.includes('"locks"'))).toHaveLength(1);
    expect(records.filter((text) => text.includes('"contributions"'))).toHaveLength(1);
  });

  it('a part that is missing: the store is corrupt, and no half of a state is read', async () => {
    const store = { ...checkedStore(world.stores.consumer), recordsAbout: async () => [] };
    await expect(driven(world, undefined, { wrap: () => store })).rejects.toMatchObject({ code: 'corrupt' });
  });
});
