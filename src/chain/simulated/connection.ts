import type { Sat } from '../../base/amount.ts';
import { type OutPoint, outpointKey, type Tx, type Txid } from '../../tx/transaction.ts';
import {
  type Block,
  type BlockRef,
  type BroadcastResult,
  type Chain,
  ChainError,
  type FoundTx,
  type UnspentOutput,
} from '../port.ts';
import type { Fault } from './consensus.ts';
import { highest } from './rates.ts';
import type { World } from './world.ts';

/** One client's view of a simulated chain: several may share the world, each can lose its connection alone. */
export interface SimulatedConnection extends Chain {
  /** While false, every question rejects with `ChainError` `unreachable`. True again tells the `onTip` listeners. */
  setReachable(reachable: boolean): void;
}

/** What the connections share besides the chain itself. */
export interface Shared {
  readonly world: World;
  readonly connections: Set<Connection>;
  /** Satoshi per 1,000 virtual bytes. */
  feeRate: bigint;
  /** Blocks under this height cannot be read any more. */
  prunedBelow: number;
}

const LEAST_FEE_RATE = 1000n;

export class Connection implements SimulatedConnection {
  readonly network = 'regtest';
  readonly #shared: Shared;
  readonly #listeners = new Set<() => void>();
  #state: 'open' | 'unreachable' | 'closed' = 'open';

  constructor(shared: Shared) {
    this.#shared = shared;
    shared.connections.add(this);
  }

  async genesisHash(): Promise<string> {
    const genesis = this.#world().ledger.at(0);
    return genesis?.hash ?? '';
  }

  async tip(): Promise<BlockRef> {
    const { height, hash } = this.#world().ledger.tip;
    return { height, hash };
  }

  async blockHash(height: number): Promise<string | undefined> {
    return this.#world().ledger.at(height)?.hash;
  }

  async block(hash: string): Promise<Block | undefined> {
    const block = this.#world().ledger.byHash(hash);
    return block === undefined || block.height < this.#shared.prunedBelow ? undefined : block;
  }

  /** A simulated node never reindexes: what is not in its best chain was taken out. */
  async isAbandoned({ height, hash }: BlockRef): Promise<boolean> {
    return this.#world().ledger.at(height)?.hash !== hash;
  }

  async unspentOutput(outpoint: OutPoint): Promise<UnspentOutput | undefined> {
    const { ledger } = this.#world();
    const coin = ledger.coin(outpoint);
    if (coin === undefined) return undefined;
    return { ...coin.output, confirmations: ledger.tip.height - coin.height + 1, coinbase: coin.coinbase };
  }

  async transaction(id: Txid, blockHash?: string): Promise<FoundTx | undefined> {
    const { ledger, pool } = this.#world();
    if (blockHash === undefined) {
      const entry = pool.entries.get(id);
      return entry === undefined ? undefined : { tx: entry.tx, feeSat: entry.fee as Sat };
    }
    const found = (await this.block(blockHash))?.transactions.find(({ txid }) => txid === id);
    return found === undefined ? undefined : { tx: found.tx, feeSat: ledger.feeOf(found.tx, blockHash) };
  }

  async mempoolSpenders(outpoints: readonly OutPoint[]): Promise<readonly (Txid | undefined)[]> {
    const { spenders } = this.#world().pool;
    return outpoints.map((outpoint) => spenders.get(outpointKey(outpoint)));
  }

  async broadcast(tx: Tx): Promise<BroadcastResult> {
    return resultOf(this.#world().submit(tx));
  }

  async broadcastPackage(parent: Tx, child: Tx): Promise<BroadcastResult> {
    return resultOf(this.#world().submitPackage(parent, child));
  }

  async testAccept(tx: Tx): Promise<BroadcastResult> {
    return resultOf(this.#world().test(tx));
  }

  async feeRate(_blocks: number): Promise<bigint> {
    return highest(this.#world().minimumRate, LEAST_FEE_RATE, this.#shared.feeRate);
  }

  async minimumFeeRate(): Promise<bigint> {
    return this.#world().minimumRate;
  }

  onTip(listener: () => void): () => void {
    // A wrapper of its own, so that one function added twice is two listeners
    const own = () => listener();
    this.#listeners.add(own);
    return () => void this.#listeners.delete(own);
  }

  async close(): Promise<void> {
    this.#state = 'closed';
    this.#listeners.clear();
    this.#shared.connections.delete(this);
  }

  setReachable(reachable: boolean): void {
    if (this.#state === 'closed') return;
    this.#state = reachable ? 'open' : 'unreachable';
    this.tipChanged();
  }

  /** Listeners run soon after, never inside the call that moved the tip. */
  tipChanged(): void {
    if (this.#state !== 'open') return;
    for (const listener of this.#listeners)
      queueMicrotask(() => {
        if (this.#listeners.has(listener)) listener();
      });
  }

  #world(): World {
    if (this.#state === 'unreachable') throw new ChainError('unreachable', 'the simulated node is down');
    if (this.#state === 'closed') throw new ChainError('closed', 'this chain was closed');
    return this.#shared.world;
  }
}

function resultOf(fault: Fault): BroadcastResult {
  return fault === undefined ? { accepted: true } : { accepted: false, reason: fault };
}
