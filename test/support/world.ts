import { type Regtest, startRegtest } from '../../regtest/index.ts';
import { toHex } from '../../src/base/bytes.ts';
import { withChecksum } from '../../src/base/descriptorChecksum.ts';
import type { PerRole, Role } from '../../src/base/role.ts';
import { ROLES } from '../../src/base/role.ts';
import type { Chain } from '../../src/chain/port.ts';
import { simulatedChain } from '../../src/chain/simulated/index.ts';
import { type ChannelHandle, type ChannelNotice, createNode, type Node } from '../../src/index.ts';
import type { Clock } from '../../src/node/clock.ts';
import type { NodeOptions, OpenRequest, Policy } from '../../src/node/options.ts';
import { DIALS } from '../../src/node/parties.ts';
import { type MemoryStore, memoryStore } from '../../src/store/memory.ts';
import type { Store } from '../../src/store/port.ts';
import { type MemoryNetwork, memoryNetwork } from '../../src/transport/memory.ts';
import type { Transport } from '../../src/transport/port.ts';
import { encodeTx, type Tx } from '../../src/tx/transaction.ts';
import { scriptOfAddress } from '../../src/wallet/address.ts';
import { mnemonicFromEntropy } from '../../src/wallet/mnemonic.ts';
import type { SocketNetwork } from './socketNetwork.ts';

/** A chain that a test can mine: simulated or a real regtest node, the same to the test. */
export interface TestChain {
  connect(): Promise<Chain>;
  fund(address: string, sat: bigint): Promise<void>;
  mine(blocks: number): Promise<void>;
  reorg(depth: number): Promise<void>;
  /** Mines one block that holds these transactions and no other. */
  mineExactly(transactions: readonly Tx[]): Promise<void>;
  /** Puts `depth + 1` blocks in place of the last `depth`: the first holds these transactions, the others nothing. */
  replace(depth: number, transactions: readonly Tx[]): Promise<void>;
  height(): Promise<number>;
  /** What the mempool asks for at least from now on, satoshi per 1,000 virtual bytes. */
  setMinimumFeeRate(satPerKvB: bigint): Promise<void>;
  stop(): Promise<void>;
}

export function simulatedTestChain(): TestChain {
  const chain = simulatedChain();
  chain.mine(101);
  return {
    connect: async () => chain.connect(),
    fund: async (address, sat) => {
      const script = scriptOfAddress(address, 'regtest');
      if (!script.ok) throw new Error(script.error.code);
      chain.fund(script.value, sat);
    },
    mine: async (blocks) => {
      chain.mine(blocks);
    },
    reorg: async (depth) => {
      chain.reorg(depth);
    },
    mineExactly: async (include) => {
      chain.mine(1, { include });
    },
    replace: async (depth, include) => {
      chain.reorg(depth, { include });
    },
    height: async () => chain.height,
    setMinimumFeeRate: async (rate) => chain.setMinimumFeeRate(rate),
    stop: async () => {},
  };
}

export async function regtestChain(
  options: Parameters<typeof startRegtest>[0] = {},
): Promise<TestChain & { regtest: Regtest }> {
  const regtest = await startRegtest(options);
  let blocks = 0;
  const mineExactly = async (transactions: readonly Tx[]) => {
    // a coinbase of its own, so that no block is one that was invalidated
    const script = toHex(Uint8Array.of(2, ++blocks & 0xff, blocks >> 8, 0x75, 0x51));
    const raw = transactions.map((tx) => toHex(encodeTx(tx)));
    await regtest.rpc.call('generateblock', [withChecksum(`raw(${script})`), raw]);
  };
  return {
    regtest,
    connect: () => regtest.chain(),
    fund: async (address, sat) => {
      await regtest.fund(address, sat);
    },
    mine: async (blocks) => {
      await regtest.mine(blocks);
    },
    reorg: async (depth) => {
      await regtest.reorg(depth);
    },
    mineExactly,
    replace: async (depth, transactions) => {
      await regtest.reorg(depth, { mine: 0 });
      await mineExactly(transactions);
      for (let mined = 0; mined < depth; mined++) await mineExactly([]);
    },
    height: () => regtest.height(),
    setMinimumFeeRate: (rate) =>
      regtest.restart(undefined, { extraArgs: [`-minrelaytxfee=${Number(rate) / 1e8}`] }),
    stop: () => regtest.stop(),
  };
}

