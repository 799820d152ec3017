import type { Tx, Txid } from '../tx/transaction.ts';
import { statusOf } from './coins.ts';
import type { WalletState } from './state.ts';

/** The transactions that wait for a block, each after those that it spends from: the order in which a mempool takes them. */
export function pendingInOrder(state: WalletState): readonly Tx[] {
  const ordered = new Map<Txid, Tx>();
  const visit = (id: Txid): void => {
    const transaction = state.transactions[id];
    if (transaction === undefined || ordered.has(id) || statusOf(state, id) !== 'pending') return;
    for (const input of transaction.tx.inputs) visit(input.txid);
    ordered.set(id, transaction.tx);
  };
  for (const id of Object.keys(state.transactions)) visit(id);
  return [...ordered.values()];
}
