import { afterEach, describe, expect, it } from 'vitest';
import { TRADERS } from '../../src/base/role.ts';
import { signedCommitment } from '../support/cheat.ts';
import { BOTH_CHAINS, startWorld, type World } from '../support/world.ts';

describe.each(BOTH_CHAINS)('a cheater on %s', (_, makeChain) => {
  let world: World;
  afterEach(() => world.stop());

  it.each(TRADERS)(
    '%s with an old store can broadcast its revoked commitment, and a block takes it',
    async (trader) => {
      world = await startWorld(await makeChain());
      await world.open();
      const old = world.stores[trader].snapshot();
      let settled = 0;
      const done = world.channel('consumer').notice('unitSettled', () => ++settled === 2);
      await world.trade({ units: 2 });
      await done;
      const seen = world.channel('utility').notice('chain', ({ notice }) => notice.type === 'fundingSpent');
      await world.chain.mineExactly([await signedCommitment(world, trader, old)]);
      expect((await seen).notice).toMatchObject({ type: 'fundingSpent' });
    },
  );
});
