import { sat, satToMsat } from '../base/amount.ts';
import { equalBytes, fromHex, toHex, utf8 } from '../base/bytes.ts';
import { assertNever, invariant } from '../base/invariant.ts';
import { toJson } from '../base/json.ts';
import type { Result } from '../base/result.ts';
import { ROLES, type Role } from '../base/role.ts';
import { type Followed, followChain } from '../chain/follow.ts';
import { type Block, type BlockRef, type BroadcastResult, type Chain, ChainError } from '../chain/port.ts';
import type { ChannelEvent } from '../channel/event.ts';
import { localIdentity } from '../channel/localSigner.ts';
import type { Channel, Proposal, SigningFunding } from '../channel/state.ts';
import type { ChannelSigner } from '../channel/step.ts';
import type { Secp256k1 } from '../crypto/secp256k1.ts';
import { tinySecp256k1 } from '../crypto/tiny.ts';
import type { Verdict } from '../market/attestation.ts';
import { type MeterReading, type Registers, signReading } from '../market/meter.ts';
import type { Signed } from '../market/statement.ts';
import { checkedStore } from '../store/checked.ts';
import { memoryStore } from '../store/memory.ts';
import { type Store, type StoredChannel, StoreError } from '../store/port.ts';
import type { FundingPart } from '../tx/funding.ts';
import { OPENER } from '../tx/settlement.ts';
import type { Tx } from '../tx/transaction.ts';
import type { Keychain } from '../wallet/hd.ts';
import type { SelectionError } from '../wallet/selection.ts';
import { walletStateFromJson, walletStateToJson } from '../wallet/state.ts';
import { createWallet, type Wallet } from '../wallet/wallet.ts';
import { decodeMessage, encodeMessage, type Message, type MessageOf } from '../wire/messages.ts';
import { AnchorReserve, type ReserveShort } from './anchorReserve.ts';
import { Anchors, type OwnCommitment } from './anchors.ts';
import { Background } from './background.ts';
import { BackupDesk } from './backups.ts';
import { beginning, channelKey, NodeRefused, storedValue } from './beginning.ts';
import { type Clock, systemClock } from './clock.ts';
import { ChannelDriver, type DriverInput, type Effects, type OtherAction } from './driver.ts';
import { exportEvidence } from './evidence.ts';
import {
  checkInputs,
  fundingPart,
  type PartTerms,
  payoutScript,
  releasePart,
  signFundingInputs,
} from './funding.ts';
import { type ChannelHandle, channelHandle, type Listeners, tell } from './handle.ts';
import { MeterDesk } from './meterDesk.ts';
import { DEFAULT_POLICY, defaultParams, type NodeOptions, type OpenRequest, type Policy } from './options.ts';
import { DIALS, isOpening, isOver, mapRoles, type PeerIds, peersOf } from './parties.ts';
import { Peers } from './peers.ts';
import { signerFor, traderSignerOf } from './signers.ts';
import type { Tower } from './tower.ts';
import { type TowerChannel, Towers } from './towers.ts';
import { walletTo } from './walletTip.ts';

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
   * Throws {@link OpenRefused} when the wallet cannot pay its part.
   */
  open(request: OpenRequest): Promise<ChannelHandle>;
  /** Reads the node's own meter: signs the registers (cumulative Wh) as of now. */
  readMeter(registers: Registers): Promise<Signed<MeterReading>>;
  /** The static channel backup as of now: the same that `onBackup` gets. Encrypted; of no use without the phrase. */
  backup(): Uint8Array;
  /** The watchtower that it keeps as a utility, once it has a channel to watch. */
  readonly watchtower: Tower | undefined;
  /** Resolves when every block up to the chain's tip was taken in by wallet, channels and watchtower. */
  synced(): Promise<void>;
  /** Stops connections and timers; stored state stays. */
  stop(): Promise<void>;
}

/** The wallet cannot bring this node's part of a channel, or a peer cannot be reached. */
export class OpenRefused extends Error {
  override readonly name = 'OpenRefused';
  readonly retry = false;
}