/** What a scenario is told on, one after the other: by name, and how to start it. */
export const BOTH_CHAINS: readonly (readonly [name: string, start: () => Promise<TestChain>])[] = [
  ['the simulated chain', async () => simulatedTestChain()],
  ['a real node', () => regtestChain()],
];

export const START_TIME = 1_325_721_600;

/** Time that passes when the test says so; timers are real and short. */
export function testClock(): Clock & { pass(seconds: number): void } {
  let now = START_TIME;
  return {
    now: () => now,
    pass: (seconds) => {
      now += seconds;
    },
    after: (ms, then) => {
      const timer = setTimeout(then, Math.min(ms, 5));
      return () => clearTimeout(timer);
    },
  };
}

/** Three nodes on one chain and one network, with coins; the way every scenario begins. */
export interface World {
  readonly chain: TestChain;
  readonly network: MemoryNetwork;
  readonly clock: ReturnType<typeof testClock>;
  readonly nodes: { readonly [R in Role]: Node };
  readonly stores: { readonly [R in Role]: MemoryStore };
  /** The newest channel of each node. */
  channel(role: Role): ChannelHandle;
  /** Everything that a node's channel said, in order. */
  readonly notices: { readonly [R in Role]: ChannelNotice[] };
  /** Mines, and waits until all three have taken it in. */
  mine(blocks?: number): Promise<void>;
  synced(): Promise<void>;
  open(request?: Partial<OpenRequest>): Promise<ChannelHandle>;
  /** Opens, publishes a price, offers, and meters each unit as soon as it is ordered unless `meter` says no. */
  trade(options?: TradeOptions): Promise<void>;
  /** What each wallet has in confirmed coins, satoshi. */
  coins(): { [R in Role]: bigint };
  /** Kills a node and starts it anew from what its store held at that moment. */
  restart(role: Role, store?: MemoryStore, options?: Partial<NodeOptions>): Promise<void>;
  stop(): Promise<void>;
}

export interface TradeOptions {
  readonly units?: number;
  readonly msatPerWh?: bigint;
  /** Whether the unit's energy flows. Default: always. */
  readonly meter?: (unit: bigint) => boolean;
}

export const FIRST_COINS = 1_000_000n;
export const UNIT_WH = 10;

