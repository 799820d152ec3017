import { type Sat, ZERO_SAT } from '../base/amount.ts';
import { invariant } from '../base/invariant.ts';
import type { Block, BlockRef } from '../chain/port.ts';
import { type OutPoint, outpointKey, type Tx, type Txid, type TxOutput, txid } from '../tx/transaction.ts';
import { extendBranches, fitBranches, ownedOutputs, ownerOf } from './lookahead.ts';
import type { CoinOwner, TxBlock, WalletState, WalletTx } from './state.ts';

/** Blocks on top of a coinbase transaction, its own included, before its coins may be spent in the next one. */
const COINBASE_MATURITY = 100;

/**
 * The state after one more block. `block` must follow the tip (any block may be the first); the tip's own
 * block again changes nothing, so that a caller which crashed may repeat itself. Throws `InvariantError`
 * for any other block: the caller has to disconnect first.
 */
export function connectBlock(state: WalletState, block: Block): WalletState {
  if (state.tip?.hash === block.hash) return state;
  invariant(
    state.tip === null || (block.previousHash === state.tip.hash && block.height === state.tip.height + 1),
    `block ${block.height} ${block.hash} does not follow block ${state.tip?.height} ${state.tip?.hash}`,
  );
  let next: WalletState = { ...state, tip: { height: block.height, hash: block.hash } };
  // an address used late in the block may widen the look-ahead to one used early in it
  for (let before: WalletState | undefined; before?.branches !== next.branches; ) {
    before = next;
    next = scanBlock(next, block);
  }
  return next;
}

function scanBlock(state: WalletState, block: Block): WalletState {
  const { height, hash, time } = block;
  let next = state;
  for (const [position, { txid, tx }] of block.transactions.entries()) {
    if (!isRelevant(next, txid, tx)) continue;
    const known = next.transactions[txid];
    const kept = known?.submitted ? known : { tx, owned: ownedOutputs(next, tx), submitted: false };
    next = withTransaction(next, txid, { ...kept, block: { height, hash, time, position } });
  }
  return next;
}

/**
 * The state before `block`, which must be the tip's: undoes {@link connectBlock} exactly. What only the
 * block told of is forgotten, what the wallet had submitted is pending again. A block that lies just above
 * the tip was undone before: no change.
 */
export function disconnectBlock(state: WalletState, block: Block): WalletState {
  if (state.tip?.hash === block.previousHash) return state;
  invariant(state.tip?.hash === block.hash, `block ${block.height} ${block.hash} is not the tip`);
  const tip = block.height === 0 ? null : { height: block.height - 1, hash: block.previousHash };
  const entries = Object.entries(state.transactions);
  if (entries.every(([, { block: mined }]) => mined?.hash !== block.hash)) return { ...state, tip };
  const transactions = Object.fromEntries(
    entries.flatMap(([id, each]): [Txid, WalletTx][] => {
      if (each.block?.hash !== block.hash) return [[id, each]];
      return each.submitted ? [[id, { ...each, block: null }]] : [];
    }),
  );
  return refitted({ ...state, tip, transactions });
}

/**
 * Adds an unconfirmed transaction: one of the wallet's own that is about to be broadcast, or a payment to it
 * that was announced. It replaces the pending ones that it conflicts with. No change when it has nothing
 * to do with the wallet or a block holds a conflicting one.
 */
export function addPending(state: WalletState, tx: Tx): WalletState {
  const id = txid(tx);
  const known = state.transactions[id];
  if (known !== undefined)
    return known.submitted ? state : withTransaction(state, id, { ...known, submitted: true });
  if (!isRelevant(state, id, tx)) return state;
  const rivals = tx.inputs.flatMap((input) => spendersOf(state.transactions).get(outpointKey(input)) ?? []);
  if (rivals.some((rival) => state.transactions[rival]?.block !== null)) return state;
  const cleared = rivals.reduce(dropPending, state);
  const owned = ownedOutputs(cleared, tx);
  return withTransaction(cleared, id, { tx, owned, block: null, submitted: true });
}

