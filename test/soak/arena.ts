import { ROLES, type Role, type Trader } from '../../src/base/role.ts';
import type { BlockRef, Chain } from '../../src/chain/port.ts';
import { type ChannelHandle, createNode, type Node } from '../../src/index.ts';
import { type MemoryStore, memoryStore } from '../../src/store/memory.ts';
import { StoreError } from '../../src/store/port.ts';
import { memoryNetwork, type VirtualNetwork } from '../../src/transport/memory.ts';
import type { Delivery } from '../../src/tx/contract.ts';
import { mnemonicFromEntropy } from '../../src/wallet/mnemonic.ts';
import { chainOver } from '../support/chainOver.ts';
import { type ManualClock, manualClock } from './clock.ts';
import { type Dice, dice } from './dice.ts';
import { count, emptyHistory, type History, noted, noteMessage } from './history.ts';
import type { Setting } from './setting.ts';
import type { SoakChain } from './soakChain.ts';
import { DEEPEST_REORG } from './steps.ts';
import { type Tap, tap } from './tap.ts';

/** One party of a schedule: its node, its disk, and what stands between it and the world. */
export interface Party {
  readonly role: Role;
  readonly hostile: boolean;
  node: Node;
  store: MemoryStore;
  tap: Tap;
  /** Whether what its node gives to the chain is swallowed; hostile parties only. */
  withholds: boolean;
  /** Its disk is an old copy, and it knows. */
  restored: boolean;
  /** A copy of its disk that somebody made. */
  copy: MemoryStore | undefined;
  /** Its process is not running. */
  down: boolean;
  /** A store that failed: the process is dead and has to start anew. */
  dead: boolean;
  /** Its disk at earlier moments, oldest first. */
  readonly backups: MemoryStore[];
  /** The export register of its meter, Wh. */
  exportWh: bigint;
  /** Units that it sold for good and has not delivered yet. */
  readonly owed: Delivery[];
}

/** Three nodes on one chain, moved step by step. */
export interface Arena {
  readonly setting: Setting;
  readonly chain: SoakChain;
  /** For whoever looks on or attacks: never cut, never swallowed. */
  readonly eye: Chain;
  readonly network: VirtualNetwork;
  readonly clock: ManualClock;
  readonly history: History;
  readonly parties: { readonly [R in Role]: Party };
  /** The last block before the schedule. */
  readonly from: BlockRef;
  /** Lets everything that is under way come to rest. */
  settle(): Promise<void>;
  restart(role: Role, store: MemoryStore): Promise<void>;
  mine(blocks: number, how?: 'full' | 'empty'): Promise<void>;
  stop(): Promise<void>;
}

export const channelOf = (party: Party): ChannelHandle | undefined => party.node.channels().at(-1);

const FIRST_COINS = 500_000n;