export async function startWorld(
  chain: TestChain = simulatedTestChain(),
  options: {
    readonly policy?: Partial<Policy>;
    readonly seed?: number;
    /** Worlds that share a chain have wallets of their own, 0 to 84. */
    readonly wallets?: number;
    /** What stands between a node and the network, at each of its starts. */
    readonly wire?: (role: Role, transport: Transport) => Transport;
    /** Real sockets in place of the simulated network: each start's transport of a party. */
    readonly sockets?: SocketNetwork;
    /**
     * A node's store at its start, and what a kill at that moment leaves each time it is restarted. Default: in memory,
     * as `stores` has it.
     */
    readonly store?: (role: Role) => Promise<Store>;
    /** Over sockets: whose address each party knows. Default: of those that it calls by its role. */
    readonly knows?: PerRole<readonly Role[]>;
    /** More for each node's first start. */
    readonly node?: (role: Role) => Partial<NodeOptions>;
    /** Hears what fails outside of any call; default: the test fails. */
    readonly onError?: (error: unknown) => void;
  } = {},
): Promise<World> {
  const network = memoryNetwork({ seed: options.seed ?? 1, keepAliveMs: 20 });
  const wire = options.wire ?? ((_role: Role, transport: Transport) => transport);
  const clock = testClock();
  const notices = { consumer: [], producer: [], utility: [] } as { [R in Role]: ChannelNotice[] };
  const stores = { consumer: memoryStore(), producer: memoryStore(), utility: memoryStore() };
  const channels: { [R in Role]?: ChannelHandle } = {};
  let exportWh = 0n;
  let meters: (unit: bigint) => boolean = () => false;

  const start = async (role: Role, store: Store, more: Partial<NodeOptions> = {}): Promise<Node> => {
    const node = await createNode({
      mnemonic: mnemonicFromEntropy(
        new Uint8Array(16).fill(3 * (options.wallets ?? 0) + ROLES.indexOf(role) + 1),
      ),
      chain: await chain.connect(),
      transport: (await options.sockets?.transport(role)) ?? ((id) => wire(role, network.join(id))),
      store,
      clock,
      entropy: (length) => new Uint8Array(length).fill(7),
      policy: { reviewOpening: () => null, ...options.policy },
      ...(options.onError === undefined ? {} : { onError: options.onError }),
      ...options.node?.(role),
      ...more,
    });
    const follow = (handle: ChannelHandle) => {
      channels[role] = handle;
      handle.onNotice((notice) => {
        notices[role].push(notice);
        if (role === 'producer' && notice.type === 'unitOrdered' && meters(notice.delivery.unit))
          void deliver(notice.delivery.energyWh);
      });
    };
    node.onChannel(follow);
    for (const handle of node.channels()) follow(handle);
    return node;
  };
  const storeOf = async (role: Role): Promise<Store> => (await options.store?.(role)) ?? stores[role];
  const nodes = {
    consumer: await start('consumer', await storeOf('consumer')),
    producer: await start('producer', await storeOf('producer')),
    utility: await start('utility', await storeOf('utility')),
  };
  const deliver = async (energyWh: bigint): Promise<void> => {
    exportWh += energyWh;
    clock.pass(60);
    const reading = await nodes.producer.readMeter({ importWh: 0n, exportWh });
    await channels.producer?.sendReading(reading);
  };
  const world: World = {
    chain,
    network,
    clock,
    nodes,
    stores,
    notices,
    channel: (role) => {
      const found = channels[role];
      if (found === undefined) throw new Error(`${role} has no channel`);
      return found;
    },
    mine: async (blocks = 1) => {
      await chain.mine(blocks);
      await world.synced();
    },
    synced: async () => {
      let sent: number | undefined;
      do {
        sent = options.sockets?.sent;
        await (options.sockets ?? network).idle();
        await Promise.all(ROLES.map((role) => nodes[role].synced()));
      } while (options.sockets?.sent !== sent);
    },
    open: async (request = {}) => {
      const handle = await nodes.consumer.open({
        producer: nodes.producer.id,
        utility: nodes.utility.id,
        contributions: { consumer: 500_000n, producer: 100_000n, utility: 20_000n },
        settlementHeight: (await chain.height()) + 400,
        ...request,
      });
      await handle.until('awaitingFunding');
      await world.synced();
      await world.mine();
      await Promise.all([
        world.channel('consumer').until('open'),
        world.channel('producer').until('open'),
        world.channel('utility').until('attesting'),
      ]);
      return handle;
    },
    trade: async ({ units = 3, msatPerWh = 100_000n, meter = () => true } = {}) => {
      meters = meter;
      const first = await nodes.producer.readMeter({ importWh: 0n, exportWh });
      await world.channel('producer').sendReading(first);
      const now = clock.now();
      const until = now + 1_000_000;
      const priced = world.channel('consumer').notice('tariff');
      const offered = world.channel('consumer').notice('offer');
      await world.channel('utility').publishTariff({
        slot: 1,
        from: now - 100,
        until,
        msatPerWh,
        unitEnergyWh: UNIT_WH,
        units: 100,
      });
      await world.channel('producer').offer({ units: 100, unitEnergyWh: UNIT_WH, until });
      await Promise.all([priced, offered]);
      await world.channel('consumer').buy(units);
    },
    coins: () => ({
      consumer: nodes.consumer.wallet.balance().confirmed,
      producer: nodes.producer.wallet.balance().confirmed,
      utility: nodes.utility.wallet.balance().confirmed,
    }),
    restart: async (role, store, more = {}) => {
      if (store !== undefined || options.store === undefined) stores[role] = store ?? stores[role].snapshot();
      const left = store ?? (await storeOf(role));
      await nodes[role].stop();
      nodes[role] = await start(role, left, more);
    },
    stop: async () => {
      await Promise.all(ROLES.map((role) => nodes[role].stop()));
      await chain.stop();
    },
  };
  if (options.sockets !== undefined)
    for (const role of ROLES)
      for (const other of (options.knows ?? DIALS)[role])
        await nodes[role].connect(nodes[other].id, options.sockets.address(other));
  for (const role of ROLES) {
    await chain.fund(await nodes[role].wallet.newAddress(), FIRST_COINS);
  }
  await world.synced();
  return world;
}
