import { describe, expect, it } from 'vitest';
import { toJson } from '../../src/base/json.ts';
import { checkedStore } from '../../src/store/checked.ts';
import { signedCommitment } from '../support/cheat.ts';
import { driven } from '../support/driven.ts';
import { simulatedTestChain, startWorld, type World } from '../support/world.ts';

describe('a driver that takes up its channel after a crash', () => {
  it('with a message and a transaction to send: only the transaction, on a new connection `reestablish` is first', async () => {
    const world = await startWorld(simulatedTestChain());
    try {
      await world.open();
      const disk = world.stores.consumer.snapshot();
      const store = checkedStore(disk);
      const [stored] = await store.channels();
      const tx = await signedCommitment(world, 'consumer', disk);
      const pending = [
        { type: 'send', to: 'producer', bytes: Uint8Array.of(1, 2, 3) },
        { type: 'broadcast', tx, purpose: 'commitment' },
      ];
      const first = (stored?.pending.at(-1)?.id ?? 0) + 1_000;
      await store.commit(stored?.key ?? '', {
        actions: pending.map((action, index) => ({ id: first + index, action: toJson(action) })),
      });
      const { driver, sent, broadcasts } = await driven(world, (signer) => signer, { disk });
      await driver.resume();
      expect(broadcasts).toEqual([{ tx, purpose: 'commitment' }]);
      expect(sent).toEqual([]);
      await driver.handle({ type: 'event', event: { type: 'disconnected', peer: 'producer' } });
      expect((await store.channels())[0]?.pending).toEqual([]);
    } finally {
      await world.stop();
    }
  });
});

async function nextBlock(world: World) {
  const chain = await world.chain.connect();
  await world.chain.mine(1);
  const block = await chain.block((await chain.tip()).hash);
  if (block === undefined) throw new Error('no block');
  return block;
}

describe('a bug of ours that a block runs into', () => {
  it('in the signing of a claim: this channel is halted and says so once, the block counts all the same', async () => {
    const world = await startWorld(simulatedTestChain());
    try {
      await world.open();
      await world.channel('consumer').forceClose();
      await world.mine(23);
      const { driver, notices } = await driven(world, (signer) =>
        signer.role === 'utility'
          ? signer
          : {
              role: 'trader',
              signer: {
                ...signer.signer,
                signClaim: () => {
                  throw new TypeError('a bug');
                },
              },
            },
      );
      for (let i = 0; i < 3; i++) {
        const block = await nextBlock(world);
        await driver.handle({ type: 'blockConnected', block });
        expect(driver.monitor?.tip.height).toBe(block.height);
      }
      expect(driver.halted).toBe('a bug');
      expect(notices.filter(({ type }) => type === 'halted')).toEqual([{ type: 'halted', reason: 'a bug' }]);
    } finally {
      await world.stop();
    }
  });
});

describe('a reorganisation that takes the funding transaction out', () => {
  it('it is sent again with every block until it is in one', async () => {
    const world = await startWorld(simulatedTestChain());
    try {
      await world.open();
      const { driver, broadcasts } = await driven(world, (signer) => signer);
      const chain = await world.chain.connect();
      const funding = world.channel('consumer').contract?.funding.txid;
      const fundingBlock = await chain.block((await chain.tip()).hash);
      if (fundingBlock === undefined) throw new Error('no block');
      await driver.handle({ type: 'blockDisconnected', block: fundingBlock });
      expect(broadcasts).toEqual([]);
      const { height, hash } = driver.monitor?.tip ?? { height: 0, hash: '' };
      const empty = {
        ...fundingBlock,
        hash: 'ee'.repeat(32),
        height: height + 1,
        previousHash: hash,
        transactions: [],
      };
      await driver.handle({ type: 'blockConnected', block: empty });
      expect(broadcasts.map(({ purpose }) => purpose)).toEqual(['funding']);
      const sent = fundingBlock.transactions.find(({ txid }) => txid === funding)?.tx;
      expect(broadcasts[0]?.tx).toEqual(sent);
      const again = { ...fundingBlock, hash: 'ff'.repeat(32), height: height + 2, previousHash: empty.hash };
      await driver.handle({ type: 'blockConnected', block: again });
      await driver.handle({
        type: 'blockConnected',
        block: { ...empty, hash: 'dd'.repeat(32), height: height + 3, previousHash: again.hash },
      });
      expect(broadcasts).toHaveLength(1);
    } finally {
      await world.stop();
    }
  });
});
