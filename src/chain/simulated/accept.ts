import { err, ok, type Result } from '../../base/result.ts';
import { type OutPoint, outpointKey, type Tx, txid, vsize } from '../../tx/transaction.ts';
import { feeFor } from '../port.ts';
import {
  amountFault,
  type Coin,
  type Fault,
  feeOf,
  finalityFault,
  sequenceFault,
  shapeFault,
} from './consensus.ts';
import {
  ancestorsOf,
  conflictsOf,
  entriesOf,
  type Pool,
  type PoolEntry,
  withDescendants,
  withEntry,
  withoutEntries,
} from './pool.ts';
import { feeRateOf, type Paid, together } from './rates.ts';
import { type Displaced, packageReplacementFault, replacementFault } from './replacement.ts';
import { standardFault, witnessStandardFault } from './standard.ts';
import { trucVerdict } from './truc.ts';

const MAX_CHAIN = 25;

/** What a mempool has to know besides its own transactions. Rates in satoshi per 1,000 virtual bytes. */
export interface PoolContext {
  /** The output if the best chain holds it unspent. */
  coin(outpoint: OutPoint): Coin | undefined;
  readonly nextHeight: number;
  /** What no transaction but one of version 3 in a package may be under (`-minrelaytxfee`). */
  readonly relayRate: bigint;
  /** What a replacement pays on top (`-incrementalrelayfee`). */
  readonly incrementalRate: bigint;
  /** What a full mempool asks for; 0 where it is not full. */
  readonly mempoolRate: bigint;
  /** Whether the witnesses satisfy the coins, `coins` in input order. */
  scripts(tx: Tx, coins: readonly Coin[]): Fault;
}

export interface Refusal {
  readonly reason: string;
  /** Whether a child that pays more could change the answer. */
  readonly reconsiderable: boolean;
}

interface Accepted {
  readonly pool: Pool;
  readonly entry: PoolEntry;
  readonly displaced: Displaced;
}

/** `alone`: fees and replacement are judged here; `package`: the caller judges them for parent and child together. */
type FeeRule = 'alone' | 'package';

/** The pool with `tx`, or why it stays out. The order of the checks is Bitcoin Core's (`PreChecks`). */
export function accept(
  pool: Pool,
  tx: Tx,
  context: PoolContext,
  rule: FeeRule = 'alone',
): Result<Accepted, Refusal> {
  const resolved = resolve(pool, tx, context);
  if (!resolved.ok) return resolved;
  const { entry, coins } = resolved.value;
  const short = feeFault(entry, context, rule);
  if (short !== undefined) return reconsider(short);
  const placed = place(pool, entry, rule);
  if (!placed.ok) return placed;
  const displaced = placed.value;
  if (rule === 'alone' && displaced.conflicts.size > 0) {
    const fault = replacementFault(pool, entry, displaced, context.incrementalRate);
    if (fault !== undefined) return reconsider(fault);
  }
  const fault = context.scripts(tx, coins);
  if (fault !== undefined) return refuse(fault);
  return ok({ pool: withEntry(withoutEntries(pool, displaced.replaced), entry), entry, displaced });
}

/**
 * The pool with a transaction of a disconnected block, or one that had been in the pool before: fees,
 * standardness and BIP431 do not count, but nothing is replaced. `undefined` when it is no longer valid.
 */
export function readmit(pool: Pool, tx: Tx, context: PoolContext): Pool | undefined {
  if (conflictsOf(pool, tx).size > 0) return undefined;
  const coins = coinsOf(pool, tx, context);
  if (coins === undefined) return undefined;
  const fault = shapeFault(tx) ?? timeAndAmountFault(tx, coins, context) ?? context.scripts(tx, coins);
  return fault === undefined ? withEntry(pool, entryOf(tx, coins)) : undefined;
}

/** The outcome for a parent and its child: `pool` holds what was taken, which may be the parent alone. */
export interface PackageOutcome {
  readonly pool: Pool;
  readonly fault: Fault;
}

/** Bitcoin Core's `submitpackage` for one parent and one child: each alone where that works, else by their common fee rate. */
export function acceptPackage(pool: Pool, parent: Tx, child: Tx, context: PoolContext): PackageOutcome {
  const malformed = packageFault(parent, child, context);
  if (malformed !== undefined) return { pool, fault: malformed };
  const inPool = pool.entries.has(txid(parent));
  const alone = inPool ? ok({ pool }) : accept(pool, parent, context);
  if (!alone.ok && alone.error.reconsiderable) return acceptTogether(pool, parent, child, context);
  if (!alone.ok) return { pool, fault: alone.error.reason };
  const after = accept(alone.value.pool, child, context);
  if (after.ok) return { pool: after.value.pool, fault: undefined };
  return { pool: alone.value.pool, fault: after.error.reason };
}

function packageFault(parent: Tx, child: Tx, context: PoolContext): Fault {
  const spent = new Set(parent.inputs.map(outpointKey));
  if (child.inputs.some((input) => spent.has(outpointKey(input)))) return 'conflict-in-package';
  const parentTxid = txid(parent);
  const others = child.inputs.filter((input) => input.txid !== parentTxid);
  if (others.length === child.inputs.length) return 'package-not-child-with-parents';
  const allConfirmed = others.every((input) => context.coin(input) !== undefined);
  return allConfirmed ? undefined : 'package-not-child-with-unconfirmed-parents';
}

