import { type Sat, sat } from '../../base/amount.ts';
import type { Secp256k1 } from '../../crypto/secp256k1.ts';
import { tinySecp256k1 } from '../../crypto/tiny.ts';
import { type OutPoint, type Tx, txid } from '../../tx/transaction.ts';
import type { Block } from '../port.ts';
import { Connection, type SimulatedConnection } from './connection.ts';
import { World } from './world.ts';

export type { SimulatedConnection } from './connection.ts';

export interface SimulatedChainOptions {
  /** Checks the signatures; default tiny-secp256k1. */
  readonly secp?: Secp256k1;
  /** As bitcoind's `-minrelaytxfee`, satoshi per 1,000 virtual bytes; default 1,000. */
  readonly relayFeeRate?: bigint;
  /** As bitcoind's `-incrementalrelayfee`, satoshi per 1,000 virtual bytes; default 1,000. */
  readonly incrementalFeeRate?: bigint;
}

export interface MineOptions {
  /** Where the coinbases pay; default an output that anyone can spend. */
  readonly script?: Uint8Array;
  /**
   * What the (first) block holds: all of the mempool, nothing, or these transactions, which need to pass
   * consensus only. Default `mempool`.
   */
  readonly include?: 'mempool' | 'nothing' | readonly Tx[];
}

export interface ReorgOptions extends MineOptions {
  /** Blocks mined instead of those undone; default one more than `depth`. */
  readonly mine?: number;
}

/**
 * A regtest in memory, deterministic: blocks come when they are called for, no clock, no randomness. It checks
 * what a real node checks of the transactions of this library: signatures and scripts, relative and absolute
 * locks in blocks, fees, dust, replacement, version 3 (BIP431) and packages of two.
 *
 * Left out, and refused with a reason that says so: locks in seconds, output types other than P2WPKH, P2WSH,
 * P2TR by key and P2A, hash types other than SIGHASH_ALL, SIGHASH_DEFAULT and, of
 * segwit v0, SIGHASH_SINGLE|ANYONECANPAY. There is no limit to a block's size.
 */
export interface SimulatedChain extends SimulatedConnection {
  readonly height: number;
  /** Mines `blocks` (default 1). Throws `InvariantError` when consensus refuses a transaction of `include`. */
  mine(blocks?: number, options?: MineOptions): readonly Block[];
  /** Mines a block (with the mempool) in which `value` satoshi are paid to `script`. */
  fund(script: Uint8Array, value: Sat | bigint): OutPoint;
  /** Replaces the last `depth` blocks. Their transactions return to the mempool first, where they are still valid. */
  reorg(depth: number, options?: ReorgOptions): readonly Block[];
  /** What waits for a block, parents before their children. */
  mempool(): readonly Tx[];
  /** What the mempool asks for from now on (never under the relay fee), satoshi per 1,000 virtual bytes; drops what pays less. */
  setMinimumFeeRate(satPerKvB: bigint): void;
  /** What `feeRate` answers from now on where the minimum is not higher, satoshi per 1,000 virtual bytes. */
  setFeeRate(satPerKvB: bigint): void;
  /** Blocks under `height` cannot be read from now on. */
  prune(height: number): void;
  /** One more client of the same chain, closed and cut off on its own. */
  connect(): SimulatedConnection;
}

/**
 * A simulated chain with block 0 of regtest.
 *
 * @example
 * const chain = simulatedChain();
 * const coin = chain.fund(script, 100_000n);
 * await chain.broadcast(spendOf(coin));
 * chain.mine();
 */
export function simulatedChain(options: SimulatedChainOptions = {}): SimulatedChain {
  return new Simulation(options);
}

const DEFAULT_RATE = 1000n;

class Simulation extends Connection implements SimulatedChain {
  readonly #world: World;
  readonly #shared;

  constructor({ secp = tinySecp256k1, relayFeeRate, incrementalFeeRate }: SimulatedChainOptions) {
    const world = new World({
      secp,
      relayRate: relayFeeRate ?? DEFAULT_RATE,
      incrementalRate: incrementalFeeRate ?? DEFAULT_RATE,
    });
    const shared = { world, connections: new Set<Connection>(), feeRate: 0n, prunedBelow: 0 };
    super(shared);
    this.#world = world;
    this.#shared = shared;
  }

  get height(): number {
    return this.#world.ledger.tip.height;
  }

  mine(blocks = 1, options: MineOptions = {}): readonly Block[] {
    const mined = this.#mineQuietly(blocks, options);
    this.#tellAll();
    return mined;
  }

  fund(script: Uint8Array, value: Sat | bigint): OutPoint {
    const payment = this.#world.faucet(script, sat(value));
    this.mine(1, { include: [...this.mempool(), payment] });
    return { txid: txid(payment), vout: 0 };
  }

  reorg(depth: number, options: ReorgOptions = {}): readonly Block[] {
    this.#world.rewind(depth);
    const mined = this.#mineQuietly(options.mine ?? depth + 1, options);
    this.#tellAll();
    return mined;
  }

  mempool(): readonly Tx[] {
    return [...this.#world.pool.entries.values()].map((entry) => entry.tx);
  }

  setMinimumFeeRate(satPerKvB: bigint): void {
    this.#world.setMempoolRate(satPerKvB);
  }

  setFeeRate(satPerKvB: bigint): void {
    this.#shared.feeRate = satPerKvB;
  }

  prune(height: number): void {
    this.#shared.prunedBelow = height;
  }

  connect(): SimulatedConnection {
    return new Connection(this.#shared);
  }

  #mineQuietly(blocks: number, { include = 'mempool', script }: MineOptions): readonly Block[] {
    return Array.from({ length: blocks }, (_, index) => {
      if (include === 'mempool') return this.#world.mine(this.mempool(), script);
      return this.#world.mine(include === 'nothing' || index > 0 ? [] : include, script);
    });
  }

  #tellAll(): void {
    for (const connection of this.#shared.connections) connection.tipChanged();
  }
}
