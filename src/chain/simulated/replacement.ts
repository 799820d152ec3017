import type { Txid } from '../../tx/transaction.ts';
import { feeFor } from '../port.ts';
import type { Fault } from './consensus.ts';
import { ancestorsOf, childrenOf, entriesOf, type Pool, type PoolEntry, parentsOf } from './pool.ts';
import { feeRateOf, together } from './rates.ts';

const MAX_REPLACED = 100;

/** What a newcomer pushes out of the pool. */
export interface Displaced {
  /** Those that spend the same outputs (or the sibling that gives way, BIP431). */
  readonly conflicts: ReadonlySet<Txid>;
  /** The conflicts and all that builds on them. */
  readonly replaced: ReadonlySet<Txid>;
}

/**
 * The rules by which one transaction replaces others (BIP125 as Bitcoin Core applies it since version 28,
 * signalled or not): a higher fee rate than each conflict, no fee less than all together, and its own relay on top.
 */
export function replacementFault(
  pool: Pool,
  entry: PoolEntry,
  { conflicts, replaced }: Displaced,
  incrementalRate: bigint,
): Fault {
  const rivals = entriesOf(pool, conflicts);
  const rate = feeRateOf(entry);
  const dearest = rivals.find((rival) => rate <= feeRateOf(rival));
  if (dearest !== undefined)
    return `insufficient fee, rejecting replacement; new feerate ${rate} <= old feerate ${feeRateOf(dearest)}`;
  if (replaced.size > MAX_REPLACED) return 'too many potential replacements';
  if (addsUnconfirmed(pool, entry, rivals)) return 'replacement-adds-unconfirmed';
  const old = together(entriesOf(pool, replaced)).fee;
  if (entry.fee < old)
    return `insufficient fee, rejecting replacement, less fees than conflicting txs; ${entry.fee} < ${old}`;
  const relay = feeFor(entry.size, incrementalRate);
  if (entry.fee - old < relay)
    return `insufficient fee, rejecting replacement, not enough additional fees to relay; ${entry.fee - old} < ${relay}`;
  return undefined;
}

/** The same for a parent with its child (package replacement, since version 28). `pool` is the one before both. */
export function packageReplacementFault(
  pool: Pool,
  parent: PoolEntry,
  child: PoolEntry,
  { replaced }: Displaced,
  incrementalRate: bigint,
): Fault {
  if (ancestorsOf(pool, parent.tx).size > 0 || ancestorsOf(pool, child.tx).size > 0)
    return failed('new transaction cannot have mempool ancestors');
  if (replaced.size > MAX_REPLACED) return failed('too many potential replacements');
  const both = together([parent, child]);
  const old = together(entriesOf(pool, replaced)).fee;
  if (both.fee - old < feeFor(both.size, incrementalRate))
    return failed(`insufficient anti-DoS fees, ${both.fee - old} added`);
  if (feeRateOf(both) <= feeRateOf(parent))
    return failed('package feerate is less than or equal to parent feerate');
  const leaving = entriesOf(pool, replaced);
  if (leaving.some((entry) => clusterTooLarge(pool, entry)))
    return failed('conflict in a cluster of more than two');
  // With every fee of the old ones exceeded, the diagram improves just when no chunk of theirs was mined sooner
  if (leaving.flatMap((entry) => chunkRates(pool, entry, replaced)).some((rate) => feeRateOf(both) <= rate))
    return failed('insufficient feerate: does not improve feerate diagram');
  return undefined;
}

function failed(detail: string): string {
  return `package RBF failed: ${detail}`;
}

/** BIP125 rule 2: an unconfirmed parent that none of the replaced had. */
function addsUnconfirmed(pool: Pool, entry: PoolEntry, rivals: readonly PoolEntry[]): boolean {
  const known = new Set(rivals.flatMap((rival) => rival.tx.inputs.map((input) => input.txid)));
  return parentsOf(pool, entry.tx).some((parent) => !known.has(parent.txid));
}

function clusterTooLarge(pool: Pool, entry: PoolEntry): boolean {
  const relatives = [...parentsOf(pool, entry.tx), ...childrenOf(pool, entry)];
  const [only] = relatives;
  if (only === undefined) return false;
  return relatives.length > 1 || parentsOf(pool, only.tx).length + childrenOf(pool, only).length > 1;
}

/** Rates at which a miner would take a root of a cluster of two, alone and with its child: the higher one counts. */
function chunkRates(pool: Pool, entry: PoolEntry, replaced: ReadonlySet<Txid>): bigint[] {
  if (parentsOf(pool, entry.tx).some((parent) => replaced.has(parent.txid))) return []; // counted with its parent
  const [child] = childrenOf(pool, entry);
  return [[entry], ...(child === undefined ? [] : [[entry, child]])].map((chunk) =>
    feeRateOf(together(chunk)),
  );
}
