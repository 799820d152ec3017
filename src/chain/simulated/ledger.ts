import { type Sat, sat } from '../../base/amount.ts';
import { invariant } from '../../base/invariant.ts';
import { type OutPoint, outpointKey, type Tx, type Txid } from '../../tx/transaction.ts';
import type { Block } from '../port.ts';
import { type Coin, isCoinbase } from './consensus.ts';
import { isUnspendable } from './outputType.ts';

/** What disconnecting a block has to bring back. */
type Undo = readonly (readonly [key: string, coin: Coin])[];

/** The best chain, every block ever seen, and the outputs that the best chain holds unspent. Blocks are trusted: check before. */
export class Ledger {
  readonly #blocks = new Map<string, Block>();
  readonly #best: Block[] = [];
  readonly #undo: Undo[] = [];
  readonly #coins = new Map<string, Coin>();
  readonly #confirmed = new Set<Txid>();

  constructor(genesis: Block) {
    // The coinbase of block 0 cannot be spent
    this.#blocks.set(genesis.hash, genesis);
    this.#best.push(genesis);
    this.#undo.push([]);
  }

  get tip(): Block {
    const tip = this.#best.at(-1);
    invariant(tip !== undefined, 'a chain without a block 0');
    return tip;
  }
  at(height: number): Block | undefined {
    return this.#best[height];
  }
  byHash(hash: string): Block | undefined {
    return this.#blocks.get(hash);
  }
  coin(outpoint: OutPoint): Coin | undefined {
    return this.#coins.get(outpointKey(outpoint));
  }
  isConfirmed(id: Txid): boolean {
    return this.#confirmed.has(id);
  }

  /** The fee of a transaction of the best chain; `null` for a coinbase, and for a block that was undone. */
  feeOf(tx: Tx, blockHash: string): Sat | null {
    const height = this.#best.findIndex(({ hash }) => hash === blockHash);
    const undo = this.#undo[height];
    if (undo === undefined || isCoinbase(tx)) return null;
    const spent = new Map(undo);
    const values = tx.inputs.map((input) => spent.get(outpointKey(input))?.output.value ?? 0n);
    const paid = tx.outputs.reduce((sum, { value }) => sum + value, 0n);
    return sat(values.reduce((sum: bigint, value) => sum + value, 0n) - paid);
  }

  /** An output that appears as if block 0 had held it, on every branch. */
  endow(outpoint: OutPoint, coin: Coin): void {
    this.#coins.set(outpointKey(outpoint), coin);
  }

  connect(block: Block): void {
    invariant(block.previousHash === this.tip.hash, 'block does not build on the tip');
    const spent: [string, Coin][] = [];
    for (const { txid, tx } of block.transactions) {
      if (!isCoinbase(tx)) for (const input of tx.inputs) spent.push(this.#spend(input));
      tx.outputs.forEach((output, vout) => {
        const coin = { output, height: block.height, coinbase: isCoinbase(tx) };
        if (!isUnspendable(output.script)) this.#coins.set(outpointKey({ txid, vout }), coin);
      });
      this.#confirmed.add(txid);
    }
    this.#blocks.set(block.hash, block);
    this.#best.push(block);
    this.#undo.push(spent);
  }

  disconnect(): Block {
    invariant(this.#best.length > 1, 'block 0 cannot be disconnected');
    const block = this.tip;
    this.#best.pop();
    const undo = this.#undo.pop() ?? [];
    for (const { txid } of block.transactions) this.#confirmed.delete(txid);
    for (const [key, coin] of undo) this.#coins.set(key, coin);
    // After the undo: it also brought back what the block itself had created
    for (const { txid, tx } of block.transactions)
      for (const vout of tx.outputs.keys()) this.#coins.delete(outpointKey({ txid, vout }));
    return block;
  }

  #spend(outpoint: OutPoint): [string, Coin] {
    const key = outpointKey(outpoint);
    const coin = this.#coins.get(key);
    invariant(coin !== undefined, `block spends ${key}, which is not there`);
    this.#coins.delete(key);
    return [key, coin];
  }
}
