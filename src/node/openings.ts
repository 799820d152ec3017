import { sat, satToMsat } from '../base/amount.ts';
import { equalBytes, toHex, utf8 } from '../base/bytes.ts';
import { invariant } from '../base/invariant.ts';
import { toJson } from '../base/json.ts';
import { type Role, TRADERS } from '../base/role.ts';
import type { Chain } from '../chain/port.ts';
import type { ChannelEvent, InputProblem } from '../channel/event.ts';
import type { Channel, CheckingInputs, Proposal, SigningFunding } from '../channel/state.ts';
import { describeError, traderSigner } from '../channel/step.ts';
import type { Store, StoredChannel } from '../store/port.ts';
import type { ProvenInput } from '../tx/funding.ts';
import { OPENER } from '../tx/settlement.ts';
import type { Wallet } from '../wallet/wallet.ts';
import { encodeMessage, type MessageOf } from '../wire/messages.ts';
import type { BackupDesk } from './backups.ts';
import { channelKey, storedValue } from './beginning.ts';
import type { ChannelCoins } from './channelCoins.ts';
import type { Channels, RunningChannel } from './channels.ts';
import type { Clock } from './clock.ts';
import type { ChannelDriver } from './driver.ts';
import { checkInputs, payoutScript, signFundingInputs } from './funding.ts';
import type { ChannelHandle } from './handle.ts';
import { defaultParams, type OpenRequest, type Policy } from './options.ts';
import { isOpening, mapRoles, type PeerIds } from './parties.ts';
import type { Peers } from './peers.ts';

/** The wallet cannot bring this node's part of a channel (`coinsShort`), or a peer cannot be reached. */
export class OpenRefused extends Error {
  override readonly name = 'OpenRefused';
  readonly code: 'coinsShort' | 'peerUnreachable' | 'refused';
  readonly retry = false;

  constructor(message: string, code: OpenRefused['code'] = 'refused') {
    super(message);
    this.code = code;
  }
}

/** Openings and unconfirmed fundings that one peer may have under way at once. */
const MAX_OPENINGS_PER_PEER = 8;
/** The same and what failed lately, of one peer and of all together. */
const MAX_LEFT_BEHIND_PER_PEER = 64;
const MAX_LEFT_BEHIND = 1000;
/** Blocks in which a funding transaction shall confirm. */
const FUNDING_TARGET = 6;
const REACH_ATTEMPTS = 50;
const REACH_PAUSE_MS = 100;

export interface OpeningsOptions {
  /** This node's id, and the key of its own meter. */
  readonly id: Uint8Array;
  readonly meter: Uint8Array;
  readonly chainHash: string;
  readonly wallet: Wallet;
  readonly store: Store;
  readonly chain: Chain;
  readonly clock: Clock;
  readonly entropy: (length: number) => Uint8Array;
  readonly reviewOpening: Policy['reviewOpening'];
  readonly reviewMeter: Policy['reviewMeter'];
  /** The only role in which this node takes part in new channels. */
  readonly role: Role | undefined;
  readonly peers: Pick<Peers, 'keep' | 'isConnected' | 'send'>;
  readonly channels: Pick<Channels, 'all' | 'claimId' | 'nameId'>;
  readonly coins: Pick<ChannelCoins, 'bring' | 'free' | 'keepChange'>;
  readonly backups: Pick<BackupDesk, 'handOver'>;
  /** Takes up a channel that was just stored. */
  readonly adopt: (stored: StoredChannel, channel: Channel) => RunningChannel;
}

/** The node's part of the openings (protocol section 8): what the machine asks of wallet, peers, store and backup. */
export class Openings {
  readonly #options: OpeningsOptions;
  /** Openings are created one after the other: each takes the next key index and its own coins. */
  #creating: Promise<unknown> = Promise.resolve();

  constructor(options: OpeningsOptions) {
    this.#options = options;
  }

