import { outpointKey, type Tx, type Txid } from '../../tx/transaction.ts';

/** A transaction that waits for a block. */
export interface PoolEntry {
  readonly txid: Txid;
  readonly tx: Tx;
  /** Virtual bytes. */
  readonly size: number;
  /** Satoshi. */
  readonly fee: bigint;
}

/** A mempool as a value: parents stand before their children. */
export interface Pool {
  readonly entries: ReadonlyMap<Txid, PoolEntry>;
  /** Which transaction of the pool spends an outpoint, by its key. */
  readonly spenders: ReadonlyMap<string, Txid>;
}

export const EMPTY_POOL: Pool = { entries: new Map(), spenders: new Map() };

export function withEntry(pool: Pool, entry: PoolEntry): Pool {
  const entries = new Map(pool.entries).set(entry.txid, entry);
  const spenders = new Map(pool.spenders);
  for (const input of entry.tx.inputs) spenders.set(outpointKey(input), entry.txid);
  return { entries, spenders };
}

export function withoutEntries(pool: Pool, gone: ReadonlySet<Txid>): Pool {
  if (gone.size === 0) return pool;
  return {
    entries: new Map([...pool.entries].filter(([id]) => !gone.has(id))),
    spenders: new Map([...pool.spenders].filter(([, id]) => !gone.has(id))),
  };
}

/** The pool's transactions that spend what `tx` spends. */
export function conflictsOf(pool: Pool, tx: Tx): Set<Txid> {
  const conflicts = new Set<Txid>();
  for (const input of tx.inputs) {
    const spender = pool.spenders.get(outpointKey(input));
    if (spender !== undefined) conflicts.add(spender);
  }
  return conflicts;
}

export function parentsOf(pool: Pool, tx: Tx): PoolEntry[] {
  return entriesOf(pool, new Set(tx.inputs.map((input) => input.txid)));
}

export function childrenOf(pool: Pool, { txid, tx }: PoolEntry): PoolEntry[] {
  const ids = tx.outputs.map((_, vout) => pool.spenders.get(outpointKey({ txid, vout })));
  return entriesOf(pool, new Set(ids.filter((id) => id !== undefined)));
}

/** Every unconfirmed transaction that `tx` builds on. */
export function ancestorsOf(pool: Pool, tx: Tx): Set<Txid> {
  return closure(parentsOf(pool, tx), (entry) => parentsOf(pool, entry.tx));
}

/** `roots` and every transaction of the pool that builds on one of them. */
export function withDescendants(pool: Pool, roots: Iterable<Txid>): Set<Txid> {
  return closure(entriesOf(pool, roots), (entry) => childrenOf(pool, entry));
}

export function entriesOf(pool: Pool, ids: Iterable<Txid>): PoolEntry[] {
  return [...ids].map((id) => pool.entries.get(id)).filter((entry) => entry !== undefined);
}

function closure(start: readonly PoolEntry[], next: (entry: PoolEntry) => readonly PoolEntry[]): Set<Txid> {
  const found = new Set<Txid>();
  const open = [...start];
  for (let entry = open.pop(); entry !== undefined; entry = open.pop()) {
    if (found.has(entry.txid)) continue;
    found.add(entry.txid);
    open.push(...next(entry));
  }
  return found;
}
