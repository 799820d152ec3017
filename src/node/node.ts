import { ROLES } from '../base/role.ts';
import type { FollowError } from '../chain/follow.ts';
import { fastestSecp256k1 } from '../crypto/native.ts';
import type { MeterReading, Registers } from '../market/meter.ts';
import type { Signed } from '../market/statement.ts';
import { checkedStore } from '../store/checked.ts';
import { memoryStore } from '../store/memory.ts';
import { type Store, StoreError } from '../store/port.ts';
import { walletStateFromJson, walletStateToJson } from '../wallet/state.ts';
import { createWallet, type Wallet } from '../wallet/wallet.ts';
import { AddressBook } from './addressBook.ts';
import { beginning, NodeRefused, ownChain, storedValue } from './beginning.ts';
import { Changes, type NodeChanges } from './changes.ts';
import type { ChannelHandle } from './handle.ts';
import type { NodeEvent } from './journal.ts';
import type { MeterBook } from './meters.ts';
import type { NodeOptions, OpenRequest } from './options.ts';
import { makeParts, type Parts } from './parts.ts';
import type { Peer } from './peers.ts';
import { readState } from './stateText.ts';
import { walletTo } from './tips.ts';
import type { Tower } from './tower.ts';

/** One party: its wallet, its channels, its connections, following one chain. */
export interface Node {
  /** Node id, 33 bytes: its identity to peers, and the key of what it signs. */
  readonly id: Uint8Array;
  readonly wallet: Wallet;
  /** The public key of this party's own meter, 33 bytes. */
  readonly meter: Uint8Array;
  /** All channels of this node, by key. */
  channels(): readonly ChannelHandle[];
  /** Calls `listener` for each channel from now on, as soon as it exists. Returns the way to stop. */
  onChannel(listener: (channel: ChannelHandle) => void): () => void;
  /** The first channel from now on, whoever proposes it. */
  nextChannel(): Promise<ChannelHandle>;
  /**
   * Proposes a channel as its consumer; the handle is there at once, `until(state => state.type === 'open')` waits.
   * Throws `OpenRefused` when the wallet cannot pay its part.
   */
  open(request: OpenRequest): Promise<ChannelHandle>;
  /**
   * Connects to a node, at `host:port` or a `ws://` or `wss://` URL, and stays connected: the address is kept in the
   * store, and a restarted node calls again. Without an address the one that is known is called. Resolves when there is a
   * connection. Rejects with `TransportError` when the first call fails; if its `retry` is true, the node goes on calling.
   */
  connect(nodeId: Uint8Array, address?: string): Promise<void>;
  /** Ends the connection with a node, forgets its address and calls it no more, until {@link connect} or a channel does. */
  disconnect(nodeId: Uint8Array): Promise<void>;
  /** The nodes that this one is connected with or calls. */
  peers(): readonly Peer[];
  /** Calls `listener` with each peer that is connected or lost from now on. Returns the way to stop. */
  onPeer(listener: (peer: Peer) => void): () => void;
  /** Reads the node's own meter: signs the registers (cumulative Wh) as of now. */
  readMeter(registers: Registers): Promise<Signed<MeterReading>>;
  /** The static channel backup as of now: the same that `onBackup` gets. Encrypted; of no use without the phrase. */
  backup(): Uint8Array;
  /**
   * What the channels told, as it was stored with the writes that it follows from: from number `from` (default 1) on, or
   * from the oldest that is kept (`Policy.keptEvents`); at most `limit` (default 100). Rejects with a `StoreError`.
   */
  events(from?: number, limit?: number): Promise<readonly NodeEvent[]>;
  /** Calls `listener` for each event from number `from` on (default: the next), in order. Returns the way to stop. */
  onEvent(listener: (event: NodeEvent) => void, from?: number): () => void;
  /** The watchtower that it keeps as a utility, once it has a channel to watch. */
  readonly watchtower: Tower | undefined;
  /** Resolves when every block up to the chain's tip was taken in by wallet, channels and watchtower. */
  synced(): Promise<void>;
  /**
   * What keeps the node from following the chain now, `undefined` while nothing does. It is tried again by itself until
   * it goes well, and nothing is lost meanwhile; but what depends on heights waits.
   */
  chainTrouble(): FollowError | undefined;
  /** As a utility: what it knows of each meter of its channels, over all of them. Empty otherwise. */
  meterBook(): MeterBook;
  /** How often wallet and channels have changed since the start: with equal numbers nothing of them is different. */
  changes(): NodeChanges;
  /** Calls `listener` soon after wallet, channels, peers or the place in the chain changed. Returns the way to stop. */
  onChange(listener: () => void): () => void;
  /** Stops connections and timers; stored state stays. */
  stop(): Promise<void>;
}