  /** Proposes a channel as its consumer. Throws {@link OpenRefused}. */
  async open(request: OpenRequest): Promise<ChannelHandle> {
    const { id, meter, wallet, chain, peers, channels, coins } = this.#options;
    if (!this.#takes(OPENER))
      throw new OpenRefused(`this node is a ${this.#options.role}: consumers open channels`);
    const contributions = mapRoles((role) => satToMsat(sat(request.contributions[role])));
    const params = { ...defaultParams(this.#options.chainHash, request.settlementHeight), ...request.params };
    const feeRateSatPerKvB = request.feeRate ?? (await chain.feeRate(FUNDING_TARGET));
    const others = [request.producer, request.utility];
    for (const other of others) peers.keep(other);
    await Promise.all(others.map((other) => this.#reached(toHex(other))));
    const channel = await this.#create('consumer');
    channel.peers = { producer: toHex(request.producer), utility: toHex(request.utility) };
    const terms = { params, contributions, opener: OPENER, feeRateSatPerKvB };
    const part = await coins.bring(terms, 'consumer', channel.driver.key);
    if (!part.ok) {
      await channel.driver.handle({
        type: 'event',
        event: { type: 'close', payoutScript: null, feeRate: 0n },
      });
      throw new OpenRefused(describeError(part.error), 'coinsShort');
    }
    const signer = traderSigner(channel);
    const proposal: Proposal = {
      temporaryId: this.#options.entropy(32),
      params,
      contributions,
      feeRateSatPerKvB,
      consumer: {
        keys: signer.keys,
        firstPoint: signer.point(0n),
        secondPoint: signer.point(1n),
        part: part.value,
        payoutScript: await payoutScript(wallet),
        nodeId: id,
        meter,
      },
      producerNodeId: request.producer,
      utilityNodeId: request.utility,
    };
    channels.nameId(proposal.temporaryId, channel.driver.key);
    await channel.driver.handle({ type: 'event', event: { type: 'propose', proposal } });
    return channel.handle;
  }

  /** A peer proposes a channel to us: the new channel, which is yet to take the message; `undefined` where it is refused. */
  async proposed(nodeId: string, message: MessageOf<'open_channel'>): Promise<RunningChannel | undefined> {
    const { channels } = this.#options;
    const { temporaryId } = message;
    const role = this.#roleIn(message);
    if (
      role === undefined ||
      !this.#takes(role) ||
      toHex(message.consumer.nodeId) !== nodeId ||
      this.#underWay(nodeId) >= MAX_OPENINGS_PER_PEER ||
      this.#leftBehind(nodeId) >= MAX_LEFT_BEHIND_PER_PEER ||
      this.#leftBehind() >= MAX_LEFT_BEHIND ||
      !channels.claimId(temporaryId)
    ) {
      this.#refuse(nodeId, temporaryId);
      return undefined;
    }
    const channel = await this.#create(role);
    channel.peers = { consumer: nodeId, ...othersOf(role, message) };
    channels.nameId(temporaryId, channel.driver.key);
    return channel;
  }

  /** What this node answers to a proposal that its channel has checked. */
  async review({ driver }: RunningChannel, proposal: Proposal): Promise<ChannelEvent> {
    const { wallet, meter, coins, reviewOpening } = this.#options;
    const { role } = driver.channel;
    invariant(role !== 'consumer', 'the consumer reviews no opening');
    const reason = reviewOpening(proposal, role);
    if (reason !== null) return { type: 'refuseOpening', reason };
    const part = await coins.bring({ ...proposal, opener: OPENER }, role, driver.key);
    if (driver.channel.type !== 'reviewing') await coins.free(driver.key); // it ended meanwhile
    if (!part.ok) return { type: 'refuseOpening', reason: part.error.code };
    return { type: 'acceptOpening', part: part.value, payoutScript: await payoutScript(wallet), meter };
  }

  /** What is wrong with the others' coins or, at the utility, with a trader's meter. */
  async check({ driver }: RunningChannel, inputs: readonly ProvenInput[]): Promise<InputProblem | null> {
    const { channel } = driver;
    const ofMeter = channel.type === 'checkingInputs' ? this.#meterProblem(channel) : null;
    return ofMeter ?? checkInputs(this.#options.chain, inputs);
  }

  /** A meter belongs to the node that named it first: whoever names another's could have its energy attested to itself. */
  #meterProblem({ role, agreement }: CheckingInputs): InputProblem | null {
    if (role !== 'utility') return null;
    const { proposal, producer } = agreement;
    for (const trader of TRADERS) {
      const { meter, nodeId } = trader === 'consumer' ? proposal.consumer : producer;
      const reason = this.#isOthers(meter, nodeId)
        ? 'another node named it'
        : this.#options.reviewMeter(meter, nodeId);
      if (reason !== null) return { code: 'meterRefused', trader, reason };
    }
    return null;
  }

  #isOthers(meter: Uint8Array, nodeId: Uint8Array): boolean {
    return this.#options.channels.all().some(({ driver: { channel } }) => {
      if (!('identity' in channel)) return false;
      const { meters, nodeIds } = channel.identity;
      return TRADERS.some((each) => equalBytes(meters[each], meter) && !equalBytes(nodeIds[each], nodeId));
    });
  }

  /** The channel is in a backup before our signatures can leave; where it cannot be, there is no channel. */
  async signFunding(driver: ChannelDriver): Promise<void> {
    const { wallet, coins, backups } = this.#options;
    const answer = async (make: (state: SigningFunding) => ChannelEvent) => {
      const { channel } = driver;
      if (channel.type === 'signingFunding') await driver.handle({ type: 'event', event: make(channel) });
    };
    try {
      await backups.handOver();
    } catch (error) {
      await answer(() => ({ type: 'close', payoutScript: null, feeRate: 0n }));
      throw error;
    }
    if (driver.channel.type !== 'signingFunding') return;
    await coins.keepChange(driver.key, driver.channel);
    await answer(({ agreement, role }) => ({
      type: 'fundingSigned',
      witnesses: signFundingInputs(wallet, agreement, role),
    }));
  }

  /** Resolves with a connection; a peer that cannot be reached ends the opening. */
  async #reached(nodeId: string): Promise<void> {
    const { peers, clock } = this.#options;
    for (let attempt = 0; attempt < REACH_ATTEMPTS; attempt++) {
      if (peers.isConnected(nodeId)) return;
      await new Promise<void>((resolve) => clock.after(REACH_PAUSE_MS, resolve));
    }
    throw new OpenRefused(`peer ${nodeId} cannot be reached`, 'peerUnreachable');
  }

  #roleIn(message: MessageOf<'open_channel'>): 'producer' | 'utility' | undefined {
    if (equalBytes(message.producerNodeId, this.#options.id)) return 'producer';
    return equalBytes(message.utilityNodeId, this.#options.id) ? 'utility' : undefined;
  }

  #takes(role: Role): boolean {
    return this.#options.role === undefined || this.#options.role === role;
  }

  #underWay(consumer: string): number {
    const { channels } = this.#options;
    return channels
      .all()
      .filter(({ driver, peers }) => peers.consumer === consumer && isOnItsWay(driver.channel)).length;
  }

  /** What a consumer, or all of them, left here at no cost: also openings that failed, until they are forgotten. */
  #leftBehind(consumer?: string): number {
    return this.#options.channels
      .all()
      .filter(({ peers }) => consumer === undefined || peers.consumer === consumer)
      .filter(({ driver: { channel } }) => isOnItsWay(channel) || channel.type === 'aborted').length;
  }