/** Openings that one peer may have under way at once. */
const MAX_OPENINGS_PER_PEER = 8;

/** Starts a node: it takes up its stored channels, follows the chain and connects to its peers. */
export async function createNode(options: NodeOptions): Promise<Node> {
  const { mnemonic, chain } = options;
  const store = checkedStore(options.store ?? memoryStore());
  await store.channels(); // damage is noticed before anything else happens
  const stored = await store.value('wallet');
  const state = stored === undefined ? undefined : walletStateFromJson(stored);
  if (state !== undefined && !state.ok)
    throw new StoreError('corrupt', `the stored wallet: ${state.error.code}`);
  const wallet = createWallet({
    mnemonic,
    network: chain.network,
    chain,
    ...(state === undefined ? {} : { state: state.value }),
    onChange: (next) => store.setValue('wallet', walletStateToJson(next)),
  });
  if (!wallet.ok) throw new NodeRefused(wallet.error.code);
  const from = await beginning(options, store, wallet.value);
  await walletTo(wallet.value, state?.value.tip ?? null, from, chain);
  const node = new RunningNode(options, store, wallet.value, {
    chainHash: await chain.genesisHash(),
    from,
    birthday: await storedValue(store, 'birthday', from.height),
    nextChannel: await storedValue(store, 'nextChannel', 0),
  });
  await node.start();
  return node;
}

/** What the store and the chain say before the node starts. */
interface Beginning {
  readonly chainHash: string;
  readonly from: BlockRef;
  readonly birthday: number;
  readonly nextChannel: number;
}

/** A channel as the node holds it. */
interface RunningChannel extends TowerChannel {
  readonly driver: ChannelDriver;
  readonly handle: ChannelHandle;
  readonly listeners: Listeners;
  readonly signer: ChannelSigner;
  peers: PeerIds;
}

class RunningNode implements Node {
  readonly id: Uint8Array;
  readonly meter: Uint8Array;
  readonly wallet: Wallet;
  readonly #keys: Keychain;
  readonly #store: Store;
  readonly #chain: Chain;
  readonly #chainHash: string;
  readonly #clock: Clock;
  readonly #secp: Secp256k1;
  readonly #entropy: (length: number) => Uint8Array;
  readonly #policy: Policy;
  readonly #peers: Peers;
  readonly #meters: MeterDesk;
  readonly #towers: Towers;
  readonly #channels = new Map<string, RunningChannel>();
  /** Channel keys by temporary id and channel id, hexadecimal. */
  readonly #routes = new Map<string, string>();
  readonly #channelListeners = new Set<(channel: ChannelHandle) => void>();
  readonly #background: Background;
  readonly #reserve: AnchorReserve;
  readonly #anchors: Anchors;
  readonly #backups: BackupDesk;
  readonly #restored: boolean;
  #tip: BlockRef;
  #followed: Followed | undefined;
  #lastFeeRate = 1000n;
  /** Openings are created one after the other: each takes the next key index and its own coins. */
  #creating: Promise<unknown> = Promise.resolve();