/** Forgets a pending transaction and those that spend from it; no change when it is confirmed or unknown. */
export function dropPending(state: WalletState, id: Txid): WalletState {
  const dropped = state.transactions[id];
  if (dropped === undefined || dropped.block !== null) return state;
  const { [id]: _, ...transactions } = state.transactions;
  const children = dropped.tx.outputs.flatMap(
    (_, vout) => spendersOf(transactions).get(outpointKey({ txid: id, vout })) ?? [],
  );
  return refitted(children.reduce(dropPending, { ...state, transactions }));
}

function withTransaction(state: WalletState, id: Txid, transaction: WalletTx): WalletState {
  return {
    ...state,
    transactions: { ...state.transactions, [id]: transaction },
    branches: extendBranches(state, transaction.owned),
  };
}

function refitted(state: WalletState): WalletState {
  return { ...state, branches: fitBranches(state) };
}

/** Pays the wallet, spends from it, or spends what a known transaction spends as well. */
function isRelevant(state: WalletState, id: Txid, tx: Tx): boolean {
  if (state.transactions[id] !== undefined) return true;
  return (
    tx.outputs.some(({ script }) => ownerOf(state, script) !== undefined) ||
    tx.inputs.some(
      (input) =>
        ownedOutput(state, input) !== undefined || spendersOf(state.transactions).has(outpointKey(input)),
    )
  );
}

/** The output that an outpoint names, if a known transaction has it and it belongs to the wallet. */
export function ownedOutput(
  state: WalletState,
  { txid, vout }: OutPoint,
): (TxOutput & { readonly owner: CoinOwner }) | undefined {
  const transaction = state.transactions[txid];
  const output = transaction?.tx.outputs[vout];
  const owner = transaction?.owned.find((each) => each.vout === vout)?.owner;
  return output && owner && { ...output, owner };
}

/** Built once per set of transactions: those are replaced, never changed. */
const spendersByTransactions = new WeakMap<object, ReadonlyMap<string, readonly Txid[]>>();

/** By outpoint, the known transactions that spend it. */
function spendersOf(transactions: WalletState['transactions']): ReadonlyMap<string, readonly Txid[]> {
  const known = spendersByTransactions.get(transactions);
  if (known !== undefined) return known;
  const spenders = new Map<string, Txid[]>();
  for (const [id, { tx }] of Object.entries(transactions))
    for (const input of tx.inputs) {
      const key = outpointKey(input);
      const others = spenders.get(key);
      if (others === undefined) spenders.set(key, [id]);
      else others.push(id);
    }
  spendersByTransactions.set(transactions, spenders);
  return spenders;
}

/** Where a known transaction stands. `conflicted`: a block holds another one that spends the same, here or in an ancestor. */
export type TxStatus = 'confirmed' | 'pending' | 'conflicted';

export function statusOf(state: WalletState, id: Txid): TxStatus {
  const transaction = state.transactions[id];
  invariant(transaction !== undefined, `unknown transaction ${id}`);
  if (transaction.block !== null) return 'confirmed';
  const beaten = transaction.tx.inputs.some((input) => {
    const rivals = spendersOf(state.transactions).get(outpointKey(input)) ?? [];
    if (rivals.some((rival) => state.transactions[rival]?.block != null)) return true;
    return state.transactions[input.txid] !== undefined && statusOf(state, input.txid) === 'conflicted';
  });
  return beaten ? 'conflicted' : 'pending';
}

/** An output that is the wallet's to spend, now or later, and that no live transaction spends. */
export interface Coin extends OutPoint, TxOutput {
  readonly owner: CoinOwner;
  readonly block: TxBlock | null;
  /**
   * `immature`: from a coinbase that is not deep enough. `change`: unconfirmed, from a transaction that
   * spends the wallet's own coins only. `incoming`: unconfirmed, from someone else's.
   */
  readonly status: 'confirmed' | 'immature' | 'change' | 'incoming';
  readonly reservedFor: string | null;
}

