import type { Block, Chain } from '../../src/chain/port.ts';
import { outpointKey } from '../../src/tx/transaction.ts';

/** A chain of blocks that were kept, from block `blocks[0].height` on: it never grows, and takes every transaction. */
export function storedChain(genesisHash: string, blocks: readonly Block[]): Chain {
  const tip = blocks.at(-1);
  if (tip === undefined) throw new Error('a chain has blocks');
  const spent = new Set(
    blocks.flatMap(({ transactions }) => transactions.flatMap(({ tx }) => tx.inputs.map(outpointKey))),
  );
  return {
    network: 'regtest',
    genesisHash: async () => genesisHash,
    tip: async () => ({ height: tip.height, hash: tip.hash }),
    blockHash: async (height) => blocks.find((each) => each.height === height)?.hash,
    block: async (hash) => blocks.find((each) => each.hash === hash),
    isAbandoned: async ({ height, hash }) =>
      blocks.some((each) => each.height === height && each.hash !== hash),
    unspentOutput: async (outpoint) => {
      if (spent.has(outpointKey(outpoint))) return undefined;
      for (const { height, transactions } of blocks) {
        const found = transactions.find(({ txid }) => txid === outpoint.txid)?.tx.outputs[outpoint.vout];
        if (found !== undefined) return { ...found, confirmations: tip.height - height + 1, coinbase: false };
      }
      return undefined;
    },
    transaction: async (id, blockHash) => {
      const block = blocks.find(({ hash }) => hash === blockHash);
      const tx = block?.transactions.find(({ txid }) => txid === id)?.tx;
      return tx === undefined ? undefined : { tx, feeSat: null };
    },
    mempoolSpenders: async (outpoints) => outpoints.map(() => undefined),
    broadcast: async () => ({ accepted: true }),
    broadcastPackage: async () => ({ accepted: true }),
    testAccept: async () => ({ accepted: true }),
    feeRate: async () => 1000n,
    minimumFeeRate: async () => 1000n,
    onTip: () => () => {},
    close: async () => {},
  };
}