  constructor(options: NodeOptions, store: Store, wallet: Wallet, { from, ...begun }: Beginning) {
    const { keys } = wallet;
    this.#keys = keys;
    this.#store = store;
    this.wallet = wallet;
    this.#chain = options.chain;
    this.#chainHash = begun.chainHash;
    this.#restored = options.restored === true;
    this.#clock = options.clock ?? systemClock;
    this.#secp = options.secp ?? tinySecp256k1;
    this.#entropy = options.entropy ?? ((length) => crypto.getRandomValues(new Uint8Array(length)));
    this.#policy = { ...DEFAULT_POLICY, ...options.policy };
    this.#background = new Background(this.#clock, options.onError);
    this.#reserve = new AnchorReserve(wallet, this.#policy.anchorReserveFeeRate);
    this.#anchors = new Anchors(options.chain, wallet, () => this.#claimFeeRate());
    this.#tip = from;
    this.id = keys.channelPublicKey('nodeIdentity', 0);
    this.meter = keys.channelPublicKey('meter', 0);
    this.#meters = new MeterDesk(store, this.#policy, (verdict) => this.#decided(verdict));
    this.#backups = new BackupDesk({
      wallet,
      ...begun,
      onBackup: options.onBackup,
      sources: () => [...this.#channels.values()].map(({ driver }) => driver),
    });
    this.#towers = new Towers({
      store,
      chain: this.#chain,
      secp: this.#secp,
      policy: this.#policy,
      channels: this.#channels,
      send: (nodeId, message) => this.#peers.send(nodeId, message),
      caughtUp: () => this.#caughtUp(),
      run: (work) => this.#background.run(work),
    });
    this.#peers = new Peers(options.transport(this.id), this.#clock, {
      connected: (nodeId) => this.#tellPeer(nodeId, 'connected'),
      disconnected: (nodeId) => this.#tellPeer(nodeId, 'disconnected'),
      message: (nodeId, message) => this.#onMessage(nodeId, message),
    });
  }

  async start(): Promise<void> {
    await this.#meters.load();
    await this.#towers.load();
    for (const stored of await this.#store.channels()) this.#adopt(stored);
    // before anything else: a copy may be old
    if (this.#restored)
      for (const { driver } of this.#channels.values())
        await driver.handle({ type: 'event', event: { type: 'storeRestored' } });
    if (this.#channels.size > 0) this.#background.run(() => this.#backups.handOver());
    for (const channel of this.#channels.values()) {
      // a stored state may think that it is connected
      for (const peer of ROLES)
        await channel.driver.handle({ type: 'event', event: { type: 'disconnected', peer } });
      await channel.driver.resume();
      this.#keepPeers(channel);
      await this.#tidyCoins(channel);
    }
    this.#followed = followChain(this.#chain, {
      from: this.#tip,
      onConnected: (block) => this.#connected(block),
      onDisconnected: (block) => this.#disconnected(block),
      onError: (error) => {
        if (!error.retry) this.#background.fail(error);
      },
    });
  }

  backup(): Uint8Array {
    return this.#backups.now();
  }

  channels(): readonly ChannelHandle[] {
    return [...this.#channels.values()].map(({ handle }) => handle);
  }

  onChannel(listener: (channel: ChannelHandle) => void): () => void {
    this.#channelListeners.add(listener);
    return () => {
      this.#channelListeners.delete(listener);
    };
  }

  nextChannel(): Promise<ChannelHandle> {
    return new Promise((resolve) => {
      const stop = this.onChannel((channel) => {
        stop();
        resolve(channel);
      });
    });
  }

  async readMeter(registers: Registers): Promise<Signed<MeterReading>> {
    const sequence = await storedValue<bigint>(this.#store, 'meterSequence', 0n);
    await this.#store.setValue('meterSequence', toJson(sequence + 1n));
    const reading = { meter: this.meter, sequence, time: this.#clock.now(), ...registers };
    return signReading(this.#secp, reading, this.#keys.channelSecret('meter', 0));
  }

  get watchtower(): Tower | undefined {
    return this.#towers.kept;
  }

  async synced(): Promise<void> {
    await this.#followed?.settled();
    await this.#idle();
    await this.#towers.synced();
  }

  /** Resolves when the channels have heard of every block, or never will. */
  async #caughtUp(): Promise<void> {
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
    await this.#background.idle();
    await Promise.all([...this.#channels.values()].map(({ driver }) => driver.idle()));
    await this.#meters.idle();
    await this.#towers.idle();
  }

  // --- openings

  async open(request: OpenRequest): Promise<ChannelHandle> {
    const contributions = mapRoles((role) => satToMsat(sat(request.contributions[role])));
    const params = { ...defaultParams(this.#chainHash, request.settlementHeight), ...request.params };
    const feeRateSatPerKvB = request.feeRate ?? (await this.#chain.feeRate(FUNDING_TARGET));
    const others = [request.producer, request.utility];
    for (const id of others) this.#peers.keep(id);
    await Promise.all(others.map((id) => this.#reached(toHex(id))));
    const channel = await this.#create('consumer');
    channel.peers = { producer: toHex(request.producer), utility: toHex(request.utility) };
    const terms = { params, contributions, opener: OPENER, feeRateSatPerKvB };
    const part = await this.#bring(terms, 'consumer', channel.driver.key);
    if (!part.ok) throw new OpenRefused(describe(part.error));
    const signer = traderSignerOf(channel.signer);
    const proposal: Proposal = {
      temporaryId: this.#entropy(32),
      params,
      contributions,
      feeRateSatPerKvB,
      consumer: {
        keys: signer.keys,
        firstPoint: signer.point(0n),
        secondPoint: signer.point(1n),
        part: part.value,
        payoutScript: await payoutScript(this.wallet),
        nodeId: this.id,
        meter: this.meter,
      },
      producerNodeId: request.producer,
      utilityNodeId: request.utility,
    };
    this.#routes.set(toHex(proposal.temporaryId), channel.driver.key);
    await channel.driver.handle({ type: 'event', event: { type: 'propose', proposal } });
    return channel.handle;
  }

  /** Our part of the funding, and the coins for our anchor, or neither. */
  async #bring(
    terms: PartTerms,
    role: Role,
    key: string,
  ): Promise<Result<FundingPart, SelectionError | ReserveShort>> {
    const part = await fundingPart(this.wallet, terms, role, key);
    if (!part.ok) return part;
    const kept = await this.#reserve.prepare(key, role, terms.params.maxInFlight, part.value);
    if (kept.ok) return part;
    await this.#freeCoins(key);
    return kept;
  }

  /** Resolves with a connection; a peer that cannot be reached ends the opening. */
  async #reached(nodeId: string): Promise<void> {
    const attempts = 50;
    for (let attempt = 0; attempt < attempts; attempt++) {
      if (this.#peers.isConnected(nodeId)) return;
      await new Promise<void>((resolve) => this.#clock.after(REACH_PAUSE_MS, resolve));
    }
    throw new OpenRefused(`peer ${nodeId} cannot be reached`);
  }

  /** A peer proposes a channel to us. */
  async #proposed(nodeId: string, message: MessageOf<'open_channel'>): Promise<void> {
    const role = this.#roleIn(message);
    const openings = [...this.#channels.values()].filter(
      (each) => each.peers.consumer === nodeId && isOpening(each.driver.channel),
    );
    if (
      role === undefined ||
      toHex(message.consumer.nodeId) !== nodeId ||
      openings.length >= MAX_OPENINGS_PER_PEER
    )
      return this.#refuseOpening(nodeId, message.temporaryId);
    const temporaryId = toHex(message.temporaryId);
    if (this.#routes.has(temporaryId)) return this.#refuseOpening(nodeId, message.temporaryId);
    this.#routes.set(temporaryId, '');
    const channel = await this.#create(role);
    channel.peers = { consumer: nodeId, ...this.#othersOf(role, message) };
    this.#routes.set(temporaryId, channel.driver.key);
    this.#take(channel, 'consumer', message);
  }

  #roleIn(message: MessageOf<'open_channel'>): 'producer' | 'utility' | undefined {
    if (equalBytes(message.producerNodeId, this.id)) return 'producer';
    return equalBytes(message.utilityNodeId, this.id) ? 'utility' : undefined;
  }

  #othersOf(role: 'producer' | 'utility', message: MessageOf<'open_channel'>): PeerIds {
    if (role === 'producer') return { utility: toHex(message.utilityNodeId) };
    return { producer: toHex(message.producerNodeId) };
  }

  #refuseOpening(nodeId: string, temporaryId: Uint8Array): void {
    const data = utf8('this opening is not taken');
    this.#peers.send(nodeId, encodeMessage({ type: 'error', channelId: temporaryId, data }));
  }

  async #create(role: Role): Promise<RunningChannel> {
    const created = this.#creating
      .catch(() => {})
      .then(async () => {
        const index = await storedValue<number>(this.#store, 'nextChannel', 0);
        await this.#store.setValue('nextChannel', toJson(index + 1));
        const key = channelKey(index);
        const fresh: Channel = { type: 'fresh', role };
        await this.#store.commit(key, { state: toJson(fresh) });
        const stored = await this.#store.channel(key);
        invariant(stored !== undefined, 'a channel that was just stored is there');
        return this.#adopt(stored);
      });
    this.#creating = created;
    return created;
  }

  /** Takes up a stored channel. */
  #adopt(stored: StoredChannel): RunningChannel {
    const listeners: Listeners = { notices: new Set(), states: new Set() };
    const driver = new ChannelDriver(this.#store, this.#effectsOf(stored.key, listeners), stored);
    const channel: RunningChannel = {
      driver,
      handle: channelHandle(
        driver,
        listeners,
        (registers) => this.readMeter(registers),
        () => exportEvidence(driver, this.#store, this.#chain),
      ),
      listeners,
      signer: signerFor(this.#secp, this.#keys, driver.channel.role, Number(stored.key)),
      peers: peersOf(driver.channel),
    };
    this.#channels.set(stored.key, channel);
    this.#register(channel);
    for (const listener of this.#channelListeners) listener(channel.handle);
    return channel;
  }

  // --- peers

  #keepPeers({ driver, peers }: RunningChannel): void {
    if (isOver(driver.channel)) return;
    for (const other of DIALS[driver.channel.role]) {
      const nodeId = peers[other];
      if (nodeId !== undefined) this.#peers.keep(fromHex(nodeId));
    }
  }

  #tellPeer(nodeId: string, type: 'connected' | 'disconnected'): void {
    for (const channel of this.#channels.values())
      for (const role of ROLES)
        if (channel.peers[role] === nodeId) {
          this.#background.run(() => channel.driver.handle({ type: 'event', event: { type, peer: role } }));
          this.#towers.peer(channel, role, type);
        }
  }

  #onMessage(nodeId: string, bytes: Uint8Array): void {
    const decoded = decodeMessage(bytes);
    if (!decoded.ok) {
      // BOLT 1: it is all right to be odd
      if (decoded.error.code === 'unknownMessage' && decoded.error.number % 2 === 1) return;
      this.#peers.disconnect(nodeId, decoded.error.code);
      return;
    }
    const message = decoded.value;
    if (message.type === 'ping') {
      // a pong longer than a message can be is not wanted at all
      if (message.pongLength > MAX_PONG) return;
      const ignored = new Uint8Array(message.pongLength);
      this.#peers.send(nodeId, encodeMessage({ type: 'pong', ignored }));
      return;
    }
    if (message.type === 'open_channel') {
      this.#background.run(() => this.#proposed(nodeId, message));
      return;
    }
    this.#routed(nodeId, message);
  }

  #routed(nodeId: string, message: Exclude<Message, { type: 'ping' | 'open_channel' }>): void {
    const id =
      'temporaryId' in message ? message.temporaryId : 'channelId' in message ? message.channelId : undefined;
    if (id === undefined) return; // init, pong
    const channel = this.#channels.get(this.#routes.get(toHex(id)) ?? '');
    const from = channel === undefined ? undefined : ROLES.find((role) => channel.peers[role] === nodeId);
    if (channel === undefined || from === undefined) {
      if (message.type === 'error' || message.type === 'warning') return;
      const data = utf8('unknown channel');
      this.#peers.send(nodeId, encodeMessage({ type: 'warning', channelId: id, data }));
      return;
    }
    if (message.type === 'tower_blob' || message.type === 'tower_status')
      this.#towers.take(channel, from, message);
    else this.#take(channel, from, message);
  }

  #take(channel: RunningChannel, from: Role, message: Message): void {
    const { driver, peers } = channel;
    this.#background.run(async () => {
      try {
        await driver.handle({ type: 'event', event: { type: 'messageReceived', from, message } });
      } catch (error) {
        // not stored, so not taken: after a new connection the peer says it again
        this.#peers.disconnect(peers[from] ?? '', 'message not stored');
        throw error;
      }
    });
  }

  // --- blocks

  async #connected(block: Block): Promise<void> {
    this.#tip = { height: block.height, hash: block.hash };
    await this.wallet.connectBlock(block);
    await this.#drive({ type: 'blockConnected', block });
    for (const channel of this.#channels.values()) await this.#tidyCoins(channel);
    await this.#meters.block(block.height);
    await this.#store.setValue('position', toJson(this.#tip));
  }

  async #disconnected(block: Block): Promise<void> {
    this.#tip = { height: block.height - 1, hash: block.previousHash };
    await this.wallet.disconnectBlock(block);
    await this.#drive({ type: 'blockDisconnected', block });
    await this.#store.setValue('position', toJson(this.#tip));
  }

  async #drive(input: DriverInput): Promise<void> {
    await Promise.all([...this.#channels.values()].map(({ driver }) => driver.handle(input)));
  }

  // --- what drivers ask for

  #effectsOf(key: string, listeners: Listeners): Effects {
    const channel = (): RunningChannel => {
      const found = this.#channels.get(key);
      invariant(found !== undefined, 'a driver belongs to a channel of this node');
      return found;
    };
    return {
      send: (to, message) => {
        const nodeId = channel().peers[to];
        if (nodeId !== undefined) this.#peers.send(nodeId, message);
      },
      broadcast: async (tx, purpose) => {
        if (purpose === 'commitment')
          return this.#anchors.submit(this.#ownCommitment(channel(), tx), (notice) =>
            tell(listeners, notice),
          );
        const result = await this.#chain.broadcast(tx).catch(unanswered);
        tell(listeners, { type: 'broadcast', purpose, tx, result });
      },
      perform: async (action) => this.#perform(channel(), action),
      stored: () => {
        this.#register(channel());
        this.#towers.stored(channel());
        for (const listener of [...listeners.states]) queueMicrotask(listener);
      },
      notify: (notice) => tell(listeners, notice),
      context: () => ({
        secp: this.#secp,
        signer: channel().signer,
        identity: this.#identity(),
        chainHash: this.#chainHash,
        now: this.#clock.now(),
        height: this.#tip.height,
        clockTolerance: this.#policy.clockTolerance,
        certifiedCapacityWhPerHour: this.#policy.certifiedCapacityWhPerHour,
        maxArbitrationFeeRate: this.#lastFeeRate * this.#policy.arbitrationFeeFactor,
      }),
      tip: () => this.#tip,
      claimFeeRate: () => this.#claimFeeRate(),
      resolvedDepth: this.#policy.resolvedDepth,
    };
  }

  #ownCommitment({ driver }: RunningChannel, tx: Tx): OwnCommitment {
    return { key: driver.key, tx, knowledge: driver.knowledge(), height: this.#tip.height };
  }

  /** What the coins set aside for a channel have become with a block. */
  async #tidyCoins({ driver, listeners }: RunningChannel): Promise<void> {
    const { key, channel } = driver;
    if (isOver(channel)) await this.#freeCoins(key);
    await this.#anchors.dropBeaten(channel);
    const held = await this.#reserve.refresh(key, channel);
    if (held.ok) return;
    const { code, neededSat, availableSat } = held.error;
    tell(listeners, { type: code, neededSat, availableSat });
  }

  async #freeCoins(key: string): Promise<void> {
    await releasePart(this.wallet, key);
    await this.#reserve.release(key);
  }

  /** What the node asks now, or else what it asked last: a claim that pays a little too little is made again. */
  async #claimFeeRate(): Promise<bigint> {
    try {
      this.#lastFeeRate = await this.#chain.feeRate(this.#policy.claimTarget);
    } catch (error) {
      if (!(error instanceof ChainError)) throw error;
    }
    return this.#lastFeeRate;
  }

  #identity() {
    return localIdentity(this.#secp, this.#keys.channelSecret('nodeIdentity', 0));
  }

  /** A channel's ids and peers become known as it opens. */
  #register(channel: RunningChannel): void {
    const { driver } = channel;
    const id = channel.handle.channelId;
    if (id !== undefined) this.#routes.set(id, driver.key);
    channel.peers = { ...channel.peers, ...peersOf(driver.channel) };
    if ('identity' in driver.channel) this.#keepPeers(channel);
  }

  #perform(channel: RunningChannel, action: OtherAction): void {
    const { driver } = channel;
    const answer = (event: ChannelEvent) => driver.handle({ type: 'event', event });
    switch (action.type) {
      case 'reviewOpening':
        this.#background.run(async () => answer(await this.#review(channel, action.proposal)));
        break;
      case 'checkInputs':
        this.#background.run(async () =>
          answer({ type: 'inputsChecked', problem: await checkInputs(this.#chain, action.inputs) }),
        );
        break;
      case 'signFunding':
        this.#background.run(() => this.#signFunding(driver));
        break;
      case 'releaseCoins':
        this.#background.run(() => this.#freeCoins(driver.key));
        break;
      case 'orderUnit':
        this.#background.run(() => this.#meters.order(action.meter, action.order));
        break;
      case 'cancelUnit':
        this.#background.run(() => this.#meters.cancel(action.meter, action.channelId, action.unit));
        break;
      case 'meterRead':
        this.#background.run(() =>
          this.#meters.read(action.meter, action.reading, this.#tip.height, (reason) =>
            tell(channel.listeners, { type: 'refused', error: { code: 'badReading', reason } }),
          ),
        );
        break;
      default:
        assertNever(action);
    }
  }

  /** The channel is in a backup before our signatures can leave; where it cannot be, there is no channel. */
  async #signFunding(driver: ChannelDriver): Promise<void> {
    const answer = async (make: (state: SigningFunding) => ChannelEvent) => {
      const { channel } = driver;
      if (channel.type === 'signingFunding') await driver.handle({ type: 'event', event: make(channel) });
    };
    try {
      await this.#backups.handOver();
    } catch (error) {
      await answer(() => ({ type: 'close', payoutScript: null, feeRate: 0n }));
      throw error;
    }
    if (driver.channel.type !== 'signingFunding') return;
    await this.#reserve.keepChange(driver.key, driver.channel.role, driver.channel.agreement);
    await answer(({ agreement, role }) => ({
      type: 'fundingSigned',
      witnesses: signFundingInputs(this.wallet, agreement, role),
    }));
  }

  async #review(channel: RunningChannel, proposal: Proposal): Promise<ChannelEvent> {
    const { role } = channel.driver.channel;
    invariant(role !== 'consumer', 'the consumer reviews no opening');
    const reason = this.#policy.reviewOpening(proposal, role);
    if (reason !== null) return { type: 'refuseOpening', reason };
    const part = await this.#bring({ ...proposal, opener: OPENER }, role, channel.driver.key);
    if (!part.ok) return { type: 'refuseOpening', reason: part.error.code };
    return {
      type: 'acceptOpening',
      part: part.value,
      payoutScript: await payoutScript(this.wallet),
      meter: this.meter,
    };
  }

  /** The meters decided a unit of one of our channels. */
  async #decided(verdict: Verdict): Promise<void> {
    const channel = this.#channels.get(this.#routes.get(toHex(verdict.channelId)) ?? '');
    await channel?.driver.handle({ type: 'event', event: { type: 'unitDecided', verdict } });
  }
}

/** The node did not answer: whatever had to go out is submitted again with the next block. */
function unanswered(error: unknown): BroadcastResult {
  if (error instanceof ChainError) return { accepted: false, reason: error.message };
  throw error;
}

/** Blocks in which a funding transaction shall confirm. */
const FUNDING_TARGET = 6;
const REACH_PAUSE_MS = 100;
/** Longest pong that BOLT 1 lets a peer ask for. */
const MAX_PONG = 65_531;

function describe(error: { readonly code: string }): string {
  return Object.entries(error)
    .map(([name, value]) => (name === 'code' ? String(value) : `${name}=${String(value)}`))
    .join(' ');
}