/** All coins, those at watched scripts too; by height, unconfirmed last. */
export function coinsOf(state: WalletState): readonly Coin[] {
  const coins = Object.keys(state.transactions)
    .filter((id) => statusOf(state, id) !== 'conflicted')
    .flatMap((id) => coinsOfTransaction(state, id))
    .filter((coin) => liveSpenderOf(state, coin) === undefined);
  return coins.sort(compareCoins);
}

function coinsOfTransaction(state: WalletState, id: Txid): readonly Coin[] {
  const transaction = state.transactions[id];
  if (transaction === undefined) return [];
  const { tx, owned, block } = transaction;
  const status = coinStatus(state, id);
  return owned.map(({ vout, owner }) => {
    const outpoint = { txid: id, vout };
    const reservedFor = state.reserved[outpointKey(outpoint)] ?? null;
    return { ...outpoint, ...(tx.outputs[vout] as TxOutput), owner, block, status, reservedFor };
  });
}

function coinStatus(state: WalletState, id: Txid): Coin['status'] {
  const transaction = state.transactions[id];
  if (transaction?.block == null) return isFromSelf(state, id) ? 'change' : 'incoming';
  if (!isCoinbase(transaction.tx)) return 'confirmed';
  return confirmationsOf(transaction.block, state.tip) >= COINBASE_MATURITY ? 'confirmed' : 'immature';
}

/** Blocks since, the one of `block` included; 0 when unconfirmed. */
export function confirmationsOf(block: BlockRef | null, tip: BlockRef | null): number {
  return block === null || tip === null ? 0 : tip.height - block.height + 1;
}

/** Whether every input spends a coin of the wallet that is confirmed or itself from the wallet alone: nobody else can take it back. */
function isFromSelf(state: WalletState, id: Txid): boolean {
  const transaction = state.transactions[id];
  if (transaction === undefined) return false;
  return transaction.tx.inputs.every((input) => {
    if (ownedOutput(state, input)?.owner.type !== 'wallet') return false;
    return state.transactions[input.txid]?.block != null || isFromSelf(state, input.txid);
  });
}

function liveSpenderOf(state: WalletState, outpoint: OutPoint): Txid | undefined {
  const spenders = spendersOf(state.transactions).get(outpointKey(outpoint)) ?? [];
  return spenders.find((id) => statusOf(state, id) !== 'conflicted');
}

function isCoinbase({ inputs }: Tx): boolean {
  const [first] = inputs;
  return inputs.length === 1 && first?.vout === 0xffffffff && /^0{64}$/.test(first.txid);
}

function compareCoins(a: Coin, b: Coin): number {
  const height = (a.block?.height ?? Infinity) - (b.block?.height ?? Infinity);
  if (height !== 0 && !Number.isNaN(height)) return height;
  return a.txid === b.txid ? a.vout - b.vout : a.txid < b.txid ? -1 : 1;
}

/** Which coins a new transaction may spend. */
export interface SpendPolicy {
  /** Whether unconfirmed change of the wallet's own transactions may be spent. */
  readonly change: boolean;
}

/** The coins that a new transaction may spend: mature, not reserved, the wallet's own; unconfirmed change if the policy says so. */
export function spendableCoins(
  state: WalletState,
  policy: SpendPolicy,
): readonly (Coin & { owner: { type: 'wallet' } })[] {
  return coinsOf(state).filter(
    (coin): coin is Coin & { owner: { type: 'wallet' } } =>
      coin.owner.type === 'wallet' &&
      coin.reservedFor === null &&
      (coin.status === 'confirmed' || (policy.change && coin.status === 'change')),
  );
}

