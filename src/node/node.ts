import { toHex } from '../base/bytes.ts';
import { toJson } from '../base/json.ts';
import { ROLES } from '../base/role.ts';
import { type FollowError, type Followed, followChain } from '../chain/follow.ts';
import type { Block, BlockRef, Chain } from '../chain/port.ts';
import { localIdentity } from '../channel/localSigner.ts';
import type { Channel } from '../channel/state.ts';
import { fastestSecp256k1 } from '../crypto/native.ts';
import type { Secp256k1 } from '../crypto/secp256k1.ts';
import type { Verdict } from '../market/attestation.ts';
import { type MeterReading, type Registers, signReading } from '../market/meter.ts';
import type { Signed } from '../market/statement.ts';
import { checkedStore } from '../store/checked.ts';
import { memoryStore } from '../store/memory.ts';
import { type Store, type StoredChannel, StoreError } from '../store/port.ts';
import type { Keychain } from '../wallet/hd.ts';
import { walletStateFromJson, walletStateToJson } from '../wallet/state.ts';
import { createWallet, type Wallet } from '../wallet/wallet.ts';
import { AddressBook } from './addressBook.ts';
import { Background } from './background.ts';
import { BackupDesk } from './backups.ts';
import { beginning, NodeRefused, ownChain, storedValue } from './beginning.ts';
import { ChainTrouble } from './chainTrouble.ts';
import { Changes, type NodeChanges } from './changes.ts';
import { ChannelCoins } from './channelCoins.ts';
import { Channels, type RunningChannel } from './channels.ts';
import { ClaimFees } from './claimFees.ts';
import { type Clock, systemClock } from './clock.ts';
import { DeadChannels } from './deadChannels.ts';
import { ChannelDriver } from './driver.ts';
import { type EffectsOptions, effectsOf } from './effects.ts';
import { exportEvidence } from './evidence.ts';
import { type ChannelHandle, channelHandle, type Listeners } from './handle.ts';
import { Inbox } from './inbox.ts';
import { Journal, type NodeEvent } from './journal.ts';
import { MeterDesk } from './meterDesk.ts';
import { MeterNumbers } from './meterNumbers.ts';
import { Openings } from './openings.ts';
import { DEFAULT_POLICY, type NodeOptions, type OpenRequest } from './options.ts';
import { peersOf } from './parties.ts';
import { type Peer, Peers } from './peers.ts';
import { identityEcdh, signerFor } from './signers.ts';
import { readState } from './stateText.ts';
import { monitorTo, walletTo } from './tips.ts';
import type { Tower } from './tower.ts';
import { Towers } from './towers.ts';
import type { DriverInput } from './work.ts';

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
  const node = new RunningNode(options, store, wallet.value, {
    secp: options.secp ?? (await fastestSecp256k1()),
    chainHash,
    from,
    birthday: await storedValue(store, 'birthday', from.height),
    nextChannel: await storedValue(store, 'nextChannel', 0),
    addresses: await AddressBook.load(store),
    changes,
  });
  await node.start();
  return node;
}

/** What is known before the node starts. */
interface Beginning {
  readonly secp: Secp256k1;
  readonly chainHash: string;
  readonly from: BlockRef;
  readonly birthday: number;
  readonly nextChannel: number;
  readonly addresses: AddressBook;
  readonly changes: Changes;
}

/** The end of an opening in which nothing was said yet. */
const GIVE_UP = { type: 'close', payoutScript: null, feeRate: 0n } as const;

