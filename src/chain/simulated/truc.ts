import type { Tx, Txid } from '../../tx/transaction.ts';
import type { Fault } from './consensus.ts';
import { ancestorsOf, childrenOf, type Pool, type PoolEntry, parentsOf, withDescendants } from './pool.ts';

const TRUC_VERSION = 3;
const MAX_TRUC_BYTES = 10_000;
const MAX_TRUC_CHILD_BYTES = 1000;

/** What BIP431 says of a transaction that asks for a place in the mempool. */
export interface TrucVerdict {
  readonly fault: Fault;
  /** The only child of the same parent, which may be replaced by this transaction as if they were in conflict. */
  readonly sibling?: Txid;
}

/**
 * The rules of version 3 (BIP431): ancestors and descendants of the same version, one of each at most, sizes.
 *
 * @param replaced transactions of the pool that `tx` is about to replace, descendants included
 */
export function trucVerdict(pool: Pool, tx: Tx, size: number, replaced: ReadonlySet<Txid>): TrucVerdict {
  const parents = parentsOf(pool, tx);
  const [parent] = parents;
  if (tx.version !== TRUC_VERSION)
    return parents.some((each) => each.tx.version === TRUC_VERSION)
      ? violation('non-version=3 tx cannot spend from version=3 tx')
      : { fault: undefined };
  if (parents.some((each) => each.tx.version !== TRUC_VERSION))
    return violation('version=3 tx cannot spend from non-version=3 tx');
  if (size > MAX_TRUC_BYTES)
    return violation(`version=3 tx is too big: ${size} > ${MAX_TRUC_BYTES} virtual bytes`);
  if (parent === undefined) return { fault: undefined };
  if (parents.length > 1 || ancestorsOf(pool, parent.tx).size > 0)
    return violation('tx would have too many ancestors');
  if (size > MAX_TRUC_CHILD_BYTES)
    return violation(`version=3 child tx is too big: ${size} > ${MAX_TRUC_CHILD_BYTES} virtual bytes`);
  return siblingVerdict(pool, parent, replaced);
}

function siblingVerdict(pool: Pool, parent: PoolEntry, replaced: ReadonlySet<Txid>): TrucVerdict {
  const siblings = childrenOf(pool, parent).filter((child) => !replaced.has(child.txid));
  const [sibling] = siblings;
  if (sibling === undefined) return { fault: undefined };
  const full = violation('tx would exceed descendant count limit');
  const alone = siblings.length === 1 && withDescendants(pool, [sibling.txid]).size === 1;
  return alone && ancestorsOf(pool, sibling.tx).size === 1 ? { ...full, sibling: sibling.txid } : full;
}

function violation(detail: string): { readonly fault: string } {
  return { fault: `TRUC-violation, ${detail}` };
}
