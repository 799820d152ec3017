import type { Chain } from '../../src/chain/port.ts';
import { type Tx, txid } from '../../src/tx/transaction.ts';

/** A chain that notes the ids of all transactions that are submitted through it, alone or in a package. */
export function spyChain(chain: Chain): { readonly chain: Chain; readonly submitted: ReadonlySet<string> } {
  const submitted = new Set<string>();
  const note = <T>(transactions: readonly Tx[], answer: T): T => {
    for (const tx of transactions) submitted.add(txid(tx));
    return answer;
  };
  const spied: Chain = {
    network: chain.network,
    genesisHash: () => chain.genesisHash(),
    tip: () => chain.tip(),
    blockHash: (height) => chain.blockHash(height),
    block: (hash) => chain.block(hash),
    unspentOutput: (outpoint) => chain.unspentOutput(outpoint),
    broadcast: (tx) => note([tx], chain.broadcast(tx)),
    broadcastPackage: (parent, child) => note([parent, child], chain.broadcastPackage(parent, child)),
    testAccept: (tx) => chain.testAccept(tx),
    feeRate: (blocks) => chain.feeRate(blocks),
    minimumFeeRate: () => chain.minimumFeeRate(),
    onTip: (listener) => chain.onTip(listener),
    close: () => chain.close(),
  };
  return { chain: spied, submitted };
}