export async function startArena(setting: Setting, chain: SoakChain): Promise<Arena> {
  const random = dice(setting.seed);
  const network = memoryNetwork({ seed: setting.seed, keepAliveMs: 20, clock: 'virtual' });
  const clock = manualClock();
  const history = emptyHistory();
  const eye = await chain.connect();
  const seeds = { consumer: random.bytes(16), producer: random.bytes(16), utility: random.bytes(16) };
  let height = await chain.height();
  let activity = 0;
  const busy = () => {
    activity++;
  };
  const parties = {} as { [R in Role]: Party };

  const boot = async (party: Party): Promise<void> => {
    const { role, hostile } = party;
    party.dead = false;
    party.down = false;
    const { outgoing } = party.tap ?? {};
    const node = await createNode({
      mnemonic: mnemonicFromEntropy(seeds[role]),
      chain: watched(await chain.connect(), party, history),
      transport: (id) => {
        party.tap = tap(network.join(id), (message) => {
          busy();
          noteMessage(history, role, message);
        });
        if (outgoing !== undefined) party.tap.outgoing = outgoing;
        return party.tap;
      },
      store: noted(
        party.store,
        role,
        history,
        () => height,
        () => {
          party.dead = true;
        },
      ),
      clock,
      ...(party.restored ? { restored: true as const } : {}),
      entropy: entropyOf(dice(setting.seed + ROLES.indexOf(role))),
      policy: {
        watchtower: setting.watchtower,
        reviewOpening: () => null,
        certifiedCapacityWhPerHour: () => 1_000_000n,
      },
      onError: (error) => {
        if (!hostile && !isStoreFailure(error)) history.halted.push(`${role}: ${describe(error)}`);
      },
    });
    party.node = node;
    const follow = (handle: ChannelHandle) =>
      handle.onNotice((notice) => {
        busy();
        count(history, `notice ${notice.type}`);
        if (notice.type === 'unitOrdered') party.owed.push(notice.delivery);
        if (notice.type === 'unitForfeited') history.parties[role].forfeited.add(notice.delivery.unit);
        if (notice.type === 'unitRefused') history.parties[role].forfeited.add(notice.unit);
        if (notice.type === 'halted') history.halted.push(`${role} halted: ${notice.reason}`);
      });
    node.onChannel(follow);
    for (const handle of node.channels()) follow(handle);
  };

  for (const role of ROLES) {
    const party = {
      role,
      hostile: setting.hostile.includes(role),
      store: memoryStore(),
      withholds: false,
      dead: false,
      down: false,
      restored: false,
      copy: undefined,
      backups: [],
      exportWh: 0n,
      owed: [],
    } as unknown as Party;
    parties[role] = party;
    await boot(party);
  }
  const settle = async (): Promise<void> => {
    for (let turns = 0; turns < 40; turns++) {
      const before = activity;
      await network.idle();
      const running = ROLES.filter((role) => !parties[role].down);
      await Promise.all(running.map((role) => parties[role].node.synced().catch(() => {})));
      await network.idle();
      for (const role of ROLES)
        if (parties[role].dead && !parties[role].down)
          await arena.restart(role, parties[role].store.snapshot());
      const fired = turns < 3 ? clock.fire() : 0;
      if (activity === before && fired === 0 && turns > 0) return;
    }
  };
  const arena: Arena = {
    setting,
    chain,
    eye,
    network,
    clock,
    history,
    parties,
    from: await eye.tip(),
    settle,
    restart: async (role, store) => {
      const party = parties[role];
      await party.node.stop().catch(() => {});
      party.store = store;
      await boot(party);
      count(history, 'restarts');
    },
    mine: async (blocks, how = 'full') => {
      for (let block = 0; block < blocks; block++) {
        await (how === 'full' ? chain.mine() : chain.mineEmpty());
        height = await chain.height();
        clock.pass(600);
        await settle();
      }
    },
    stop: async () => {
      await Promise.all(ROLES.map((role) => parties[role].node.stop().catch(() => {})));
      await eye.close();
      await chain.stop();
    },
  };
  for (const role of ROLES) await chain.fund(await parties[role].node.wallet.newAddress(), FIRST_COINS);
  // the faucet's coins are no part of a reorganisation: nobody could send their transactions again
  for (let block = 0; block < DEEPEST_REORG; block++) await chain.mine();
  await settle();
  return arena;
}

/** The disk failed, as the schedule wanted it: that is no bug. */
function isStoreFailure(error: unknown): boolean {
  if (error instanceof StoreError) return true;
  return error instanceof Error && error.cause !== undefined && isStoreFailure(error.cause);
}

function describe(error: unknown): string {
  if (!(error instanceof Error)) return String(error);
  const cause = error.cause === undefined ? '' : ` (${describe(error.cause)})`;
  return `${error.name}: ${error.message}${cause}`;
}

function entropyOf(random: Dice): (length: number) => Uint8Array {
  return (length) => random.bytes(length);
}

/** The chain as one party sees it: what it submits is noted, and swallowed while it withholds. */
function watched(chain: Chain, party: Party, history: History): Chain {
  const note = async (
    tx: Parameters<Chain['broadcast']>[0],
    submit: () => ReturnType<Chain['broadcast']>,
  ) => {
    if (party.withholds) return { accepted: true } as const;
    const heldN = newestHeld(history, party.role);
    const result = await submit();
    const reason = result.accepted ? '' : result.reason;
    history.submissions.push({ by: party.role, tx, accepted: result.accepted, reason, byNode: true, heldN });
    return result;
  };
  return chainOver(chain, {
    broadcast: (tx) => note(tx, () => chain.broadcast(tx)),
    broadcastPackage: async (parent, child) => {
      const result = await note(child, () => chain.broadcastPackage(parent, child));
      if (!party.withholds) await note(parent, async () => result);
      return result;
    },
  });
}

export function newestHeld(history: History, role: Role): bigint {
  return role === 'utility' ? -1n : newest(history, role);
}

function newest(history: History, trader: Trader): bigint {
  return [...history.parties[trader].held.keys()].reduce((top, n) => (n > top ? n : top), -1n);
}
