import { join } from 'node:path';
import { toHex } from '../../src/base/bytes.ts';
import { assertNever } from '../../src/base/invariant.ts';
import { ROLES, type Role } from '../../src/base/role.ts';
import type { Config } from '../../src/daemon/config/schema.ts';
import { SETTINGS } from '../../src/daemon/config/schema.ts';
import { type Daemon, startDaemon } from '../../src/daemon/daemon.ts';
import { createLog } from '../../src/daemon/log.ts';
import type { ChannelHandle } from '../../src/node/handle.ts';
import type { Node } from '../../src/node/node.ts';
import { DIALS, isOver, peersOf } from '../../src/node/parties.ts';
import { finalAmounts } from '../../src/penalty/monitor.ts';
import { answerCalls } from '../../tools/child.ts';
import { Boundaries } from './boundaries.ts';
import type { Answers, Calls, Order, Start, View } from './calls.ts';
import { Journal } from './journal.ts';
import {
  contractsOf,
  type Watch,
  type WatchedTransport,
  watchedChain,
  watchedStore,
  watchedTransport,
} from './ports.ts';

/** Blocks on top of everything before a channel is over: enough that the end is reached in few blocks. */
const RESOLVED_DEPTH = 3;
/** A peer that is gone is tried again this soon, milliseconds: whoever waits for it waits for an event, not for this. */
const LONGEST_PAUSE_MS = 25;

/** One party in this process. */
class Party {
  readonly #start: Start;
  readonly #journal: Journal;
  readonly #boundaries: Boundaries;
  #now: number;
  #daemon: Daemon | undefined;
  #transport: WatchedTransport | undefined;
  #recovered = false;

  constructor(start: Start) {
    this.#start = start;
    this.#now = start.now;
    this.#journal = new Journal(start.journal);
    this.#journal.write({ type: 'life', life: start.life });
    this.#boundaries = new Boundaries(this.#journal);
    if (start.armed) this.#boundaries.arm(start.kill);
  }

