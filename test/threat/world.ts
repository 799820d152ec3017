import { toHex, utf8 } from '../../src/base/bytes.ts';
import { ROLES, type Role } from '../../src/base/role.ts';
import { sha256 } from '../../src/crypto/hash.ts';
import { type ChannelHandle, type ChannelNotice, createNode, type Node } from '../../src/index.ts';
import type { MemoryStore } from '../../src/store/memory.ts';
import { type MemoryNetwork, memoryNetwork } from '../../src/transport/memory.ts';
import { scriptOfAddress } from '../../src/wallet/address.ts';
import { testClock } from '../support/world.ts';
import { CONTRIBUTIONS, FIRST_COINS, type Mode, paramsOf, T_AFTER, TARIFF, UNIT_WH } from './fixture.ts';
import type { Ground } from './ground.ts';
import { mnemonicOf, newStore, recorded } from './seats.ts';
import { type Heard, type Tap, tapped } from './tap.ts';
import { CoinTree } from './tree.ts';

/** Everything that one party has: what an attacker gets of each member of its coalition, and nobody of the others. */
export interface Possessions {
  readonly mnemonic: string;
  readonly nodeId: Uint8Array;
  /** The store as it was after each write, oldest first. */
  readonly past: readonly MemoryStore[];
  /** Every message that arrived, oldest first. */
  readonly heard: readonly Heard[];
  readonly handle: ChannelHandle | undefined;
}

/** How a node of the coalition differs from an honest one. */
export type Behaviour = Pick<Tap, 'says' | 'listens'>;

interface Party {
  readonly mnemonic: string;
  readonly store: MemoryStore;
  readonly past: MemoryStore[];
  readonly heard: Heard[];
  readonly notices: ChannelNotice[];
  readonly node: Node;
  channel: ChannelHandle | undefined;
  running: boolean;
}

/** Three real nodes with one channel, on the ground that all share. */
export class ThreatWorld {
  readonly ground: Ground;
  readonly mode: Mode;
  readonly network: MemoryNetwork;
  readonly clock = testClock();
  readonly errors: unknown[] = [];
  readonly #seat: number;
  readonly #parties = new Map<Role, Party>();
  /** Pairs of roles between which the network is down. */
  readonly #cut = new Set<string>();
  readonly #behaviours = new Map<Role, Behaviour>();
  readonly #links = new Map<string, Set<() => void>>();
  #tree: CoinTree | undefined;
  readonly #delivered = new Set<bigint>();
  /** Parties that are off, and the height at which they come back. */
  readonly #returns = new Map<Role, number>();
  #exportWh = 0n;
  #meters: (unit: bigint) => boolean = () => false;
  #startHeight = 0;

  private constructor(ground: Ground, mode: Mode) {
    this.ground = ground;
    this.mode = mode;
    this.#seat = ground.sit();
    this.network = memoryNetwork({ keepAliveMs: 20 });
  }

