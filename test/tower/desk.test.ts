import { afterEach, describe, expect, it } from 'vitest';
import { msat } from '../../src/base/amount.ts';
import { toJson } from '../../src/base/json.ts';
import { ChainError } from '../../src/chain/port.ts';
import { simulatedChain } from '../../src/chain/simulated/index.ts';
import type { Channel } from '../../src/channel/state.ts';
import { DEFAULT_POLICY } from '../../src/node/options.ts';
import { TowerClient, type WatchedChannel } from '../../src/node/towerClient.ts';
import { TowerDesk } from '../../src/node/towerDesk.ts';
import { type TowerChannel, Towers } from '../../src/node/towers.ts';
import { type MemoryStore, memoryStore } from '../../src/store/memory.ts';
import { decodeMessage, type Message } from '../../src/wire/messages.ts';
import {
  channelIdOf,
  type Harness,
  openChannel,
  proposed,
  secp,
  trader,
  traderSignerOf,
} from '../support/channelHarness.ts';

describe('the desk of a utility', () => {
  let towers: Towers;
  let store: MemoryStore;
  let sent: Message[];
  let tasks: Promise<unknown>[];
  afterEach(() => towers.stop());

  /** A utility's node with one channel, in the state that `harness` is in. */
  function deskOf(harness: Harness): TowerChannel & { readonly driver: { channel: Channel } } {
    const driver = { key: '00000000', channel: harness.nodes.utility.state, knowledge: () => undefined };
    const channel = {
      driver,
      signer: harness.contextOf('utility').signer,
      listeners: { notices: new Set(), states: new Set() },
      peers: { consumer: 'consumer', producer: 'producer' },
    } as unknown as TowerChannel & { readonly driver: { channel: Channel } };
    [store, sent, tasks] = [memoryStore(), [], []];
    towers = new Towers({
      store,
      chain: simulatedChain(),
      secp,
      policy: DEFAULT_POLICY,
      channels: () => [channel],
      send: (_, bytes) => {
        const decoded = decodeMessage(bytes);
        if (decoded.ok) sent.push(decoded.value);
      },
      caughtUp: async () => {},
      run: (work) => tasks.push(work()),
      fail: () => {},
    });
    return channel;
  }

  it('a blob for a channel whose funding nobody has seen: not kept, it would cost its sender nothing', async () => {
    const harness = proposed();
    const channel = deskOf(harness);
    expect(channel.driver.channel.type).toBe('awaitingFunding');
    const blob = { hint: new Uint8Array(16), body: new Uint8Array(60_000) };
    const channelId = harness.nodes.utility.state as { identity: { channelId: Uint8Array } };
    const message = { type: 'tower_blob', channelId: channelId.identity.channelId, index: 0n } as const;
    towers.peer(channel, 'consumer', 'connected');
    towers.take(channel, 'consumer', { ...message, ...blob, more: true });
    await Promise.all(tasks);
    expect(sent).toEqual([]);
    expect(await store.value('tower/clients')).toBeUndefined();
  });

  it('a trader comes back after a restart: it hears once how many blobs there are', async () => {
    const channel = deskOf(openChannel());
    towers.stored(channel);
    towers.peer(channel, 'consumer', 'connected');
    towers.stored(channel);
    await Promise.all(tasks);
    expect(sent).toMatchObject([{ type: 'tower_status', next: 0n }]);
  });

  it('the channel opens: both traders hear that blobs are kept', async () => {
    const harness = openChannel();
    const channel = deskOf(harness);
    const { state } = proposed().nodes.utility;
    channel.driver.channel = state;
    towers.stored(channel);
    channel.driver.channel = harness.nodes.utility.state;
    towers.stored(channel);
    towers.stored(channel);
    await Promise.all(tasks);
    expect(sent.map(({ type }) => type)).toEqual(['tower_status', 'tower_status']);
  });

  it('the chain does not answer at first: the watchtower opens later', async () => {
    const harness = openChannel();
    deskOf(harness);
    const chain = simulatedChain();
    let failures = 1;
    const tip = async () => {
      if (failures-- > 0) throw new ChainError('unreachable', 'no answer');
      return chain.tip();
    };
    const connected = chain.connect();
    const desk = new TowerDesk({
      store: memoryStore(),
      chain: new Proxy(connected, {
        get: (target, name) => (name === 'tip' ? tip : Reflect.get(target, name).bind?.(target)),
      }),
      secp,
      open: true,
      depth: 100,
      leave: async () => () => false,
      fail: () => {},
    });
    const channelId = channelIdOf(harness);
    await expect(desk.greeting(channelId, 'consumer')).rejects.toBeInstanceOf(ChainError);
    expect(await desk.greeting(channelId, 'consumer')).toHaveLength(1);
    await desk.stop();
  });
});

describe('a trader and a watchtower that says the same again and again', () => {
  it('refused once, it sends no more on this connection, and makes no blob again', async () => {
    const harness = openChannel();
    for (let i = 0; i < 3; i++) {
      const update = { type: 'transfer', from: 'consumer', amountMsat: msat(1_000_000) } as const;
      harness.dispatch('consumer', { type: 'update', update });
      harness.run();
    }
    const store = memoryStore();
    const state = trader(harness, 'consumer');
    const records = harness.nodes.consumer.records.map(toJson);
    await store.commit('key', { state: toJson(state), records });
    const sent: Message[] = [];
    const refused: bigint[] = [];
    const watched: WatchedChannel = {
      key: 'key',
      channel: state,
      signer: { role: 'trader', signer: traderSignerOf('consumer') },
      send: (message) => sent.push(message),
      refused: (next) => refused.push(next),
    };
    const client = new TowerClient(store, secp);
    for (let i = 0; i < 5; i++) await client.status(watched, 0n);
    expect(sent.length).toBe(3);
    expect(refused).toEqual([0n]);
    client.lost('key');
    await client.status(watched, 0n);
    expect(sent.length).toBe(6);
  });
});
