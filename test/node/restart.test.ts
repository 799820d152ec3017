import { afterEach, describe, expect, it } from 'vitest';
import { createNode, type Node } from '../../src/index.ts';
import { type MemoryStore, memoryStore } from '../../src/store/memory.ts';
import { memoryNetwork } from '../../src/transport/memory.ts';
import { mnemonicFromEntropy } from '../../src/wallet/mnemonic.ts';
import { simulatedTestChain, type TestChain } from '../support/world.ts';

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
        node = await startNode(chain, store, () => {});
        const address = await node.wallet.newAddress();
        await chain.fund(address, 50_000n);
        await chain.mine(2);
        await node.synced();
        store.failAt(write, when);
        await chain.reorg(3);
        await node.synced().catch(() => {});
        await node.stop();
        await chain.reorg(2);
        node = await startNode(chain, store.snapshot());
        await node.synced();
        expect(node.wallet.balance().confirmed).toBe(50_000n);
        await node.stop();
      }
  });

  it('a write fails while a block is taken in: somebody is told that the chain is not followed any more', async () => {
    const chain = simulatedTestChain();
    const store = memoryStore();
    const errors: unknown[] = [];
    node = await startNode(chain, store, (error) => errors.push(error));
    await node.synced();
    store.failAt(1, 'once');
    await chain.mine(1);
    await node.synced().catch(() => {});
    expect(errors).toMatchObject([{ code: 'handlerFailed' }]);
  });
});