/** The parts of a node and what each is given of the others; it is itself what starts, stops and hears of blocks. */
class RunningNode implements Node {
  readonly id: Uint8Array;
  readonly meter: Uint8Array;
  readonly wallet: Wallet;
  readonly #keys: Keychain;
  readonly #store: Store;
  readonly #chain: Chain;
  readonly #clock: Clock;
  readonly #secp: Secp256k1;
  readonly #background: Background;
  readonly #peers: Peers;
  readonly #channels: Channels;
  readonly #coins: ChannelCoins;
  readonly #meters: MeterDesk;
  readonly #meterNumbers: MeterNumbers;
  readonly #backups: BackupDesk;
  readonly #towers: Towers;
  readonly #dead: DeadChannels;
  readonly #journal: Journal;
  readonly #openings: Openings;
  readonly #effects: EffectsOptions;
  readonly #restored: boolean;
  /** Resolves when the channels are where they stopped. */
  readonly #resumed: Promise<void>;
  #setResumed: () => void = () => {};
  readonly #chainHash: string;
  readonly #trouble: ChainTrouble;
  readonly #changes: Changes;
  /** How many wait for this node to come to rest. */
  #awaited = 0;
  #tip: BlockRef;
  #chainTime = 0;
  #followed: Followed | undefined;