/** Starts a node: it takes up its stored channels, follows the chain and connects to its peers. */
export async function createNode(options: NodeOptions): Promise<Node> {
  const { mnemonic, chain } = options;
  const store = checkedStore(options.store ?? memoryStore());
  await store.channels(); // damage is noticed before anything else happens
  const stored = await store.value('wallet');
  const state = stored === undefined ? undefined : walletStateFromJson(stored);
  if (state !== undefined && !state.ok)
    throw new StoreError('corrupt', `the stored wallet: ${state.error.code}`);
  const changes = new Changes();
  const wallet = createWallet({
    mnemonic,
    network: chain.network,
    chain,
    ...(state === undefined ? {} : { state: state.value }),
    onChange: (next) => {
      changes.wallet();
      return store.setValue('wallet', walletStateToJson(next));
    },
  });
  if (!wallet.ok) throw new NodeRefused(wallet.error.code, wallet.error.code);
  const chainHash = await ownChain(chain, store);
  const from = await beginning(options, store, wallet.value);
  await walletTo(wallet.value, state?.value.tip ?? null, from, chain);
  const parts = makeParts(options, {
    store,
    wallet: wallet.value,
    secp: options.secp ?? (await fastestSecp256k1()),
    chainHash,
    from,
    birthday: await storedValue(store, 'birthday', from.height),
    nextChannel: await storedValue(store, 'nextChannel', 0),
    addresses: await AddressBook.load(store),
    changes,
  });
  await resume(parts, store, options.restored === true);
  return new RunningNode(parts, wallet.value, changes);
}

/** The end of an opening in which nothing was said yet. */
const GIVE_UP = { type: 'close', payoutScript: null, feeRate: 0n } as const;

/** Brings the stored channels to where they stopped; then connections and blocks begin. */
async function resume(parts: Parts, store: Store, restored: boolean): Promise<void> {
  const { background, backups, channels, coins, meters, peers } = parts;
  await parts.journal.load();
  await meters.load();
  await parts.towers.load();
  for (const stored of await store.channels()) parts.adopt(stored, await readState(store, stored));
  const all = channels.all();
  // before anything else: a copy may be old
  if (restored)
    for (const { driver } of all) await driver.handle({ type: 'event', event: { type: 'storeRestored' } });
  if (all.length > 0) background.run(() => backups.handOver());
  for (const channel of all) {
    // a stored state may think that it is connected
    for (const peer of ROLES)
      await channel.driver.handle({ type: 'event', event: { type: 'disconnected', peer } });
    // whoever was about to propose it ended with the process, and its coins are bound to nothing
    if (channel.driver.channel.type === 'fresh')
      await channel.driver.handle({ type: 'event', event: GIVE_UP });
    await channel.driver.resume();
    channels.keepPeers(channel);
    await coins.tidy(channel);
  }
  background.run(() => meters.tellAgain());
  peers.start();
  parts.blocks.start();
}

/** A node that was started: each call goes to the part that answers it. */
class RunningNode implements Node {
  readonly id: Uint8Array;
  readonly meter: Uint8Array;
  readonly wallet: Wallet;
  readonly #parts: Parts;
  readonly #changes: Changes;

  constructor(parts: Parts, wallet: Wallet, changes: Changes) {
    this.id = parts.id;
    this.meter = parts.meter.id;
    this.wallet = wallet;
    this.#parts = parts;
    this.#changes = changes;
  }

  backup(): Uint8Array {
    return this.#parts.backups.now();
  }

  channels(): readonly ChannelHandle[] {
    return this.#parts.channels.all().map(({ handle }) => handle);
  }

  onChannel(listener: (channel: ChannelHandle) => void): () => void {
    return this.#parts.channels.onAdded(listener);
  }

  nextChannel(): Promise<ChannelHandle> {
    return new Promise((resolve) => {
      const stop = this.onChannel((channel) => {
        stop();
        resolve(channel);
      });
    });
  }

  open(request: OpenRequest): Promise<ChannelHandle> {
    return this.#parts.openings.open(request);
  }

  connect(nodeId: Uint8Array, address?: string): Promise<void> {
    return this.#parts.peers.connect(nodeId, address);
  }

  disconnect(nodeId: Uint8Array): Promise<void> {
    return this.#parts.peers.forget(nodeId);
  }

  peers(): readonly Peer[] {
    return this.#parts.peers.all();
  }

  onPeer(listener: (peer: Peer) => void): () => void {
    return this.#parts.peers.onChange(listener);
  }

  readMeter(registers: Registers): Promise<Signed<MeterReading>> {
    return this.#parts.meter.read(registers);
  }

  events(from?: number, limit?: number): Promise<readonly NodeEvent[]> {
    return this.#parts.journal.events(from, limit);
  }

  onEvent(listener: (event: NodeEvent) => void, from?: number): () => void {
    return this.#parts.journal.onEvent(listener, from);
  }

  get watchtower(): Tower | undefined {
    return this.#parts.towers.kept;
  }

  async synced(): Promise<void> {
    await this.#parts.blocks.settled();
    await this.#idle();
    await this.#parts.towers.synced();
  }

  chainTrouble(): FollowError | undefined {
    return this.#parts.blocks.trouble();
  }

  meterBook(): MeterBook {
    return this.#parts.meters.book;
  }

  changes(): NodeChanges {
    return this.#changes.counts;
  }

  onChange(listener: () => void): () => void {
    return this.#changes.onChange(listener);
  }

  async stop(): Promise<void> {
    const { background, blocks, towers, peers } = this.#parts;
    background.stop();
    blocks.stop();
    await towers.stop();
    await peers.stop();
    await this.#idle();
  }

  /** Resolves when nothing is under way, and nothing waits to be stored. */
  #idle(): Promise<void> {
    const { background, channels, meters, rest, towers } = this.#parts;
    const driversIdle = () => Promise.all(channels.all().map(({ driver }) => driver.idle()));
    return rest.until(async () => {
      await driversIdle();
      await meters.idle();
      await background.idle();
      await driversIdle();
      await meters.idle();
      await towers.idle();
    });
  }
}
