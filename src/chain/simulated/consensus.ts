import { MAX_MONEY } from '../../base/amount.ts';
import type { Secp256k1 } from '../../crypto/secp256k1.ts';
import { outpointKey, type Tx, type TxOutput, weight } from '../../tx/transaction.ts';
import { scriptErrorWords } from './scriptError.ts';
import { witnessFault } from './witness.ts';

/** An output that can be spent, and what the rules ask of its history. */
export interface Coin {
  readonly output: TxOutput;
  /** Height of the block that holds it; for an unconfirmed one the height of the next block. */
  readonly height: number;
  readonly coinbase: boolean;
}

/**
 * Why a rule refuses something, in Bitcoin Core's words; `undefined` where it does not. Words that begin
 * with `unsupported-by-simulation` are this chain's own: a real node might accept.
 */
export type Fault = string | undefined;

export const NULL_TXID = '00'.repeat(32);
/** Time of block 0, Unix seconds; no block is earlier. */
export const GENESIS_TIME = 1_296_688_602;
export const COINBASE_MATURITY = 100;
const MAX_TX_WEIGHT = 4_000_000;
const FINAL_SEQUENCE = 0xffffffff;
const LOCKTIME_THRESHOLD = 500_000_000;
const BLOCKS_MASK = 0xffff;
const TIME_FLAG = 0x00400000;

/** What consensus asks of a transaction other than a coinbase without looking at anything else. */
export function shapeFault(tx: Tx): Fault {
  if (tx.inputs.length === 0) return 'bad-txns-vin-empty';
  if (tx.outputs.length === 0) return 'bad-txns-vout-empty';
  if (weight(tx) > MAX_TX_WEIGHT) return 'bad-txns-oversize';
  if (totalOf(tx.outputs) > MAX_MONEY) return 'bad-txns-txouttotal-toolarge';
  if (new Set(tx.inputs.map(outpointKey)).size < tx.inputs.length) return 'bad-txns-inputs-duplicate';
  if (isCoinbase(tx)) return 'coinbase';
  if (tx.inputs.some((input) => input.txid === NULL_TXID && input.vout === 0xffffffff))
    return 'bad-txns-prevout-null';
  return undefined;
}

export function isCoinbase(tx: Tx): boolean {
  const [only] = tx.inputs;
  return tx.inputs.length === 1 && only?.txid === NULL_TXID && only.vout === 0xffffffff;
}

/** Whether `nLockTime` lets the transaction into the block at `height`. */
export function finalityFault(tx: Tx, height: number): Fault {
  if (tx.inputs.every((input) => input.sequence === FINAL_SEQUENCE)) return undefined;
  // A commitment hides its number in a time long past (BOLT 3): before block 0, so before every block
  if (tx.locktime >= LOCKTIME_THRESHOLD)
    return tx.locktime < GENESIS_TIME ? undefined : 'unsupported-by-simulation (nLockTime as a time)';
  return tx.locktime < height ? undefined : 'non-final';
}

/** Whether the relative locks (BIP68) let the transaction into the block at `height`; `coins` in input order. */
export function sequenceFault(tx: Tx, coins: readonly Coin[], height: number): Fault {
  if (tx.version < 2) return undefined;
  for (const [index, { sequence }] of tx.inputs.entries()) {
    if (sequence >= 0x80000000) continue;
    if (sequence & TIME_FLAG) return 'unsupported-by-simulation (relative lock as a time)';
    if ((coins[index] as Coin).height + (sequence & BLOCKS_MASK) > height) return 'non-BIP68-final';
  }
  return undefined;
}

/** Maturity and amounts at `height`; `coins` in input order. */
export function amountFault(tx: Tx, coins: readonly Coin[], height: number): Fault {
  if (coins.some((coin) => coin.coinbase && height - coin.height < COINBASE_MATURITY))
    return 'bad-txns-premature-spend-of-coinbase';
  return feeOf(tx, coins) < 0n ? 'bad-txns-in-belowout' : undefined;
}

/** Satoshi; negative when the outputs are worth more than the coins. */
export function feeOf(tx: Tx, coins: readonly Coin[]): bigint {
  return totalOf(coins.map((coin) => coin.output)) - totalOf(tx.outputs);
}

function totalOf(outputs: readonly TxOutput[]): bigint {
  return outputs.reduce((sum, output) => sum + output.value, 0n);
}

/** Whether every input satisfies its output, by the rules of consensus, or by those of relay as well. */
export function scriptsFault(tx: Tx, coins: readonly Coin[], secp: Secp256k1, policy: boolean): Fault {
  const spent = coins.map((coin) => coin.output);
  for (const index of tx.inputs.keys()) {
    const error = witnessFault({ tx, index, spent, secp }, policy);
    if (error === undefined) continue;
    const onlyPolicy = policy && witnessFault({ tx, index, spent, secp }, false) === undefined;
    return `${onlyPolicy ? 'non-mandatory-script-verify-flag' : 'mandatory-script-verify-flag-failed'} (${scriptErrorWords(error)})`;
  }
  return undefined;
}