  constructor(
    options: NodeOptions,
    store: Store,
    wallet: Wallet,
    { from, addresses, changes, ...begun }: Beginning,
  ) {
    const { chain, onBackup, restored } = options;
    const { keys } = wallet;
    const { chainHash, secp } = begun;
    const policy = { ...DEFAULT_POLICY, ...options.policy };
    const clock = options.clock ?? systemClock;
    const background = new Background(clock, options.onError);
    const run = (work: () => Promise<unknown>) => background.run(work);
    this.id = keys.channelPublicKey('nodeIdentity', 0);
    this.meter = keys.channelPublicKey('meter', 0);
    this.wallet = wallet;
    this.#keys = keys;
    this.#store = store;
    this.#chain = chain;
    this.#clock = clock;
    this.#secp = secp;
    this.#background = background;
    this.#restored = restored === true;
    this.#chainHash = chainHash;
    this.#trouble = new ChainTrouble((error) => background.fail(error));
    this.#changes = changes;
    this.#resumed = new Promise((resolve) => {
      this.#setResumed = resolve;
    });
    this.#tip = from;
    const entropy = options.entropy ?? ((length: number) => crypto.getRandomValues(new Uint8Array(length)));
    const peers = new Peers({
      transport: options.transport(this.id, {
        ecdh: identityEcdh(secp, keys),
        chainHash,
        isWanted: (peer) => peers.keeps(toHex(peer)) || channels.needs(toHex(peer)),
      }),
      clock,
      entropy,
      addresses,
      listener: {
        connected: (nodeId, connection) => inbox.connected(nodeId, connection),
        disconnected: (nodeId) => inbox.disconnected(nodeId),
        message: (nodeId, message) => inbox.message(nodeId, message),
      },
    });
    const channels = new Channels(peers);
    const fees = new ClaimFees(chain, policy.claimTarget);
    const coins = new ChannelCoins(chain, wallet, fees, policy.anchorReserveFeeRate);
    const meters = new MeterDesk({
      store,
      policy,
      clock,
      isAwaited: () => this.#awaited > 0,
      onVerdict: (verdict) => this.#decided(verdict),
    });
    const backups = new BackupDesk({
      wallet,
      ...begun,
      onBackup,
      nextChannel: () => Math.max(begun.nextChannel, channels.nextIndex),
      sources: () => channels.all().map(({ driver }) => driver),
    });
    const journal = new Journal(store, policy.keptEvents, (error) => background.fail(error));
    const towers = new Towers({
      store,
      chain,
      secp,
      policy,
      channels: () => channels.all(),
      send: (nodeId, message) => peers.send(nodeId, message),
      caughtUp: () => this.#caughtUp(),
      run,
      fail: (error) => background.fail(error),
    });
    const openings = new Openings({
      id: this.id,
      meter: this.meter,
      chainHash,
      wallet,
      store,
      chain,
      clock,
      entropy,
      reviewOpening: policy.reviewOpening,
      reviewMeter: policy.reviewMeter,
      role: options.role,
      peers,
      channels,
      coins,
      backups,
      adopt: (stored, channel) => this.#adopt(stored, channel),
    });
    const inbox = new Inbox({
      clock,
      channels,
      peers,
      openings,
      towers,
      run,
      fail: (error) => background.fail(error),
    });
    const identity = localIdentity(secp, keys.channelSecret('nodeIdentity', 0));
    const tip = () => this.#tip;
    this.#effects = {
      constant: { secp, identity, chainHash },
      policy,
      chain,
      clock,
      tip,
      chainTime: () => this.#chainTime,
      isAwaited: () => this.#awaited > 0,
      channels,
      peers,
      openings,
      coins,
      fees,
      meters,
      towers,
      journal,
      run,
    };
    this.#peers = peers;
    this.#channels = channels;
    this.#coins = coins;
    this.#meters = meters;
    this.#meterNumbers = new MeterNumbers(store, () => clock.now());
    this.#backups = backups;
    this.#towers = towers;
    this.#dead = new DeadChannels({ chain, channels, coins });
    this.#journal = journal;
    this.#openings = openings;
    peers.onChange(() => changes.other());
  }

  async start(): Promise<void> {
    await this.#journal.load();
    await this.#meters.load();
    await this.#towers.load();
    for (const stored of await this.#store.channels())
      this.#adopt(stored, await readState(this.#store, stored));
    const channels = this.#channels.all();
    // before anything else: a copy may be old
    if (this.#restored)
      for (const { driver } of channels)
        await driver.handle({ type: 'event', event: { type: 'storeRestored' } });
    if (channels.length > 0) this.#background.run(() => this.#backups.handOver());
    for (const channel of channels) {
      // a stored state may think that it is connected
      for (const peer of ROLES)
        await channel.driver.handle({ type: 'event', event: { type: 'disconnected', peer } });
      // whoever was about to propose it ended with the process, and its coins are bound to nothing
      if (channel.driver.channel.type === 'fresh')
        await channel.driver.handle({ type: 'event', event: GIVE_UP });
      await channel.driver.resume();
      this.#channels.keepPeers(channel);
      await this.#coins.tidy(channel);
    }
    this.#background.run(() => this.#meters.tellAgain());
    this.#peers.start();
    this.#followed = followChain(this.#chain, {
      from: this.#tip,
      onConnected: (block) => this.#connected(block),
      onDisconnected: (block) => this.#disconnected(block),
      onError: (error) => {
        this.#trouble.hear(error);
        this.#changes.other();
      },
      genesis: this.#chainHash,
    });
    this.#setResumed();
  }

  backup(): Uint8Array {
    return this.#backups.now();
  }

  channels(): readonly ChannelHandle[] {
    return this.#channels.all().map(({ handle }) => handle);
  }

  onChannel(listener: (channel: ChannelHandle) => void): () => void {
    return this.#channels.onAdded(listener);
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
    return this.#openings.open(request);
  }

  connect(nodeId: Uint8Array, address?: string): Promise<void> {
    return this.#peers.connect(nodeId, address);
  }

  disconnect(nodeId: Uint8Array): Promise<void> {
    return this.#peers.forget(nodeId);
  }

  peers(): readonly Peer[] {
    return this.#peers.all();
  }

  onPeer(listener: (peer: Peer) => void): () => void {
    return this.#peers.onChange(listener);
  }

  async readMeter(registers: Registers): Promise<Signed<MeterReading>> {
    const sequence = await this.#meterNumbers.next();
    const reading = { meter: this.meter, sequence, time: this.#clock.now(), ...registers };
    return signReading(this.#secp, reading, this.#keys.channelSecret('meter', 0));
  }

  events(from?: number, limit?: number): Promise<readonly NodeEvent[]> {
    return this.#journal.events(from, limit);
  }

  onEvent(listener: (event: NodeEvent) => void, from?: number): () => void {
    return this.#journal.onEvent(listener, from);
  }

  get watchtower(): Tower | undefined {
    return this.#towers.kept;
  }

  async synced(): Promise<void> {
    await this.#followed?.settled();
    await this.#idle();
    await this.#towers.synced();
  }

  chainTrouble(): FollowError | undefined {
    return this.#followed?.trouble();
  }

  changes(): NodeChanges {
    return this.#changes.counts;
  }

  onChange(listener: () => void): () => void {
    return this.#changes.onChange(listener);
  }

  /** Resolves when the channels have heard of every block, or never will. */
  async #caughtUp(): Promise<void> {
    await this.#resumed;
    await this.#followed?.settled().catch(() => {});
  }

  async stop(): Promise<void> {
    this.#background.stop();
    this.#followed?.stop();
    await this.#towers.stop();
    await this.#peers.stop();
    await this.#idle();
  }

  async #idle(): Promise<void> {
    const driversIdle = () => Promise.all(this.#channels.all().map(({ driver }) => driver.idle()));
    this.#awaited += 1;
    try {
      await driversIdle();
      await this.#meters.idle();
      await this.#background.idle();
      await driversIdle();
      await this.#meters.idle();
      await this.#towers.idle();
    } finally {
      this.#awaited -= 1;
    }
  }

  /** Takes up a stored channel. */
  #adopt(stored: StoredChannel, state: Channel): RunningChannel {
    const listeners: Listeners = {
      notices: new Set(),
      states: new Set([() => this.#changes.channel()]),
    };
    const driver = new ChannelDriver(
      this.#store,
      effectsOf(this.#effects, stored.key, listeners),
      stored,
      state,
    );
    const handle = channelHandle(
      driver,
      listeners,
      (registers) => this.readMeter(registers),
      () => exportEvidence(driver, this.#store, this.#chain),
    );
    const signer = signerFor(this.#secp, this.#keys, driver.channel.role, Number(stored.key));
    const channel = { driver, handle, listeners, signer, peers: peersOf(driver.channel) };
    this.#channels.add(channel);
    this.#changes.channel();
    return channel;
  }

  /** May be called again for the same block, and for one beside it, when it failed half way. */
  async #connected(block: Block): Promise<void> {
    await this.#bringTo({ height: block.height - 1, hash: block.previousHash }, block.hash);
    this.#tip = { height: block.height, hash: block.hash };
    this.#chainTime = block.time;
    await this.wallet.connectBlock(block);
    await this.#drive({ type: 'blockConnected', block });
    const known = this.#channels.all().length;
    await this.#dead.block(block);
    if (this.#channels.all().length < known) this.#changes.channel();
    for (const channel of this.#channels.all()) await this.#coins.tidy(channel);
    await this.#meters.block(block.height);
    await this.#store.setValue('position', toJson(this.#tip));
    this.#trouble.over();
    this.#changes.other();
    // a Bitcoin node that was started again has forgotten them
    this.#background.run(() => this.wallet.rebroadcast());
  }

  async #disconnected(block: Block): Promise<void> {
    await this.#bringTo(block, block.previousHash);
    this.#tip = { height: block.height - 1, hash: block.previousHash };
    await this.wallet.disconnectBlock(block);
    await this.#drive({ type: 'blockDisconnected', block });
    await this.#store.setValue('position', toJson(this.#tip));
  }

  /** Wallet and monitors are at `position`, or already at the block with the hash `next`: a crash or a failure may have left them elsewhere. */
  async #bringTo(position: BlockRef, next: string): Promise<void> {
    const { tip } = this.wallet.state();
    if (tip?.hash !== next) await walletTo(this.wallet, tip, position, this.#chain);
    for (const { driver } of this.#channels.all())
      if (driver.monitor?.tip.hash !== next) await monitorTo(driver, position, this.#chain);
  }

  async #drive(input: DriverInput): Promise<void> {
    await Promise.all(this.#channels.all().map(({ driver }) => driver.handle(input)));
  }

  /** The meters decided a unit of one of our channels. */
  async #decided(verdict: Verdict): Promise<void> {
    const channel = this.#channels.withId(verdict.channelId);
    await channel?.driver.handle({ type: 'event', event: { type: 'unitDecided', verdict } });
  }
}
