import type { Chain } from '../../src/chain/port.ts';
import { type Tx, txid } from '../../src/tx/transaction.ts';
import { chainOver } from './chainOver.ts';

/** A chain that notes the ids of all transactions that are submitted through it, alone or in a package. */
export function spyChain(chain: Chain): { readonly chain: Chain; readonly submitted: ReadonlySet<string> } {
  const submitted = new Set<string>();
  const note = <T>(transactions: readonly Tx[], answer: T): T => {
    for (const tx of transactions) submitted.add(txid(tx));
    return answer;
  };
  const spied = chainOver(chain, {
    broadcast: (tx) => note([tx], chain.broadcast(tx)),
    broadcastPackage: (parent, child) => note([parent, child], chain.broadcastPackage(parent, child)),
  });
  return { chain: spied, submitted };
}
