import { afterEach, describe, expect, it } from 'vitest';
import { fromJson } from '../../src/base/json.ts';
import { createNode, type Node } from '../../src/index.ts';
import { checkedStore } from '../../src/store/checked.ts';
import { type MemoryStore, memoryStore } from '../../src/store/memory.ts';
import { memoryNetwork } from '../../src/transport/memory.ts';
import { mnemonicFromEntropy } from '../../src/wallet/mnemonic.ts';
import { simulatedTestChain, startWorld, type TestChain } from '../support/world.ts';

/** A node on what this disk holds. */
async function startNode(
  chain: TestChain,
  store: MemoryStore,
  onError?: (error: unknown) => void,
): Promise<Node> {
  return createNode({
    mnemonic: mnemonicFromEntropy(new Uint8Array(16)),
    chain: await chain.connect(),
    transport: (id) => memoryNetwork().join(id),
    store,
    ...(onError === undefined ? {} : { onError }),
  });
}

describe('a node that starts again', () => {
  let node: Node;
  afterEach(() => node.stop());

  it('several blocks later: it takes in each of them, and what they paid', async () => {
    const chain = simulatedTestChain();
    const store = memoryStore();
    node = await startNode(chain, store);
    const address = await node.wallet.newAddress();
    await chain.mine(1);
    await node.synced();
    await node.stop();
    await chain.mine(3);
    await chain.fund(address, 50_000n);
    await chain.mine(3);
    node = await startNode(chain, store);
    await node.synced();
    expect(node.wallet.balance().confirmed).toBe(50_000n);
  });

  it('killed at any write of a reorganisation, and another one while it was down: it follows the chain', async () => {
    for (let write = 1; write <= 12; write++)
      for (const when of ['crashBefore', 'crashAfter'] as const) {
        const chain = simulatedTestChain();
        const store = memoryStore();
        let died = () => {};
        const death = new Promise<void>((resolve) => {
          died = resolve;
        });
        node = await startNode(chain, store, died);
        const address = await node.wallet.newAddress();
        await chain.fund(address, 50_000n);
        await chain.mine(2);
        await node.synced();
        store.failAt(write, when);
        await chain.reorg(3);
        await Promise.race([node.synced(), death]);
        await node.stop();
        await chain.reorg(2);
        node = await startNode(chain, store.snapshot());
        await node.synced();
        expect(node.wallet.balance().confirmed).toBe(50_000n);
        await node.stop();
      }
  });

  it('killed at any write of a block that is then reorganised away: its channel follows the chain', async () => {
    for (let write = 1; write <= 4; write++) {
      let died = () => {};
      const death = new Promise<void>((resolve) => {
        died = resolve;
      });
      const world = await startWorld(simulatedTestChain(), { onError: () => died() });
      await world.open();
      world.stores.producer.failAt(write, 'crashAfter');
      await world.chain.mine(1);
      await Promise.all([world.nodes.consumer.synced(), world.nodes.utility.synced()]);
      await Promise.race([world.nodes.producer.synced(), death]);
      await world.chain.reorg(1);
      await world.restart('producer');
      await world.mine(1);
      const [stored] = await checkedStore(world.stores.producer).channels();
      const monitor = fromJson(stored?.monitor ?? '');
      const tip = await (await world.chain.connect()).tip();
      expect(monitor).toMatchObject({ ok: true, value: { tip } });
      await world.stop();
    }
  });

  it('a write fails while a block is taken in: somebody is told, and the block is taken in once it can be written', async () => {
    const chain = simulatedTestChain();
    const store = memoryStore();
    const errors: unknown[] = [];
    node = await startNode(chain, store, (error) => errors.push(error));
    await node.synced();
    store.failAt(1, 'once');
    await chain.mine(1);
    await node.synced();
    expect(errors).toMatchObject([{ code: 'handlerFailed', retry: true }]);
    expect(node.chainTrouble()).toBeUndefined();
    expect(node.wallet.state().tip).toEqual(await (await chain.connect()).tip());
  });
});