function acceptTogether(pool: Pool, parent: Tx, child: Tx, context: PoolContext): PackageOutcome {
  const first = accept(pool, parent, context, 'package');
  if (!first.ok) return { pool, fault: first.error.reason };
  const second = accept(first.value.pool, child, context, 'package');
  if (!second.ok) return { pool, fault: second.error.reason };
  const short = minimumFault(together([first.value.entry, second.value.entry]), context);
  if (short !== undefined) return { pool, fault: short };
  const displaced = union(first.value.displaced, second.value.displaced);
  if (displaced.conflicts.size > 0) {
    const { entry } = second.value;
    const fault = packageReplacementFault(pool, first.value.entry, entry, displaced, context.incrementalRate);
    if (fault !== undefined) return { pool, fault };
  }
  return { pool: second.value.pool, fault: undefined };
}

/** The pool without what pays less than `rate`, with descendants where those do not lift it above (a full mempool's choice). */
export function trim(pool: Pool, rate: bigint): Pool {
  const low = [...pool.entries.values()].find((entry) => {
    const family = entriesOf(pool, withDescendants(pool, [entry.txid]));
    return feeRateOf(entry) < rate && feeRateOf(together(family)) < rate;
  });
  return low === undefined ? pool : trim(withoutEntries(pool, withDescendants(pool, [low.txid])), rate);
}

function resolve(
  pool: Pool,
  tx: Tx,
  context: PoolContext,
): Result<{ readonly entry: PoolEntry; readonly coins: readonly Coin[] }, Refusal> {
  const shape = shapeFault(tx) ?? standardFault(tx) ?? finalityFault(tx, context.nextHeight);
  if (shape !== undefined) return refuse(shape);
  const coins = coinsOf(pool, tx, context);
  if (coins === undefined) return refuse('bad-txns-inputs-missingorspent');
  const fault = timeAndAmountFault(tx, coins, context) ?? witnessStandardFault(tx, coins);
  if (fault !== undefined) return refuse(fault);
  const entry = entryOf(tx, coins);
  return pool.entries.has(entry.txid) ? refuse('txn-already-in-mempool') : ok({ entry, coins });
}

/** What the newcomer displaces, or which rule of the pool's families (BIP431, chain limits) it breaks. */
function place(pool: Pool, entry: PoolEntry, rule: FeeRule): Result<Displaced, Refusal> {
  const direct = conflictsOf(pool, entry.tx);
  const verdict = trucVerdict(pool, entry.tx, entry.size, withDescendants(pool, direct));
  const sibling = rule === 'alone' ? verdict.sibling : undefined;
  if (verdict.fault !== undefined && sibling === undefined) return refuse(verdict.fault);
  const conflicts = sibling === undefined ? direct : new Set([...direct, sibling]);
  const ancestors = ancestorsOf(pool, entry.tx);
  const rival = [...ancestors].find((id) => conflicts.has(id));
  if (rival !== undefined)
    return refuse(`bad-txns-spends-conflicting-tx, ${entry.txid} spends conflicting ${rival}`);
  const replaced = withDescendants(pool, conflicts);
  if (chainTooLong(withoutEntries(pool, replaced), ancestors)) return refuse('too-long-mempool-chain');
  return ok({ conflicts, replaced });
}

function chainTooLong(pool: Pool, ancestors: ReadonlySet<string>): boolean {
  if (ancestors.size + 1 > MAX_CHAIN) return true;
  return [...ancestors].some((id) => withDescendants(pool, [id]).size + 1 > MAX_CHAIN);
}

function feeFault(entry: PoolEntry, context: PoolContext, rule: FeeRule): Fault {
  if (rule === 'alone') return minimumFault(entry, context);
  return entry.tx.version === 3 ? undefined : relayFault(entry, context);
}

function minimumFault(paid: Paid, context: PoolContext): Fault {
  const needed = feeFor(paid.size, context.mempoolRate);
  if (paid.fee < needed) return `mempool min fee not met, ${paid.fee} < ${needed}`;
  return relayFault(paid, context);
}

function relayFault(paid: Paid, context: PoolContext): Fault {
  const needed = feeFor(paid.size, context.relayRate);
  return paid.fee < needed ? `min relay fee not met, ${paid.fee} < ${needed}` : undefined;
}

function timeAndAmountFault(tx: Tx, coins: readonly Coin[], context: PoolContext): Fault {
  const height = context.nextHeight;
  return finalityFault(tx, height) ?? sequenceFault(tx, coins, height) ?? amountFault(tx, coins, height);
}

/** The coins in input order, confirmed or of the pool (spent there or not); `undefined` when one is missing. */
function coinsOf(pool: Pool, tx: Tx, context: PoolContext): readonly Coin[] | undefined {
  const coins = tx.inputs.map((input) => context.coin(input) ?? unconfirmedCoin(pool, input, context));
  return coins.every((coin) => coin !== undefined) ? coins : undefined;
}

function unconfirmedCoin(pool: Pool, outpoint: OutPoint, context: PoolContext): Coin | undefined {
  const output = pool.entries.get(outpoint.txid)?.tx.outputs[outpoint.vout];
  return output === undefined ? undefined : { output, height: context.nextHeight, coinbase: false };
}

function entryOf(tx: Tx, coins: readonly Coin[]): PoolEntry {
  return { txid: txid(tx), tx, size: vsize(tx), fee: feeOf(tx, coins) };
}

function union(a: Displaced, b: Displaced): Displaced {
  return {
    conflicts: new Set([...a.conflicts, ...b.conflicts]),
    replaced: new Set([...a.replaced, ...b.replaced]),
  };
}

function refuse(reason: string): { readonly ok: false; readonly error: Refusal } {
  return err({ reason, reconsiderable: false });
}

function reconsider(reason: string): { readonly ok: false; readonly error: Refusal } {
  return err({ reason, reconsiderable: true });
}
