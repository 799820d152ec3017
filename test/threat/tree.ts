import type { Block } from '../../src/chain/port.ts';
import { type OutPoint, outpointKey, type Tx, type Txid, type TxOutput } from '../../src/tx/transaction.ts';

/** A confirmed transaction that spends the funding output or something that came of it. */
export interface Descendant {
  readonly txid: Txid;
  readonly tx: Tx;
  readonly height: number;
}

/** Where the coins of one funding output went, as the blocks show it. */
export class CoinTree {
  readonly funding: OutPoint;
  readonly #unspent = new Map<string, OutPoint & TxOutput & { readonly height: number }>();
  readonly #values = new Map<string, TxOutput>();
  readonly descendants: Descendant[] = [];
  #fundedAt: number | undefined;

  constructor(funding: OutPoint) {
    this.funding = funding;
  }

  get fundedAt(): number | undefined {
    return this.#fundedAt;
  }

  /** What spent the funding output. */
  get spend(): Descendant | undefined {
    return this.descendants.find(({ tx }) =>
      tx.inputs.some((input) => outpointKey(input) === outpointKey(this.funding)),
    );
  }

  /** Outputs that nobody has spent yet. */
  get unspent(): readonly (OutPoint & TxOutput & { readonly height: number })[] {
    return [...this.#unspent.values()];
  }

  /** An output of this tree, spent or not. */
  output(outpoint: OutPoint): TxOutput | undefined {
    return this.#values.get(outpointKey(outpoint));
  }

  connect({ height, transactions }: Block): void {
    for (const { txid, tx } of transactions) {
      if (txid === this.funding.txid) {
        this.#fundedAt = height;
        this.#add({ txid, vout: this.funding.vout }, tx, height);
      }
      const ours = tx.inputs.filter((input) => this.#unspent.delete(outpointKey(input)));
      if (ours.length === 0) continue;
      this.descendants.push({ txid, tx, height });
      for (const vout of tx.outputs.keys()) this.#add({ txid, vout }, tx, height);
    }
  }

  #add(outpoint: OutPoint, tx: Tx, height: number): void {
    const output = tx.outputs[outpoint.vout];
    if (output === undefined) return;
    this.#values.set(outpointKey(outpoint), output);
    this.#unspent.set(outpointKey(outpoint), { ...outpoint, ...output, height });
  }
}
