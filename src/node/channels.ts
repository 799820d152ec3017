import { fromHex, toHex } from '../base/bytes.ts';
import { ROLES, type Role } from '../base/role.ts';
import type { ChannelSigner } from '../channel/step.ts';
import type { ChannelDriver } from './driver.ts';
import type { ChannelHandle, Listeners } from './handle.ts';
import { DIALS, isOver, type PeerIds, peersOf } from './parties.ts';
import type { Peers } from './peers.ts';

/** A channel as the node holds it. */
export interface RunningChannel {
  readonly driver: ChannelDriver;
  readonly handle: ChannelHandle;
  readonly listeners: Listeners;
  readonly signer: ChannelSigner;
  /** Changes as the channel opens. */
  peers: PeerIds;
}

/** The channels of a node: by the node's own key, by the ids that peers call them, by who takes part. */
export class Channels {
  readonly #peers: Pick<Peers, 'keep'>;
  readonly #byKey = new Map<string, RunningChannel>();
  /** Keys by temporary id and channel id, hexadecimal; empty while a channel with this id is made. */
  readonly #keys = new Map<string, string>();
  readonly #listeners = new Set<(channel: ChannelHandle) => void>();
  #nextIndex = 0;

  constructor(peers: Pick<Peers, 'keep'>) {
    this.#peers = peers;
  }

  all(): readonly RunningChannel[] {
    return [...this.#byKey.values()];
  }

  get(key: string): RunningChannel | undefined {
    return this.#byKey.get(key);
  }

  /** The channel with this temporary id or channel id. */
  withId(id: Uint8Array): RunningChannel | undefined {
    return this.#byKey.get(this.#keys.get(toHex(id)) ?? '');
  }

  /** Every place that a node, hexadecimal, has in a channel. */
  withPeer(nodeId: string): readonly { readonly channel: RunningChannel; readonly role: Role }[] {
    return this.all().flatMap((channel) =>
      ROLES.filter((role) => channel.peers[role] === nodeId).map((role) => ({ channel, role })),
    );
  }

  /** Whether a channel that is not over has this node in it. */
  needs(nodeId: string): boolean {
    return this.withPeer(nodeId).some(({ channel }) => !isOver(channel.driver.channel));
  }

  add(channel: RunningChannel): void {
    this.#nextIndex = Math.max(this.#nextIndex, Number(channel.driver.key) + 1);
    this.#byKey.set(channel.driver.key, channel);
    this.learn(channel);
    for (const listener of this.#listeners) listener(channel.handle);
  }

  /** A channel that never came to be is gone, and the ids that peers called it by. */
  remove(key: string): void {
    this.#byKey.delete(key);
    for (const [id, owner] of this.#keys) if (owner === key) this.#keys.delete(id);
  }

  /** Above the key index of every channel that was ever here. */
  get nextIndex(): number {
    return this.#nextIndex;
  }

  /** Calls `listener` for each channel from now on. Returns the way to stop. */
  onAdded(listener: (channel: ChannelHandle) => void): () => void {
    this.#listeners.add(listener);
    return () => {
      this.#listeners.delete(listener);
    };
  }

  /** Takes a temporary id for a channel that is made now; `false` when it is taken. */
  claimId(temporaryId: Uint8Array): boolean {
    const id = toHex(temporaryId);
    if (this.#keys.has(id)) return false;
    this.#keys.set(id, '');
    return true;
  }

  /** From now on peers may call the channel by this id. */
  nameId(id: Uint8Array, key: string): void {
    this.#keys.set(toHex(id), key);
  }

  /** Ids and peers as far as the channel's state says them by now: they become known as it opens. */
  learn(channel: RunningChannel): void {
    if (!this.#byKey.has(channel.driver.key)) return;
    const state = channel.driver.channel;
    const known = 'identity' in state;
    if (known) this.nameId(state.identity.channelId, channel.driver.key);
    channel.peers = { ...channel.peers, ...peersOf(state) };
    if (known) this.keepPeers(channel);
  }

  /** Stays connected with whom this party dials, until the channel is over. */
  keepPeers({ driver, peers }: RunningChannel): void {
    if (isOver(driver.channel)) return;
    for (const other of DIALS[driver.channel.role]) {
      const nodeId = peers[other];
      if (nodeId !== undefined) this.#peers.keep(fromHex(nodeId));
    }
  }
}
