import type { Regtest } from '../regtest/index.ts';
import {
  type ChannelHandle,
  type ChannelNotice,
  createNode,
  encodeTx,
  memoryNetwork,
  memoryStore,
  type Node,
  type OpenRequest,
  type PerRole,
  type Role,
  type Tower,
  type Tx,
  toHex,
  txid,
} from '../src/index.ts';
import { perRole, ROLES } from './accounting.ts';
import { type StoryClock, storyClock } from './clock.ts';
import { StoryFailed } from './failed.ts';
import { blockTransactions } from './nodeView.ts';
import { secretsOf } from './seed.ts';
import { listen, type Purpose, type StoryTx } from './talk.ts';

/** A story waits for what takes no block: half a minute at most. */
const PAUSE_MS = 30;
const MOST_TRIES = 1_000;

export interface StageOptions {
  readonly regtest: Regtest;
  readonly seed: string;
  readonly scenario: string;
  /** Where the parties' clocks stand. */
  readonly startTime: number;
  readonly coinsSat: PerRole<bigint>;
  readonly capacityWhPerHour: bigint;
  readonly onNotice: (role: Role, notice: ChannelNotice) => void;
  /** Called with each transaction of the story when it is in a block. */
  readonly onTx: (tx: StoryTx) => void;
}

export type ChannelTerms = Omit<OpenRequest, 'producer' | 'utility'>;

/** Three parties on one Bitcoin node, each a node of its own; here is all that a story does with them. */
export interface Stage {
  readonly regtest: Regtest;
  readonly clock: StoryClock;
  readonly nodes: PerRole<Node>;
  /** Every transaction so far that is in a block, in order. */
  readonly transactions: readonly StoryTx[];
  /** Each party's end of the channel. Throws before {@link open}. */
  channel(role: Role): ChannelHandle;
  /** Proposes the channel as the consumer; resolves when the opening transaction was sent. */
  open(terms: ChannelTerms): Promise<void>;
  /** Mines so many blocks, one after the other, and lets all three take each in. */
  mine(blocks?: number): Promise<void>;
  /** Mines a block with these transactions and no other: that of a miner who has heard of nothing else. */
  mineExactly(transactions: readonly Tx[]): Promise<void>;
  /** The network drops the last `depth` blocks for a branch that is still to be mined. */
  dropBlocks(depth: number): Promise<void>;
  /** Sends out a transaction that the party's node would never send. */
  publish(role: Role, tx: Tx, purpose: Purpose): Promise<void>;
  /** What a party has sent out last for this purpose, in a block or not. */
  published(role: Role, purpose: Purpose): Tx;
  /** Resolves when nobody has anything left to do or to say. */
  quiet(): Promise<void>;
  /** Height of the newest block that all three have taken in. */
  readonly height: number;
  /** How often a party's end of the channel has told this. */
  said(role: Role, type: ChannelNotice['type']): number;
  /** What it told last of this type. Throws when it has told nothing of the kind. */
  heard<T extends ChannelNotice['type']>(role: Role, type: T): Extract<ChannelNotice, { type: T }>;
  /** Takes a party off the network, for good. Its node goes on watching the chain. */
  silence(role: Role): Promise<void>;
  /** Stops a party's node: it hears of no message and no block. */
  switchOff(role: Role): Promise<void>;
  /** Starts it anew with what its disk holds, and lets it catch up. */
  switchOn(role: Role): Promise<void>;
  /** The last static channel backup that a party's node handed over. */
  backup(role: Role): Uint8Array;
  /** Starts it on an empty disk, from its words and that backup. */
  restore(role: Role, backup: Uint8Array): Promise<void>;
  /** Resolves when `done`, which takes no block but time: for a new connection, say. */
  wait(done: () => boolean, what: string): Promise<void>;
  stop(): Promise<void>;
}