/** In satoshi. What the wallet has once all is confirmed: `confirmed + immature - pendingOut + pendingIn`. */
export interface Balance {
  /** Mature coins in blocks, whether a pending transaction spends them or not. */
  readonly confirmed: Sat;
  /** Coinbase coins that cannot be spent yet. */
  readonly immature: Sat;
  /** Unconfirmed coins, own change included. */
  readonly pendingIn: Sat;
  /** The part of `confirmed` that pending transactions spend. */
  readonly pendingOut: Sat;
  /** Unspent coins that are set aside. */
  readonly reserved: Sat;
  /** What a new transaction could spend now, unconfirmed change included. */
  readonly spendable: Sat;
  /** Coins at watched scripts, in none of the others. */
  readonly watched: Sat;
}

export function balanceOf(state: WalletState): Balance {
  const coins = coinsOf(state);
  const own = coins.filter((coin) => coin.owner.type === 'wallet');
  const pendingOut = sumOf(pendingSpends(state));
  const unconfirmed = own.filter((coin) => coin.block === null);
  return {
    confirmed: (sumOf(own.filter((coin) => coin.status === 'confirmed')) + pendingOut) as Sat,
    immature: sumOf(own.filter((coin) => coin.status === 'immature')),
    pendingIn: sumOf(unconfirmed),
    pendingOut,
    reserved: sumOf(own.filter((coin) => coin.reservedFor !== null)),
    spendable: sumOf(spendableCoins(state, { change: true })),
    watched: sumOf(coins.filter((coin) => coin.owner.type === 'watched')),
  };
}

/** Confirmed coins of the wallet that live pending transactions spend. */
function pendingSpends(state: WalletState): readonly TxOutput[] {
  return Object.entries(state.transactions).flatMap(([id, { tx }]) => {
    if (statusOf(state, id) !== 'pending') return [];
    return tx.inputs.flatMap((input) => {
      const spent = ownedOutput(state, input);
      if (spent?.owner.type !== 'wallet' || state.transactions[input.txid]?.block == null) return [];
      return [spent];
    });
  });
}

function sumOf(outputs: readonly TxOutput[]): Sat {
  return outputs.reduce((sum, { value }) => sum + value, ZERO_SAT as bigint) as Sat;
}

/** One transaction as the wallet sees it. Amounts are those of the wallet's own scripts. */
export interface HistoryEntry {
  readonly txid: Txid;
  readonly status: TxStatus;
  readonly block: TxBlock | null;
  readonly received: Sat;
  readonly sent: Sat;
  /** Known when all inputs are the wallet's. */
  readonly fee: Sat | null;
  readonly label: string | null;
}

/** Every transaction that moves the wallet's coins, oldest first, unconfirmed last. */
export function historyOf(state: WalletState): readonly HistoryEntry[] {
  return Object.keys(state.transactions)
    .map((id) => entryOf(state, id))
    .filter(({ received, sent }) => received > 0n || sent > 0n)
    .sort(compareEntries);
}

function entryOf(state: WalletState, id: Txid): HistoryEntry {
  const transaction = state.transactions[id];
  invariant(transaction !== undefined, `unknown transaction ${id}`);
  const { tx, owned, block } = transaction;
  const received = owned.flatMap(({ vout, owner }) =>
    owner.type === 'wallet' ? [tx.outputs[vout] as TxOutput] : [],
  );
  const spent = tx.inputs
    .flatMap((input) => ownedOutput(state, input) ?? [])
    .filter(({ owner }) => owner.type === 'wallet');
  const sent = sumOf(spent);
  return {
    txid: id,
    status: statusOf(state, id),
    block,
    received: sumOf(received),
    sent,
    fee: spent.length === tx.inputs.length ? ((sent - sumOf(tx.outputs)) as Sat) : null,
    label: state.labels.transactions[id] ?? null,
  };
}

function compareEntries(a: HistoryEntry, b: HistoryEntry): number {
  if (a.block === null || b.block === null) {
    if (a.block !== b.block) return a.block === null ? 1 : -1;
    return a.txid < b.txid ? -1 : 1;
  }
  return a.block.height - b.block.height || a.block.position - b.block.position;
}