  #refuse(nodeId: string, temporaryId: Uint8Array): void {
    const data = utf8('this opening is not taken');
    this.#options.peers.send(nodeId, encodeMessage({ type: 'error', channelId: temporaryId, data }));
  }

  #create(role: Role): Promise<RunningChannel> {
    const created = this.#creating.catch(() => {}).then(() => this.#store(role));
    this.#creating = created;
    return created;
  }

  async #store(role: Role): Promise<RunningChannel> {
    const { store, adopt } = this.#options;
    const index = await storedValue<number>(store, 'nextChannel', 0);
    await store.setValue('nextChannel', toJson(index + 1));
    const key = channelKey(index);
    const fresh: Channel = { type: 'fresh', role };
    await store.commit(key, { state: toJson(fresh) });
    const stored = await store.channel(key);
    invariant(stored !== undefined, 'a channel that was just stored is there');
    return adopt(stored, fresh);
  }
}

function isOnItsWay(channel: Channel): boolean {
  return isOpening(channel) || (channel.type === 'awaitingFunding' && channel.depth === 0);
}

function othersOf(role: 'producer' | 'utility', message: MessageOf<'open_channel'>): PeerIds {
  if (role === 'producer') return { utility: toHex(message.utilityNodeId) };
  return { producer: toHex(message.producerNodeId) };
}
