import type { Result } from '../base/result.ts';
import { type Followed, followChain } from '../chain/follow.ts';
import { type Block, type BroadcastResult, type Chain, ChainError } from '../chain/port.ts';
import type { Secp256k1 } from '../crypto/secp256k1.ts';
import { tinySecp256k1 } from '../crypto/tiny.ts';
import type { Store } from '../store/port.ts';
import { hintKey, hintOf, type TowerBlob } from '../tower/blob.ts';
import type { Answer, Breach } from '../tower/breach.ts';
import {
  answersDue,
  type TowerNotice as ChainNotice,
  connectTower,
  disconnectTower,
  FOLLOWED_DEPTH,
  startTower,
  suspects,
  type TowerState,
  type TowerStep,
} from '../tower/watch.ts';
import type { Tx, Txid } from '../tx/transaction.ts';
import { type TowerQuota, type TowerRefusal, TowerStore } from './towerStore.ts';

/** What a watchtower is made of. It needs no key and no channel. */
export interface TowerOptions {
  /** Blobs and what was seen of the chain. */
  readonly store: Store;
  readonly chain: Chain;
  /** Default `tinySecp256k1`. */
  readonly secp?: Secp256k1;
  /** What each client may keep; default {@link DEFAULT_QUOTA}. */
  readonly quota?: TowerQuota;
  /** Blocks on top of everything before a breach is forgotten. Default 100. */
  readonly depth?: number;
  /** Blocks in which an answer shall confirm. Default 6. */
  readonly target?: number;
  /** Asked before each answer which deliveries, by their lock, are somebody else's. Default: none. */
  readonly leave?: () => Promise<(lock: Uint8Array) => boolean>;
  /** Blocks that the cheated trader has to answer itself, at most a quarter of the cheater's delay. Default 0. */
  readonly patience?: number;
  /** What ended the following of the chain, or failed for the moment. */
  readonly onError?: (error: unknown) => void;
}

/** A million states with one delivery in flight, and some room. */
export const DEFAULT_QUOTA: TowerQuota = { blobs: 1_000_000n, bytes: 1n << 30n };

/** What a watchtower tells: what it saw, and what became of its answers. */
export type TowerNotice =
  | ChainNotice
  /** Said again with each block until the breach's outputs are spent. */
  | {
      readonly type: 'answered';
      /** The breach. */
      readonly txid: Txid;
      readonly tx: Tx;
      /** Outputs of the breach that `tx` takes. */
      readonly vouts: readonly number[];
      /** Satoshi per 1,000 virtual bytes. */
      readonly feeRate: bigint;
      readonly result: BroadcastResult;
    };

/** A watchtower: keeps blobs, follows the chain, answers breaches for whoever is offline (protocol section 9). */
export interface Tower {
  /**
   * Keeps a client's blob number `index`; they come in order, and one that came before changes nothing. A client is any
   * name without spaces: what it may keep is counted by it. Rejects with a `StoreError`.
   */
  accept(client: string, index: bigint, blob: TowerBlob): Promise<Result<null, TowerRefusal>>;
  /** Index of the client's blob to come. */
  next(client: string): Promise<bigint>;
  /** How many blobs of the client were taken, and the bytes of their bodies. */
  kept(client: string): Promise<TowerQuota>;
  /** Breaches that are not over. */
  breaches(): readonly Breach[];
  /** Calls `listener` from now on. Returns the way to stop. */
  onNotice(listener: (notice: TowerNotice) => void): () => void;
  /** Resolves when every block up to the chain's tip was looked at and answered. */
  synced(): Promise<void>;
  /** Ends the following; what is stored stays. */
  stop(): Promise<void>;
}

/** Starts a watchtower where it stopped, or at the chain's tip. */
export async function createTower(options: TowerOptions): Promise<Tower> {
  const store = new TowerStore(options.store, options.quota ?? DEFAULT_QUOTA);
  const known = await store.state();
  const state = known ?? startTower(await options.chain.tip());
  if (known === undefined) await store.setState(state);
  return new RunningTower(options, store, state);
}

