import { describe, expect, it } from 'vitest';
import { simulatedTestChain, startWorld } from '../support/world.ts';

describe('a consumer killed while it proposes a channel', () => {
  it('at each of its writes: the opening is over after the restart, its coins are free, and the next one opens', async () => {
    for (let write = 1, hasDied = true; hasDied; write++) {
      const world = await startWorld(simulatedTestChain(), { onError: () => {} });
      try {
        const disk = world.stores.consumer;
        disk.failAt(write, 'crashAfter');
        const request = {
          producer: world.nodes.producer.id,
          utility: world.nodes.utility.id,
          contributions: { consumer: 500_000n, producer: 100_000n, utility: 20_000n },
          settlementHeight: (await world.chain.height()) + 400,
        };
        hasDied = await world.nodes.consumer.open(request).then(
          () => false,
          () => true,
        );
        if (!hasDied) continue;
        await world.restart('consumer', disk.snapshot());
        await world.synced();
        expect(world.nodes.consumer.wallet.balance().reserved, `write ${write}`).toBe(0n);
        for (const { state } of world.nodes.consumer.channels())
          expect(state.type, `write ${write}`).toBe('aborted');
        await world.open();
      } finally {
        await world.stop();
      }
      expect(write).toBeLessThan(30);
    }
  });
});
