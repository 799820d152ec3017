import type { Chain } from '../../src/chain/port.ts';

/** The same chain, with other methods in the place of some. */
export function chainOver(chain: Chain, others: Partial<Chain>): Chain {
  return {
    network: chain.network,
    genesisHash: () => chain.genesisHash(),
    tip: () => chain.tip(),
    blockHash: (height) => chain.blockHash(height),
    block: (hash) => chain.block(hash),
    isAbandoned: (block) => chain.isAbandoned(block),
    unspentOutput: (outpoint) => chain.unspentOutput(outpoint),
    transaction: (id, blockHash) => chain.transaction(id, blockHash),
    mempoolSpenders: (outpoints) => chain.mempoolSpenders(outpoints),
    broadcast: (tx) => chain.broadcast(tx),
    broadcastPackage: (parent, child) => chain.broadcastPackage(parent, child),
    testAccept: (tx) => chain.testAccept(tx),
    feeRate: (blocks) => chain.feeRate(blocks),
    minimumFeeRate: () => chain.minimumFeeRate(),
    onTip: (listener) => chain.onTip(listener),
    close: () => chain.close(),
    ...others,
  };
}
