import { describe, expect, it } from 'vitest';
import { memoryStore } from '../../src/store/memory.ts';
import type { Store } from '../../src/store/port.ts';
import { simulatedTestChain, startWorld } from '../support/world.ts';

/** A store whose next write can be made to wait. */
function heldStore(store: Store) {
  let gate: { readonly reached: () => void; readonly opened: Promise<void> } | undefined;
  const held: Store = new Proxy(store, {
    get: (target, name) => {
      const own: unknown = Reflect.get(target, name);
      if (typeof own !== 'function') return own;
      if (name !== 'commit') return own.bind(target);
      return async (...write: Parameters<Store['commit']>) => {
        const waiting = gate;
        gate = undefined;
        waiting?.reached();
        await waiting?.opened;
        return target.commit(...write);
      };
    },
  });
  return {
    store: held,
    /** The next write waits: `reached` resolves when it is called, `open` lets it through. */
    hold: () => {
      let open = () => {};
      const opened = new Promise<void>((resolve) => {
        open = resolve;
      });
      const reached = new Promise<void>((resolve) => {
        gate = { reached: resolve, opened };
      });
      return { reached, open };
    },
  };
}

describe('a connection that is replaced while the disk is slow', () => {
  it('with the last word of a round behind it: that is not sent on the new one, and the channel goes on', async () => {
    const disk = heldStore(memoryStore());
    const world = await startWorld(simulatedTestChain(), {
      node: (role) => (role === 'consumer' ? { store: disk.store } : {}),
    });
    try {
      await world.open();
      await world.channel('consumer').transfer(1_000n);
      const answered = disk.hold();
      await answered.reached;
      const parted = world.channel('producer').until((state) => 'link' in state && state.link === 'down');
      world.network.disconnect(world.nodes.consumer.id, world.nodes.producer.id);
      await parted;
      await world.channel('producer').until((state) => 'link' in state && state.link === 'reestablishing');
      answered.open();
      for (const trader of ['consumer', 'producer'] as const)
        await world
          .channel(trader)
          .until(
            (state) => state.type !== 'open' || (state.link === 'up' && state.rounds.phase.type === 'idle'),
          );
      await world.channel('consumer').transfer(1_000n);
      await world.synced();
      for (const trader of ['consumer', 'producer'] as const) {
        expect(world.channel(trader).state.type).toBe('open');
        expect(world.channel(trader).ledger?.producerMsat).toBe(100_002_000n);
      }
    } finally {
      await world.stop();
    }
  });
});
