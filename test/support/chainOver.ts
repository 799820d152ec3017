import type { Chain } from '../../src/chain/port.ts';

/** The same chain, with other ways to submit a transaction. */
export function chainOver(chain: Chain, submits: Pick<Chain, 'broadcast' | 'broadcastPackage'>): Chain {
  return {
    network: chain.network,
    genesisHash: () => chain.genesisHash(),
    tip: () => chain.tip(),
    blockHash: (height) => chain.blockHash(height),
    block: (hash) => chain.block(hash),
    isAbandoned: (block) => chain.isAbandoned(block),
    unspentOutput: (outpoint) => chain.unspentOutput(outpoint),
    broadcast: (tx) => submits.broadcast(tx),
    broadcastPackage: (parent, child) => submits.broadcastPackage(parent, child),
    testAccept: (tx) => chain.testAccept(tx),
    feeRate: (blocks) => chain.feeRate(blocks),
    minimumFeeRate: () => chain.minimumFeeRate(),
    onTip: (listener) => chain.onTip(listener),
    close: () => chain.close(),
  };
}