  async begin(): Promise<ReturnType<Calls['start']>> {
    const watch: Watch = {
      boundaries: this.#boundaries,
      journal: this.#journal,
      roleOf: (nodeId) => ROLES.find((role) => this.#start.ids[role] === toHex(nodeId)) ?? 'stranger',
      lie: this.#start.lie,
      contracts: () => contractsOf(this.#daemon?.node),
    };
    const log = createLog({ logLevel: 'error', logFormat: 'json' }, { write: (line) => this.#logged(line) });
    const daemon = await startDaemon(
      configOf(this.#start),
      { mnemonic: this.#start.mnemonic },
      {
        log,
        adapters: {
          store: async (open) => watchedStore(await open(), watch),
          chain: async (open) => watchedChain(await open(), watch),
          transport: (real) => (nodeId, identity) => {
            this.#transport = watchedTransport(real(nodeId, identity), watch);
            return this.#transport;
          },
          clock: { now: () => this.#now, after: soon },
        },
      },
    );
    this.#daemon = daemon;
    const follow = (handle: ChannelHandle) =>
      handle.onNotice((notice) => {
        this.#boundaries.happened();
        if (notice.type === 'halted')
          this.#journal.write({ type: 'fault', text: `halted: ${notice.reason}` });
      });
    daemon.node.onChannel(follow);
    for (const handle of daemon.node.channels()) follow(handle);
    return { address: daemon.address };
  }

  arm(kill: Parameters<Calls['arm']>[0]): undefined {
    this.#boundaries.arm(kill);
  }

  async order({ now, order }: Parameters<Calls['order']>[0]): Promise<undefined> {
    this.#now = now;
    const node = this.#running;
    const channel = node.channels().at(-1);
    if (order.type === 'open') await node.open(order.request);
    else if (order.type === 'connect') await node.connect(order.nodeId, order.address);
    else if (channel === undefined) throw new Error(`${order.type}: no channel`);
    else await give(channel, order);
  }

  newAddress(): Promise<string> {
    return this.#running.wallet.newAddress();
  }

  async settle(present: readonly Role[]): Promise<{ readonly activity: number }> {
    const transport = this.#transport;
    await Promise.all(this.#toDial(present).map((nodeId) => transport?.connected(nodeId)));
    await this.#running.synced();
    await transport?.flush();
    await this.#running.synced();
    if (!this.#recovered) this.#journal.write({ type: 'recovered' });
    this.#recovered = true;
    return { activity: this.#boundaries.activity };
  }

  async view(): Promise<View> {
    const { wallet } = this.#running;
    return {
      role: this.#start.role,
      height: wallet.state().tip?.height ?? 0,
      peers: this.#running
        .peers()
        .filter(({ connected }) => connected)
        .map(({ nodeId }) => toHex(nodeId)),
      balance: wallet.balance(),
      reserved: wallet.state().reserved,
      metered: (await this.#daemon?.store.value('meters')) !== undefined,
      channels: this.#running.channels().map(({ key, channelId, state, ledger, monitor, knowledge }) => ({
        key,
        channelId,
        state,
        ledger,
        untaken:
          monitor === null || knowledge === undefined
            ? null
            : (finalAmounts(monitor, knowledge)?.untaken ?? null),
      })),
    };
  }

  async records(): Promise<Readonly<Record<string, readonly string[]>>> {
    const found: Record<string, readonly string[]> = {};
    for (const { key } of this.#running.channels())
      found[key] = (await this.#daemon?.store.records(key)) ?? [];
    return found;
  }

  async stop(): Promise<undefined> {
    await this.#daemon?.stop();
    this.#journal.close();
  }

  /** A daemon reports as errors what others did to it, and what it could not do. */
  #logged(line: string): void {
    const { msg } = JSON.parse(line) as { readonly msg: string };
    if (msg !== 'breach') this.#journal.write({ type: 'fault', text: line.trim() });
  }

  /** Node ids of those present whom this party dials for one of its channels. */
  #toDial(present: readonly Role[]): readonly string[] {
    const { role } = this.#start;
    const others = DIALS[role].filter((other) => present.includes(other));
    return this.#running
      .channels()
      .filter(({ state }) => !isOver(state))
      .flatMap(({ state }) => others.flatMap((other) => peersOf(state)[other] ?? []));
  }

  get #running(): Node {
    if (this.#daemon === undefined) throw new Error('no daemon was started');
    return this.#daemon.node;
  }
}

/** An order that the channel refuses is given again by who looks at the channel, if it is still wanted. */
async function give(
  channel: ChannelHandle,
  order: Exclude<Order, { type: 'open' | 'connect' }>,
): Promise<void> {
  switch (order.type) {
    case 'publishTariff':
      await channel.publishTariff(order);
      break;
    case 'offer':
      await channel.offer(order);
      break;
    case 'buy':
      await channel.buy(order.units);
      break;
    case 'readMeter':
      await channel.readMeter({ importWh: 0n, exportWh: order.exportWh });
      break;
    case 'close':
      await channel.close();
      break;
    case 'forceClose':
      await channel.forceClose();
      break;
    case 'requestArbitration':
      await channel.requestArbitration(order.feeSat);
      break;
    default:
      assertNever(order);
  }
}

/** The settings of a daemon for this party, all others as they are. */
function configOf({ role, dir, chain, port, restored }: Start): Config {
  const settings = SETTINGS.parse({
    role,
    listen: `127.0.0.1:${port}`,
    rpcListen: '127.0.0.1:0',
    bitcoindCookieFile: chain.cookieFile,
    ...(chain.zmqAddress === undefined ? {} : { bitcoindZmq: chain.zmqAddress }),
    acceptContributionSat: 1_000_000,
    resolvedDepth: RESOLVED_DEPTH,
    restored,
  });
  return { ...settings, dataDir: dir, bitcoindUrl: chain.url, backupFile: join(dir, 'channels.backup') };
}

function soon(ms: number, then: () => void): () => void {
  const timer = setTimeout(then, Math.min(ms, LONGEST_PAUSE_MS));
  return () => clearTimeout(timer);
}

let party: Party | undefined;

function here(): Party {
  if (party === undefined) throw new Error('no party was started');
  return party;
}

answerCalls<Answers>({
  start: (start) => {
    party = new Party(start);
    return party.begin();
  },
  arm: (kill) => here().arm(kill),
  order: (order) => here().order(order),
  newAddress: () => here().newAddress(),
  settle: (present) => here().settle(present),
  view: () => here().view(),
  records: () => here().records(),
  stop: () => here().stop(),
});