class RunningTower implements Tower {
  readonly #options: TowerOptions;
  readonly #store: TowerStore;
  readonly #secp: Secp256k1;
  readonly #listeners = new Set<(notice: TowerNotice) => void>();
  readonly #followed: Followed;
  readonly #started: Promise<void>;
  #state: TowerState;

  constructor(options: TowerOptions, store: TowerStore, state: TowerState) {
    this.#options = options;
    this.#store = store;
    this.#secp = options.secp ?? tinySecp256k1;
    this.#state = state;
    this.#followed = followChain(options.chain, {
      from: state.tip,
      onConnected: (block) => this.#connected(block),
      onDisconnected: (block) => this.#enter(disconnectTower(this.#state, block)),
      onError: (error) => options.onError?.(error),
    });
    // what was stored before a crash may not have been sent
    this.#started = this.#answer().catch((error) => options.onError?.(error));
  }

  accept(client: string, index: bigint, blob: TowerBlob): Promise<Result<null, TowerRefusal>> {
    return this.#store.append(client, index, blob);
  }

  next(client: string): Promise<bigint> {
    return this.#store.next(client);
  }

  kept(client: string): Promise<TowerQuota> {
    return this.#store.kept(client);
  }

  breaches(): readonly Breach[] {
    return this.#state.breaches;
  }

  onNotice(listener: (notice: TowerNotice) => void): () => void {
    this.#listeners.add(listener);
    return () => {
      this.#listeners.delete(listener);
    };
  }

  async synced(): Promise<void> {
    await this.#started;
    await this.#followed.settled();
  }

  async stop(): Promise<void> {
    this.#followed.stop();
    await this.#started;
  }

  async #connected(block: Block): Promise<void> {
    const blobs = new Map<string, readonly TowerBlob[]>();
    for (const { txid } of suspects(block)) {
      const hint = hintOf(txid);
      blobs.set(hintKey(hint), await this.#store.blobs(hint));
    }
    const depth = this.#options.depth ?? FOLLOWED_DEPTH;
    await this.#enter(connectTower(this.#secp, this.#state, block, blobs, depth));
    await this.#answer();
  }

  /** First stored, then in force, then told. */
  async #enter({ state, notices }: TowerStep): Promise<void> {
    await this.#store.setState(state);
    this.#state = state;
    for (const notice of notices) this.#tell(notice);
  }

  async #answer(): Promise<void> {
    if (this.#state.breaches.length === 0) return;
    try {
      const { chain, target = FEE_TARGET, patience = 0 } = this.#options;
      const leave = (await this.#options.leave?.()) ?? (() => false);
      const feeRate = await chain.feeRate(target);
      for (const answer of answersDue(this.#state, feeRate, { leave, patience })) await this.#send(answer);
    } catch (error) {
      if (!(error instanceof ChainError)) throw error;
      this.#options.onError?.(error); // again with the next block
    }
  }

  /** A mempool that refuses the outputs together, say because one of them is contested, may take the others. */
  async #send({ breach, tx, vouts, feeRate, apart }: Answer): Promise<void> {
    const result = await this.#options.chain.broadcast(tx);
    this.#tell({ type: 'answered', txid: breach, tx, vouts, feeRate, result });
    if (result.accepted) return;
    for (const [i, each] of apart.entries()) {
      const alone = await this.#options.chain.broadcast(each);
      const vout = vouts[i] as number;
      this.#tell({ type: 'answered', txid: breach, tx: each, vouts: [vout], feeRate, result: alone });
    }
  }

  #tell(notice: TowerNotice): void {
    for (const listener of [...this.#listeners]) queueMicrotask(() => listener(notice));
  }
}

/** Blocks in which an answer shall confirm. */
const FEE_TARGET = 6;
