import { toHex } from '../base/bytes.ts';
import type { Trader } from '../base/role.ts';
import { FollowError } from '../chain/follow.ts';
import { type Chain, ChainError } from '../chain/port.ts';
import type { Secp256k1 } from '../crypto/secp256k1.ts';
import type { Store } from '../store/port.ts';
import type { Message, MessageOf } from '../wire/messages.ts';
import { createTower, type Tower } from './tower.ts';

/** What the desk needs of the node around it. */
export interface TowerDeskOptions {
  readonly store: Store;
  readonly chain: Chain;
  readonly secp: Secp256k1;
  /** Whether it keeps anything at all. */
  readonly open: boolean;
  /** Blocks on top of everything before a breach is forgotten. */
  readonly depth: number;
  /** Deliveries that the utility takes itself, by their lock. */
  readonly leave: () => Promise<(lock: Uint8Array) => boolean>;
  /** Hears what ended the watching for good. */
  readonly fail: (error: unknown) => void;
}

/** Blocks in which an online trader answers itself before the utility does. */
const PATIENCE = 2;

/** The utility's watchtower: keeps the blobs of its channels' traders, one client for each trader of each channel. */
export class TowerDesk {
  readonly #options: TowerDeskOptions;
  #opened: Promise<Tower> | undefined;
  #tower: Tower | undefined;

  constructor(options: TowerDeskOptions) {
    this.#options = options;
  }

  /** The watchtower, once there is a channel to watch. */
  get tower(): Tower | undefined {
    return this.#tower;
  }

  /** Takes up what was stored before. */
  async load(): Promise<void> {
    if (this.#options.open && (await this.#options.store.value('tower/state')) !== undefined)
      await this.#open();
  }

  /** What to tell a trader: how many of its blobs are here. Nothing when blobs are not kept. */
  async greeting(channelId: Uint8Array, trader: Trader): Promise<readonly Message[]> {
    if (!this.#options.open) return [];
    const tower = await this.#open();
    return [{ type: 'tower_status', channelId, next: await tower.next(clientOf(channelId, trader)) }];
  }

  /** Takes a blob; the answer says how many are here, when it was asked for or the blob was not taken. */
  async take(trader: Trader, message: MessageOf<'tower_blob'>): Promise<readonly Message[]> {
    if (!this.#options.open) return [];
    const { channelId, index, hint, body, more } = message;
    const tower = await this.#open();
    const taken = await tower.accept(clientOf(channelId, trader), index, { hint, body });
    return taken.ok && !more ? [] : this.greeting(channelId, trader);
  }

  async synced(): Promise<void> {
    await this.#tower?.synced();
  }

  async stop(): Promise<void> {
    await this.#tower?.stop();
  }

  #open(): Promise<Tower> {
    this.#opened ??= this.#create();
    return this.#opened;
  }

  /** What fails is tried anew the next time. */
  async #create(): Promise<Tower> {
    const { store, chain, secp, depth, leave, fail } = this.#options;
    const onError = (error: unknown) => {
      if (!mayRecover(error)) fail(error);
    };
    try {
      this.#tower = await createTower({ store, chain, secp, depth, leave, patience: PATIENCE, onError });
      return this.#tower;
    } catch (error) {
      this.#opened = undefined;
      throw error;
    }
  }
}

/** What is tried again by itself, at the latest with the next block. */
function mayRecover(error: unknown): boolean {
  return error instanceof ChainError || (error instanceof FollowError && error.retry);
}

/** What a watchtower calls the trader of a channel of its own node. */
export function clientOf(channelId: Uint8Array, trader: Trader): string {
  return `${toHex(channelId)}/${trader}`;
}
