import { err, ok, type Result } from '../../base/result.ts';
import { type OutPoint, outpointKey, type Tx, txid } from '../../tx/transaction.ts';
import {
  amountFault,
  type Coin,
  type Fault,
  feeOf,
  finalityFault,
  sequenceFault,
  shapeFault,
} from './consensus.ts';

/** What the rules of a block ask of the chain under it. */
export interface BlockContext {
  readonly height: number;
  /** The output if the chain holds it unspent. */
  coin(outpoint: OutPoint): Coin | undefined;
  scripts(tx: Tx, coins: readonly Coin[]): Fault;
}

/** The fees (satoshi) of the transactions of a block, the coinbase excepted, or why consensus refuses one of them. */
export function checkBlock(transactions: readonly Tx[], context: BlockContext): Result<bigint, string> {
  const created = new Map<string, Coin>();
  const spent = new Set<string>();
  let fees = 0n;
  for (const tx of transactions) {
    const coins = tx.inputs.map((input) => {
      const key = outpointKey(input);
      return spent.has(key) ? undefined : (created.get(key) ?? context.coin(input));
    });
    if (!coins.every((coin) => coin !== undefined)) return err('bad-txns-inputs-missingorspent');
    const fault = transactionFault(tx, coins, context);
    if (fault !== undefined) return err(fault);
    fees += feeOf(tx, coins);
    for (const input of tx.inputs) spent.add(outpointKey(input));
    const id = txid(tx);
    tx.outputs.forEach((output, vout) => {
      created.set(outpointKey({ txid: id, vout }), { output, height: context.height, coinbase: false });
    });
  }
  return ok(fees);
}

function transactionFault(tx: Tx, coins: readonly Coin[], { height, scripts }: BlockContext): Fault {
  return (
    shapeFault(tx) ??
    finalityFault(tx, height) ??
    sequenceFault(tx, coins, height) ??
    amountFault(tx, coins, height) ??
    scripts(tx, coins)
  );
}
