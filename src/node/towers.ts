import { equalBytes } from '../base/bytes.ts';
import type { Role } from '../base/role.ts';
import type { Chain } from '../chain/port.ts';
import type { Channel, Settling, UtilityChannel } from '../channel/state.ts';
import type { ChannelSigner } from '../channel/step.ts';
import type { Secp256k1 } from '../crypto/secp256k1.ts';
import type { Store } from '../store/port.ts';
import { encodeMessage, type Message, type MessageOf } from '../wire/messages.ts';
import type { ChannelDriver } from './driver.ts';
import { type Listeners, tell } from './handle.ts';
import type { Policy } from './options.ts';
import type { PeerIds } from './parties.ts';
import type { Tower } from './tower.ts';
import { TowerClient, type WatchedChannel } from './towerClient.ts';
import { TowerDesk } from './towerDesk.ts';

/** What the watchtower needs of a channel of the node. */
export interface TowerChannel {
  readonly driver: ChannelDriver;
  readonly signer: ChannelSigner;
  readonly listeners: Listeners;
  readonly peers: PeerIds;
}

export interface TowersOptions {
  readonly store: Store;
  readonly chain: Chain;
  readonly secp: Secp256k1;
  readonly policy: Policy;
  readonly channels: () => readonly TowerChannel[];
  readonly send: (nodeId: string, message: Uint8Array) => void;
  /** Resolves when the channels have heard of every block. */
  readonly caughtUp: () => Promise<void>;
  readonly run: (work: () => Promise<unknown>) => void;
  /** Hears what ended something for good. */
  readonly fail: (error: unknown) => void;
}

/** Both ends of the watchtower protocol in one node: a client in the channels that it trades in, a desk in the others. */
export class Towers {
  readonly #options: TowersOptions;
  readonly #client: TowerClient;
  readonly #desk: TowerDesk;
  /** Channels that are about to open: their traders hear then that their utility keeps blobs. */
  readonly #opening = new Set<string>();

  constructor(options: TowersOptions) {
    const { store, chain, secp, policy } = options;
    this.#options = options;
    this.#client = new TowerClient(store, secp);
    this.#desk = new TowerDesk({
      store,
      chain,
      secp,
      open: policy.keepsBlobs,
      depth: policy.resolvedDepth,
      leave: () => this.#leave(),
      fail: options.fail,
    });
  }

  /** The watchtower that this node keeps. */
  get kept(): Tower | undefined {
    return this.#desk.tower;
  }

  load(): Promise<void> {
    return this.#desk.load();
  }

  /** A peer of the channel came or went. */
  peer(channel: TowerChannel, peer: Role, type: 'connected' | 'disconnected'): void {
    if (type === 'connected') this.#greet(channel, peer);
    else if (peer === 'utility') this.#client.lost(channel.driver.key);
  }

  /** A peer of the channel says something of the watchtower. Resolves when it is dealt with. */
  take(
    channel: TowerChannel,
    from: Role,
    message: MessageOf<'tower_blob'> | MessageOf<'tower_status'>,
  ): Promise<void> | undefined {
    const { role } = channel.driver.channel;
    if (message.type === 'tower_blob') {
      if (role !== 'utility' || from === 'utility' || !isFunded(channel.driver.channel)) return undefined;
      return this.#tried(async () => this.#send(channel, from, await this.#desk.take(from, message)));
    }
    if (role === 'utility' || from !== 'utility' || !this.#options.policy.watchtower) return undefined;
    return this.#tried(() => this.#client.status(this.#watched(channel), message.next));
  }

  /** Resolves when the work was tried, whatever came of it. */
  #tried(work: () => Promise<unknown>): Promise<void> {
    return new Promise((resolve) => {
      this.#options.run(() => work().finally(resolve));
    });
  }

  /** A new state of the channel is in the store. */
  stored(channel: TowerChannel): void {
    const { driver } = channel;
    if (driver.channel.role !== 'utility') {
      this.#options.run(() => this.#client.stored(this.#watched(channel)));
      return;
    }
    if (driver.channel.type === 'awaitingFunding') this.#opening.add(driver.key);
    if (driver.channel.type !== 'attesting' || !this.#opening.delete(driver.key)) return;
    this.#greet(channel, 'consumer');
    this.#greet(channel, 'producer');
  }

  idle(): Promise<void> {
    return this.#client.idle();
  }

  synced(): Promise<void> {
    return this.#desk.synced();
  }

  stop(): Promise<void> {
    return this.#desk.stop();
  }

  #greet(channel: TowerChannel, to: Role): void {
    const state = channel.driver.channel;
    if (state.role !== 'utility' || to === 'utility' || !isFunded(state)) return;
    const { channelId } = state.identity;
    this.#options.run(async () => this.#send(channel, to, await this.#desk.greeting(channelId, to)));
  }

  #send({ peers }: TowerChannel, to: Role, messages: readonly Message[]): void {
    const nodeId = peers[to];
    if (nodeId === undefined) return;
    for (const message of messages) this.#options.send(nodeId, encodeMessage(message));
  }

  #watched(channel: TowerChannel): WatchedChannel {
    const { driver, signer, listeners } = channel;
    return {
      key: driver.key,
      channel: driver.channel,
      signer,
      send: (message) => this.#send(channel, 'utility', [message]),
      refused: (next) => tell(listeners, { type: 'unwatched', next }),
    };
  }

  /** What the channels say is the utility's, of the blocks that the watchtower has seen. */
  async #leave(): Promise<(lock: Uint8Array) => boolean> {
    await this.#options.caughtUp();
    const locks = this.#options.channels().flatMap(({ driver }) => driver.knowledge()?.forfeitedLocks ?? []);
    return (lock) => locks.some((each) => equalBytes(each, lock));
  }
}

/** Blobs of a channel that is not funded would cost whoever sends them nothing; of one that is over, nobody needs them. */
function isFunded(channel: Channel): channel is UtilityChannel | Settling {
  return channel.type === 'attesting' || channel.type === 'settling';
}
