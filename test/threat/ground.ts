import { type Regtest, startRegtest } from '../../regtest/index.ts';
import { sat } from '../../src/base/amount.ts';
import { concat, toHex, utf8 } from '../../src/base/bytes.ts';
import type { BlockRef, Chain } from '../../src/chain/port.ts';
import { hash160, sha256 } from '../../src/crypto/hash.ts';
import { scriptSignature } from '../../src/tx/signature.ts';
import {
  encodeTx,
  sighashV0,
  type Tx,
  type TxOutput,
  unsignedInput,
  withWitness,
} from '../../src/tx/transaction.ts';
import { secp } from '../support/curve.ts';
import { Lockstep } from './lockstep.ts';

/** One real bitcoind on which many channels live at once, block by block in step. */
export interface Ground {
  /** What the node says, asked once between two blocks and for all. */
  readonly chain: Chain;
  readonly regtest: Regtest;
  /** Runs programs side by side; they share the blocks. */
  run<T>(programs: readonly (() => Promise<T>)[]): Promise<readonly T[]>;
  /** Resolves with the next block, in which coins that were asked for are paid. */
  block(): Promise<void>;
  /** Pays `value` satoshi to each script with the next block. */
  pay(scripts: readonly Uint8Array[], value: bigint): void;
  height(): number;
  /** A number that nobody else has until {@link leave}: its parties' keys are derived once and used again. */
  sit(): number;
  leave(seat: number): void;
  stop(): Promise<void>;
}

/** Starts a bitcoind of our own whose chain is a function of what is done on it. */
export async function startGround(): Promise<Ground> {
  const regtest = await startRegtest({ seed: 'threat model', zmq: false });
  const real = await regtest.chain();
  const chain = new AskedOnce(real);
  const bank = new Bank(regtest);
  let height = (await real.tip()).height;
  const taken = new Set<number>();
  const lockstep = new Lockstep(async () => {
    await bank.payAll();
    await regtest.mine(1);
    height += 1;
    chain.moved();
  });
  return {
    chain,
    regtest,
    run: (programs) => lockstep.run(programs),
    block: () => lockstep.block(),
    pay: (scripts, value) => bank.owe(scripts, value),
    height: () => height,
    sit: () => {
      let seat = 0;
      while (taken.has(seat)) seat += 1;
      taken.add(seat);
      return seat;
    },
    leave: (seat) => {
      taken.delete(seat);
    },
    stop: () => regtest.stop(),
  };
}

const BANK = sha256(utf8('threat model bank'));
const PAYMENT_FEE = 20_000n;

/** Coins for the parties of many channels, in one transaction for each block. */
class Bank {
  readonly #regtest: Regtest;
  #owed: TxOutput[] = [];

  constructor(regtest: Regtest) {
    this.#regtest = regtest;
  }

  owe(scripts: readonly Uint8Array[], value: bigint): void {
    this.#owed.push(...scripts.map((script) => ({ script, value: sat(value) })));
  }

  async payAll(): Promise<void> {
    if (this.#owed.length === 0) return;
    const outputs = this.#owed;
    this.#owed = [];
    const publicKey = secp.publicKey(BANK);
    const total = outputs.reduce((sum, { value }) => sum + value, PAYMENT_FEE);
    const keyHash = hash160(publicKey);
    const script = concat(Uint8Array.of(0x00, 20), keyHash);
    const coin = await this.#regtest.fund(script, total, { confirm: false });
    const tx: Tx = { version: 2, inputs: [unsignedInput(coin)], outputs, locktime: 0 };
    // BIP143: the script code of P2WPKH is the P2PKH script of the same hash
    const code = concat(Uint8Array.of(0x76, 0xa9, 20), keyHash, Uint8Array.of(0x88, 0xac));
    const signature = secp.sign(sighashV0(tx, 0, code, sat(total)), BANK);
    const signed = withWitness(tx, 0, [scriptSignature(signature), publicKey]);
    await this.#regtest.call('sendrawtransaction', toHex(encodeTx(signed)), 0);
  }
}

/** A chain whose answers about blocks are kept until the next one, and which is told of it. */
class AskedOnce implements Chain {
  readonly #real: Chain;
  readonly #listeners = new Set<() => void>();
  #answers = new Map<string, Promise<unknown>>();

  constructor(real: Chain) {
    this.#real = real;
  }

  get network() {
    return this.#real.network;
  }

  moved(): void {
    this.#answers = new Map();
    for (const listener of [...this.#listeners]) listener();
  }

  #once<T>(question: string, ask: () => Promise<T>): Promise<T> {
    const known = this.#answers.get(question) as Promise<T> | undefined;
    if (known !== undefined) return known;
    const answer = ask();
    this.#answers.set(question, answer);
    return answer;
  }

  genesisHash(): Promise<string> {
    return this.#once('genesis', () => this.#real.genesisHash());
  }
  tip(): Promise<BlockRef> {
    return this.#once('tip', () => this.#real.tip());
  }
  blockHash(height: number): Promise<string | undefined> {
    return this.#once(`hash ${height}`, () => this.#real.blockHash(height));
  }
  feeRate(blocks: number): Promise<bigint> {
    return this.#once(`rate ${blocks}`, () => this.#real.feeRate(blocks));
  }
  minimumFeeRate(): Promise<bigint> {
    return this.#once('least rate', () => this.#real.minimumFeeRate());
  }
  block(hash: string) {
    return this.#real.block(hash);
  }
  transaction(id: string, blockHash?: string) {
    return this.#real.transaction(id, blockHash);
  }
  mempoolSpenders(outpoints: Parameters<Chain['mempoolSpenders']>[0]) {
    return this.#real.mempoolSpenders(outpoints);
  }
  isAbandoned(block: BlockRef) {
    return this.#real.isAbandoned(block);
  }
  unspentOutput(outpoint: Parameters<Chain['unspentOutput']>[0]) {
    return this.#real.unspentOutput(outpoint);
  }
  broadcast(tx: Tx) {
    return this.#real.broadcast(tx);
  }
  broadcastPackage(parent: Tx, child: Tx) {
    return this.#real.broadcastPackage(parent, child);
  }
  testAccept(tx: Tx) {
    return this.#real.testAccept(tx);
  }

  onTip(listener: () => void): () => void {
    this.#listeners.add(listener);
    return () => {
      this.#listeners.delete(listener);
    };
  }

  /** The chain is everybody's: a node that stops leaves it as it is. */
  async close(): Promise<void> {}
}
