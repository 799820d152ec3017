import type { Sat } from '../../base/amount.ts';
import { toHex } from '../../base/bytes.ts';
import { invariant } from '../../base/invariant.ts';
import { hash256 } from '../../crypto/hash.ts';
import type { Secp256k1 } from '../../crypto/secp256k1.ts';
import { encodeTx, type Tx, txid, unsignedInput } from '../../tx/transaction.ts';
import type { Block } from '../port.ts';
import { accept, acceptPackage, type PoolContext, readmit, trim } from './accept.ts';
import { checkBlock } from './blockCheck.ts';
import { blockOn, coinbaseOn, FAUCET_FEE_SAT, faucetOutpoint, genesisBlock } from './blocks.ts';
import { type Coin, type Fault, isCoinbase, scriptsFault } from './consensus.ts';
import { Ledger } from './ledger.ts';
import { conflictsOf, EMPTY_POOL, type Pool, withDescendants, withoutEntries } from './pool.ts';
import { highest } from './rates.ts';

/** Anyone can spend it: where coinbases go unless told otherwise, and what the faucet pays from. */
const ANYONE = Uint8Array.of(0x51, 0x02, 0x4e, 0x73);

export interface WorldOptions {
  readonly secp: Secp256k1;
  readonly relayRate: bigint;
  readonly incrementalRate: bigint;
}

/** The one node of a simulated chain: ledger, mempool and miner. */
export class World {
  readonly ledger = new Ledger(genesisBlock());
  readonly #options: WorldOptions;
  readonly #passed = new Set<string>();
  #pool: Pool = EMPTY_POOL;
  #mempoolRate = 0n;
  #serial = 0;

  constructor(options: WorldOptions) {
    this.#options = options;
  }

  get pool(): Pool {
    return this.#pool;
  }
  get minimumRate(): bigint {
    return highest(this.#options.relayRate, this.#mempoolRate);
  }

  submit(tx: Tx): Fault {
    if (this.#isKnown(tx)) return undefined;
    const outcome = accept(this.#pool, tx, this.#context());
    if (!outcome.ok) return outcome.error.reason;
    this.#pool = outcome.value.pool;
    return undefined;
  }

  test(tx: Tx): Fault {
    if (this.#isKnown(tx)) return undefined;
    const outcome = accept(this.#pool, tx, this.#context());
    return outcome.ok ? undefined : outcome.error.reason;
  }

  submitPackage(parent: Tx, child: Tx): Fault {
    if (this.#isKnown(child)) return undefined;
    if (this.ledger.isConfirmed(txid(parent))) return this.submit(child);
    const { pool, fault } = acceptPackage(this.#pool, parent, child, this.#context());
    this.#pool = pool;
    return fault;
  }

  setMempoolRate(rate: bigint): void {
    this.#mempoolRate = rate;
    this.#pool = trim(this.#pool, rate);
  }

  /** Mines one block. Throws when consensus refuses one of the transactions: the caller is a test that chose them. */
  mine(transactions: readonly Tx[], script: Uint8Array = ANYONE): Block {
    const previous = this.ledger.tip;
    const serial = this.#serial++;
    const fees = this.#blockFees(transactions, previous.height + 1);
    const block = blockOn(previous, serial, coinbaseOn(previous, serial, script, fees), transactions);
    this.ledger.connect(block);
    this.#dropConfirmed(transactions);
    return block;
  }

  /** Undoes the last `depth` blocks; their transactions, and the mempool's, stay in the mempool as far as they are valid now. */
  rewind(depth: number): void {
    const undone: Block[] = [];
    for (let i = 0; i < depth; i++) undone.unshift(this.ledger.disconnect());
    const returning = undone.flatMap((block) => block.transactions.map((each) => each.tx));
    const waiting = [...this.#pool.entries.values()].map((entry) => entry.tx);
    this.#pool = EMPTY_POOL;
    const context = this.#context();
    for (const tx of [...returning.filter((each) => !isCoinbase(each)), ...waiting])
      this.#pool = readmit(this.#pool, tx, context) ?? this.#pool;
    this.#pool = trim(this.#pool, this.#mempoolRate);
  }

  /** A transaction that pays `value` to `script` with coins out of nowhere. */
  faucet(script: Uint8Array, value: Sat): Tx {
    const outpoint = faucetOutpoint(this.#serial++);
    const coins = (value + FAUCET_FEE_SAT) as Sat;
    this.ledger.endow(outpoint, { output: { value: coins, script: ANYONE }, height: 0, coinbase: false });
    return { version: 2, inputs: [unsignedInput(outpoint)], outputs: [{ value, script }], locktime: 0 };
  }

  #isKnown(tx: Tx): boolean {
    const id = txid(tx);
    return this.#pool.entries.has(id) || this.ledger.isConfirmed(id);
  }

  #context(): PoolContext {
    return {
      coin: (outpoint) => this.ledger.coin(outpoint),
      nextHeight: this.ledger.tip.height + 1,
      relayRate: this.#options.relayRate,
      incrementalRate: this.#options.incrementalRate,
      mempoolRate: this.#mempoolRate,
      scripts: (tx, coins) => this.#scripts(tx, coins, true),
    };
  }

  #blockFees(transactions: readonly Tx[], height: number): bigint {
    const fees = checkBlock(transactions, {
      height,
      coin: (outpoint) => this.ledger.coin(outpoint),
      scripts: (tx, coins) => this.#scripts(tx, coins, false),
    });
    invariant(fees.ok, `block refused: ${fees.ok ? '' : fees.error}`);
    return fees.value;
  }

  /** Passed signatures are not checked again: what they say does not depend on the chain. */
  #scripts(tx: Tx, coins: readonly Coin[], policy: boolean): Fault {
    const id = toHex(hash256(encodeTx(tx)));
    if (this.#passed.has(id)) return undefined;
    const fault = scriptsFault(tx, coins, this.#options.secp, policy);
    if (fault === undefined && policy) this.#passed.add(id);
    return fault;
  }

  #dropConfirmed(transactions: readonly Tx[]): void {
    const pool = withoutEntries(this.#pool, new Set(transactions.map(txid)));
    const rivals = transactions.flatMap((tx) => [...conflictsOf(pool, tx)]);
    this.#pool = withoutEntries(pool, withDescendants(pool, rivals));
  }
}