  /** Three nodes with coins. */
  static async start(ground: Ground, mode: Mode): Promise<ThreatWorld> {
    const world = new ThreatWorld(ground, mode);
    for (const role of ROLES) await world.#join(role);
    const scripts = await Promise.all(ROLES.map((role) => world.#coinScript(role)));
    ground.pay(scripts, FIRST_COINS);
    await world.block();
    world.#startHeight = ground.height();
    return world;
  }

  node(role: Role): Node {
    return this.#party(role).node;
  }

  channel(role: Role): ChannelHandle {
    const { channel } = this.#party(role);
    if (channel === undefined) throw new Error(`${role} has no channel`);
    return channel;
  }

  notices(role: Role): readonly ChannelNotice[] {
    return this.#party(role).notices;
  }

  /** The height T of this world's channel. */
  get settlementHeight(): number {
    return this.#startHeight + T_AFTER;
  }

  /** The block that came before anything of this channel. */
  get startHeight(): number {
    return this.#startHeight;
  }

  isRunning(role: Role): boolean {
    return this.#parties.get(role)?.running === true;
  }

  /** Where the coins of the funding output went; `undefined` before the opening is signed. */
  get tree(): CoinTree | undefined {
    return this.#tree;
  }

  /** One block, taken in by every node that runs, and all that follows from it. */
  async block(): Promise<void> {
    await this.quiet();
    await this.ground.block();
    await this.quiet();
    await this.#follow();
    for (const [role, height] of this.#returns)
      if (this.ground.height() >= height && this.#returns.delete(role)) await this.turnOn(role);
  }

  async #follow(): Promise<void> {
    const { chain } = this.ground;
    const funding = ROLES.map((role) => this.#parties.get(role)?.channel?.contract?.funding).find(Boolean);
    if (funding !== undefined) this.#tree ??= new CoinTree(funding);
    const hash = await chain.blockHash(this.ground.height());
    const block = hash === undefined ? undefined : await chain.block(hash);
    if (block !== undefined) this.#tree?.connect(block);
  }

  async blocks(count: number): Promise<void> {
    for (let i = 0; i < count; i++) await this.block();
  }

  async blocksUntil(height: number): Promise<void> {
    while (this.ground.height() < height) await this.block();
  }

  /** Resolves when nothing more happens by itself before the next block. */
  async quiet(): Promise<void> {
    for (;;) {
      const before = this.#activity();
      await this.network.idle();
      for (const { node, running } of this.#parties.values()) if (running) await node.synced();
      if (before === this.#activity()) return;
    }
  }

  #activity(): number {
    const writes = [...this.#parties.values()].reduce((sum, { store }) => sum + store.writes, 0);
    return writes + this.network.stats.messages;
  }

  // --- the life of the channel

  /** Proposes the channel; resolves when its funding transaction was sent. */
  async openUnconfirmed(): Promise<void> {
    const consumer = this.node('consumer');
    const handle = await consumer.open({
      producer: this.node('producer').id,
      utility: this.node('utility').id,
      contributions: CONTRIBUTIONS,
      settlementHeight: this.settlementHeight,
      feeRate: 1000n,
      params: paramsOf(this.mode, this.settlementHeight),
    });
    await handle.until('awaitingFunding');
    await this.quiet();
  }

  async open(): Promise<void> {
    await this.openUnconfirmed();
    await this.block();
    await Promise.all([
      this.channel('consumer').until('open'),
      this.channel('producer').until('open'),
      this.channel('utility').until('attesting'),
    ]);
    await this.quiet();
  }

  /** The utility's price and the producer's offer. */
  async makeMarket(): Promise<void> {
    await this.readMeter();
    const now = this.clock.now();
    const until = now + 1_000_000;
    await this.quiet();
    await this.channel('utility').publishTariff({ ...TARIFF, slot: 1, from: now - 100, until });
    await this.channel('producer').offer({ units: 100, unitEnergyWh: UNIT_WH, until });
    await this.quiet();
  }

  /** Orders units; the energy of those that `meters` takes flows as soon as they are ordered. */
  async buy(units: number, meters: (unit: bigint) => boolean = () => true): Promise<void> {
    this.#meters = meters;
    await this.channel('consumer').buy(units);
    await this.quiet();
  }

  /** From now on the energy of what is ordered flows, or does not. */
  meterFrom(meters: (unit: bigint) => boolean): void {
    this.#meters = meters;
  }

  /** The energy of a unit flows, and the producer has its meter read. */
  async deliver(unit: bigint): Promise<void> {
    if (this.#delivered.has(unit)) return;
    this.#delivered.add(unit);
    this.#exportWh += BigInt(UNIT_WH);
    await this.readMeter();
  }

  /** Whether the energy of a unit flowed. */
  wasDelivered(unit: bigint): boolean {
    return this.#delivered.has(unit);
  }

  async readMeter(): Promise<void> {
    this.clock.pass(60);
    const { node, channel } = this.#party('producer');
    const reading = await node.readMeter({ importWh: 0n, exportWh: this.#exportWh });
    await channel?.sendReading(reading);
  }

  // --- network

  /** The network between two parties goes down. */
  cut(a: Role, b: Role): void {
    this.#cut.add(pair(a, b));
    this.network.disconnect(this.node(a).id, this.node(b).id);
  }

  /** The network is up again; resolves when the two have found each other. */
  async heal(a: Role, b: Role): Promise<void> {
    const linked = this.#linked(a, b);
    this.#cut.delete(pair(a, b));
    await linked;
    await this.quiet();
  }

  #linked(a: Role, b: Role): Promise<void> {
    return new Promise((resolve) => {
      const waiting = this.#links.get(pair(a, b)) ?? new Set();
      waiting.add(resolve);
      this.#links.set(pair(a, b), waiting);
    });
  }

  // --- parties

  /** What an honest party that lost power does: nothing. */
  async turnOff(role: Role): Promise<void> {
    const party = this.#party(role);
    if (!party.running) return;
    party.running = false;
    await party.node.stop();
  }

  /** A party is off until a height. */
  async away(role: Role, until: number): Promise<void> {
    await this.turnOff(role);
    this.#returns.set(role, until);
  }

  /** Starts a party from a store: its own as it is, or an older one. */
  async turnOn(
    role: Role,
    store = this.#party(role).store.snapshot(),
    behaviour: Behaviour = {},
  ): Promise<void> {
    await this.turnOff(role);
    await this.#join(role, store, behaviour);
    await this.quiet();
  }

  /** Makes a node keep to something else than the protocol, from now on. */
  misbehave(role: Role, behaviour: Behaviour): void {
    this.#behaviours.set(role, behaviour);
  }

  /** Resolves when the two have a connection, made after this call. */
  async reached(a: Role, b: Role): Promise<void> {
    await this.#linked(a, b);
    await this.quiet();
  }

  possessions(role: Role): Possessions {
    const { mnemonic, past, heard, node, channel } = this.#party(role);
    return { mnemonic, past, heard, nodeId: node.id, handle: channel };
  }

  async stop(): Promise<void> {
    for (const role of ROLES) await this.turnOff(role);
    this.ground.leave(this.#seat);
  }

  #party(role: Role): Party {
    const party = this.#parties.get(role);
    if (party === undefined) throw new Error(`no ${role}`);
    return party;
  }

  async #join(role: Role, from?: MemoryStore, behaviour: Behaviour = {}): Promise<void> {
    const before = this.#parties.get(role);
    const past = before?.past ?? [];
    const mnemonic = mnemonicOf(this.#seat, role);
    const store = from ?? (await newStore(mnemonic, await this.ground.chain.tip()));
    const heard = before?.heard ?? [];
    const notices = before?.notices ?? [];
    let words = 0;
    this.#behaviours.set(role, behaviour);
    const node = await createNode({
      mnemonic,
      chain: this.ground.chain,
      transport: (id) => tapped(this.network.join(id), this.#tap(role, heard)),
      store: recorded(store, past),
      clock: this.clock,
      entropy: (length) =>
        sha256(utf8(`${this.#startHeight} ${this.#seat} ${role} ${words++}`)).subarray(0, length),
      policy: { reviewOpening: () => null },
      onError: (error) => this.errors.push(error),
    });
    const party: Party = {
      mnemonic,
      store,
      past,
      heard,
      notices,
      node,
      channel: undefined,
      running: true,
    };
    this.#parties.set(role, party);
    const follow = (handle: ChannelHandle) => {
      party.channel = handle;
      handle.onNotice((notice) => this.#hear(role, notice));
    };
    node.onChannel(follow);
    for (const handle of node.channels()) follow(handle);
  }

  #hear(role: Role, notice: ChannelNotice): void {
    this.#party(role).notices.push(notice);
    if (role === 'producer' && notice.type === 'unitOrdered' && this.#meters(notice.delivery.unit))
      void this.deliver(notice.delivery.unit);
  }

  #tap(role: Role, heard: Heard[]): Tap {
    const other = (peer: string) =>
      ROLES.find((each) => {
        const party = this.#parties.get(each);
        return party !== undefined && toHex(party.node.id) === peer;
      });
    return {
      heard: (message) => heard.push(message),
      reaches: (peer) => {
        const to = other(peer);
        return to === undefined || !this.#cut.has(pair(role, to));
      },
      linked: (peer) => {
        const to = other(peer);
        const waiting = to === undefined ? undefined : this.#links.get(pair(role, to));
        for (const resolve of waiting ?? []) resolve();
        waiting?.clear();
      },
      says: (peer, message) => {
        const says = this.#behaviours.get(role)?.says;
        return says === undefined ? message : says(peer, message);
      },
      listens: (peer, message) => this.#behaviours.get(role)?.listens?.(peer, message) !== false,
    };
  }

  async #coinScript(role: Role): Promise<Uint8Array> {
    const script = scriptOfAddress(await this.node(role).wallet.newAddress(), 'regtest');
    if (!script.ok) throw new Error(script.error.code);
    return script.value;
  }
}

function pair(a: Role, b: Role): string {
  return [a, b].sort().join('-');
}