/** Sets the stage: three nodes with keys drawn from the seed, and coins for each. */
export async function setStage(options: StageOptions): Promise<Stage> {
  const { regtest } = options;
  const network = memoryNetwork();
  const clock = storyClock(options.startTime);
  const talk = listen();
  const transactions: StoryTx[] = [];
  const channels: { [R in Role]?: ChannelHandle } = {};
  const disks = { consumer: memoryStore(), producer: memoryStore(), utility: memoryStore() };
  const secrets = perRole((role) => secretsOf(options.seed, options.scenario, role));
  const running = new Set<Role>();
  const backups = new Map<Role, Uint8Array>();
  let height = await regtest.height();

  async function start(role: Role, backup?: Uint8Array): Promise<Node> {
    const node = await createNode({
      ...secrets[role],
      ...(backup === undefined ? {} : { backup }),
      onBackup: (newest) => {
        backups.set(role, newest);
      },
      clock,
      store: disks[role],
      chain: await regtest.chain(),
      transport: (id) => network.join(id),
      policy: {
        reviewOpening: () => null,
        certifiedCapacityWhPerHour: () => options.capacityWhPerHour,
      },
    });
    running.add(role);
    for (const handle of node.channels()) follow(role, handle);
    node.onChannel((handle) => follow(role, handle));
    return node;
  }

  function follow(role: Role, handle: ChannelHandle): void {
    channels[role] = handle;
    handle.onNotice((notice) => {
      talk.hear(role, notice);
      options.onNotice(role, notice);
    });
  }

  /** Looks at the newest block. */
  async function record(): Promise<void> {
    height = await regtest.height();
    for (const seen of await blockTransactions(regtest, height)) {
      const what = talk.announced(seen.txid);
      if (seen.feeSat === null || what === undefined) continue;
      const tx: StoryTx = { ...seen, ...what, feeSat: seen.feeSat, height };
      transactions.push(tx);
      options.onTx(tx);
    }
  }

  // one after the other: the same calls in the same order make the same chain
  const nodes = {
    consumer: await start('consumer'),
    producer: await start('producer'),
    utility: await start('utility'),
  };
  /** The utility's watchtower is there from the first channel on. */
  let tower: Tower | undefined;
  function listenToTower(): void {
    if (nodes.utility.watchtower === tower) return;
    tower = nodes.utility.watchtower;
    tower?.onNotice(talk.hearTower);
  }

  const everyone = () => Promise.all([...running].map((role) => nodes[role].synced()));

  async function quiet(): Promise<void> {
    for (let before = -1; before < network.stats.messages; ) {
      before = network.stats.messages;
      await everyone();
      await network.idle();
      await everyone();
    }
  }

  async function switchOff(role: Role): Promise<void> {
    running.delete(role);
    await nodes[role].stop();
  }

  for (const role of ROLES) {
    const coin = await regtest.fund(await nodes[role].wallet.newAddress(), options.coinsSat[role]);
    talk.announce(coin.txid, { by: role, purpose: 'faucet', namedFeeSat: null });
    await record();
  }
  await quiet();

  return {
    regtest,
    clock,
    nodes,
    transactions,
    quiet,
    get height() {
      return height;
    },
    said: talk.said,
    heard: talk.heard,
    published: talk.published,
    channel: (role) => {
      const handle = channels[role];
      if (handle === undefined) throw new StoryFailed(`the ${role} has no channel`);
      return handle;
    },
    open: async (terms) => {
      const ids = perRole((role) => nodes[role].id);
      await nodes.consumer.open({ ...terms, producer: ids.producer, utility: ids.utility });
      await quiet();
    },
    mine: async (blocks = 1) => {
      for (let mined = 0; mined < blocks; mined++) {
        listenToTower();
        await regtest.mine(1);
        await quiet();
        await record();
      }
    },
    mineExactly: async (exactly) => {
      await regtest.mineExactly(exactly);
      await quiet();
      await record();
    },
    dropBlocks: async (depth) => {
      await regtest.reorg(depth, { mine: 0 });
      height -= depth;
      const kept = transactions.filter((tx) => tx.height <= height);
      transactions.splice(0, transactions.length, ...kept);
      await quiet();
    },
    publish: async (role, tx, purpose) => {
      talk.announce(txid(tx), { by: role, purpose, namedFeeSat: null });
      await regtest.call('sendrawtransaction', toHex(encodeTx(tx)));
    },
    silence: async (role) => {
      network.offline(nodes[role].id);
      await quiet();
    },
    switchOff,
    switchOn: async (role) => {
      nodes[role] = await start(role);
      await quiet();
    },
    backup: (role) => {
      const backup = backups.get(role);
      if (backup === undefined) throw new StoryFailed(`the ${role} has no backup`);
      return backup;
    },
    restore: async (role, backup) => {
      disks[role] = memoryStore();
      nodes[role] = await start(role, backup);
      await quiet();
    },
    wait: async (done, what) => {
      for (let tried = 0; !done(); tried++) {
        if (tried === MOST_TRIES) throw new StoryFailed(`the story went wrong: ${what}, after a long wait`);
        await new Promise<void>((resolve) => clock.after(PAUSE_MS, resolve));
        await quiet();
      }
    },
    stop: async () => {
      for (const role of ROLES) await switchOff(role);
    },
  };
}
