import { toHex } from '../base/bytes.ts';
import type { BlockRef } from '../chain/port.ts';
import { localIdentity } from '../channel/localSigner.ts';
import type { Channel } from '../channel/state.ts';
import type { Secp256k1 } from '../crypto/secp256k1.ts';
import type { Store, StoredChannel } from '../store/port.ts';
import type { Wallet } from '../wallet/wallet.ts';
import type { AddressBook } from './addressBook.ts';
import { Background } from './background.ts';
import { BackupDesk } from './backups.ts';
import { Blocks } from './blocks.ts';
import type { Changes } from './changes.ts';
import { ChannelCoins } from './channelCoins.ts';
import { Channels, type RunningChannel } from './channels.ts';
import { ClaimFees } from './claimFees.ts';
import { systemClock } from './clock.ts';
import { DeadChannels } from './deadChannels.ts';
import { ChannelDriver } from './driver.ts';
import { type EffectsOptions, effectsOf } from './effects.ts';
import { exportEvidence } from './evidence.ts';
import { channelHandle, type Listeners } from './handle.ts';
import { Inbox } from './inbox.ts';
import { Journal } from './journal.ts';
import { MeterDesk } from './meterDesk.ts';
import { Openings } from './openings.ts';
import { DEFAULT_POLICY, type NodeOptions } from './options.ts';
import { OwnMeter } from './ownMeter.ts';
import { peersOf } from './parties.ts';
import { Peers } from './peers.ts';
import { Rest } from './rest.ts';
import { identityEcdh, signerFor } from './signers.ts';
import { Towers } from './towers.ts';

/** What is known before the parts of a node are made. */
export interface Beginning {
  readonly store: Store;
  readonly wallet: Wallet;
  readonly secp: Secp256k1;
  /** Hash of block 0 of the chain that the store belongs to. */
  readonly chainHash: string;
  /** The block after which the node goes on. */
  readonly from: BlockRef;
  readonly birthday: number;
  /** The first key index that no channel has used. */
  readonly nextChannel: number;
  readonly addresses: AddressBook;
  readonly changes: Changes;
}

/** The parts of one node, each made with what it needs of the others. Nothing is read, sent or followed yet. */
export interface Parts {
  /** Node id, 33 bytes. */
  readonly id: Uint8Array;
  readonly meter: OwnMeter;
  readonly background: Background;
  readonly rest: Rest;
  readonly peers: Peers;
  readonly channels: Channels;
  readonly coins: ChannelCoins;
  readonly meters: MeterDesk;
  readonly backups: BackupDesk;
  readonly journal: Journal;
  readonly towers: Towers;
  readonly openings: Openings;
  readonly blocks: Blocks;
  /** Takes up a stored channel. */
  readonly adopt: (stored: StoredChannel, state: Channel) => RunningChannel;
}

export function makeParts(options: NodeOptions, begun: Beginning): Parts {
  const { chain, onBackup } = options;
  const { store, wallet, secp, chainHash, addresses, changes } = begun;
  const { keys } = wallet;
  const id = keys.channelPublicKey('nodeIdentity', 0);
  const policy = { ...DEFAULT_POLICY, ...options.policy };
  const clock = options.clock ?? systemClock;
  const entropy = options.entropy ?? ((length: number) => crypto.getRandomValues(new Uint8Array(length)));
  const background = new Background(clock, options.onError);
  const run = (work: () => Promise<unknown>) => background.run(work);
  const fail = (error: unknown) => background.fail(error);
  const rest = new Rest();
  const isAwaited = () => rest.isAwaited;
  const meter = new OwnMeter(keys, secp, store, clock);
  const peers = new Peers({
    transport: options.transport(id, {
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
    isAwaited,
    onVerdict: async (verdict) =>
      channels
        .withId(verdict.channelId)
        ?.driver.handle({ type: 'event', event: { type: 'unitDecided', verdict } }),
  });
  const backups = new BackupDesk({
    wallet,
    chainHash,
    birthday: begun.birthday,
    onBackup,
    nextChannel: () => Math.max(begun.nextChannel, channels.nextIndex),
    sources: () => channels.all().map(({ driver }) => driver),
  });
  const journal = new Journal(store, policy.keptEvents, fail);
  const towers = new Towers({
    store,
    chain,
    secp,
    policy,
    channels: () => channels.all(),
    send: (nodeId, message) => peers.send(nodeId, message),
    caughtUp: () => blocks.caughtUp(),
    run,
    fail,
  });
  const openings = new Openings({
    id,
    meter: meter.id,
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
    adopt: (stored, channel) => adopt(stored, channel),
  });
  const inbox = new Inbox({
    clock,
    channels,
    peers,
    openings,
    towers,
    run,
    fail,
  });
  const blocks = new Blocks({
    chain,
    genesis: chainHash,
    from: begun.from,
    store,
    wallet,
    channels,
    dead: new DeadChannels({ chain, channels, coins }),
    coins,
    meters,
    changes,
    run,
    fail,
  });
  const identity = localIdentity(secp, keys.channelSecret('nodeIdentity', 0));
  const effects: EffectsOptions = {
    constant: { secp, identity, chainHash },
    policy,
    chain,
    clock,
    tip: () => blocks.tip,
    chainTime: () => blocks.time,
    isAwaited,
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
  const adopt = (stored: StoredChannel, state: Channel): RunningChannel => {
    const listeners: Listeners = { notices: new Set(), states: new Set([() => changes.channel()]) };
    const driver = new ChannelDriver(store, effectsOf(effects, stored.key, listeners), stored, state);
    const handle = channelHandle(
      driver,
      listeners,
      (registers) => meter.read(registers),
      () => exportEvidence(driver, store, chain),
    );
    const signer = signerFor(secp, keys, driver.channel.role, Number(stored.key));
    const channel = { driver, handle, listeners, signer, peers: peersOf(driver.channel) };
    channels.add(channel);
    changes.channel();
    return channel;
  };
  peers.onChange(() => changes.other());
  return {
    id,
    meter,
    background,
    rest,
    peers,
    channels,
    coins,
    meters,
    backups,
    journal,
    towers,
    openings,
    blocks,
    adopt,
  };
}
