import { beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { msat } from '../../src/base/amount.ts';
import { toHex } from '../../src/base/bytes.ts';
import { invariant } from '../../src/base/invariant.ts';
import { toJson } from '../../src/base/json.ts';
import { simulatedChain } from '../../src/chain/simulated/index.ts';
import { TowerClient, type WatchedChannel } from '../../src/node/towerClient.ts';
import { TowerDesk } from '../../src/node/towerDesk.ts';
import { type MemoryStore, memoryStore } from '../../src/store/memory.ts';
import { encodeMessage, type Message } from '../../src/wire/messages.ts';
import { channelIdOf, openChannel, secp, trader, traderSignerOf } from '../support/channelHarness.ts';

const STATES = 205;
const KEY = 'channel';

/** A consumer's channel with so many revoked states, and its records as its disk holds them. */
function longChannel() {
  const harness = openChannel();
  for (let i = 0; i < STATES; i++) {
    const update = { type: 'transfer', from: 'consumer', amountMsat: msat(1_000) } as const;
    harness.dispatch('consumer', { type: 'update', update });
    harness.run();
  }
  const channel = trader(harness, 'consumer');
  return { channelId: channelIdOf(harness), channel, records: harness.nodes.consumer.records.map(toJson) };
}

/** What a trader and its watchtower say to each other on one link, in order. */
type Said = Extract<Message, { type: 'tower_blob' | 'tower_status' }>;

describe('a trader and its watchtower', () => {
  let long: ReturnType<typeof longChannel>;
  let disk: MemoryStore;
  let towerDisk: MemoryStore;
  let client: TowerClient;
  let desk: TowerDesk;
  let refused: bigint[];
  let said: Said[];
  /** Lets a message go by; one that does not is lost. */
  let arrives: (message: Said) => boolean;

  beforeAll(() => {
    long = longChannel();
  });

  beforeEach(() => {
    [disk, towerDisk, refused, said, arrives] = [memoryStore(), memoryStore(), [], [], () => true];
    client = new TowerClient(disk, secp);
    desk = new TowerDesk({
      store: towerDisk,
      chain: simulatedChain(),
      secp,
      open: true,
      depth: 100,
      leave: async () => () => false,
      fail: () => {},
    });
    return () => desk.stop();
  });

  /** These of its states are revoked on the trader's disk from now on. */
  const write = (from: number, to: number) =>
    disk.commit(KEY, { state: toJson(long.channel), records: long.records.slice(from, to) });

  const blobsSent = () => said.filter((each) => each.type === 'tower_blob');
  const statuses = () => said.flatMap((each) => (each.type === 'tower_status' ? [each.next] : []));
  const indices = () => blobsSent().map(({ index }) => Number(index));
  const kept = async () => {
    const [status] = await desk.greeting(long.channelId, 'consumer');
    return status?.type === 'tower_status' ? Number(status.next) : undefined;
  };

  /** One link: the watchtower greets, and each hears the other until nobody says anything. */
  function link() {
    const toTower: Said[] = [];
    const watched: WatchedChannel = {
      key: KEY,
      channel: long.channel,
      signer: { role: 'trader', signer: traderSignerOf('consumer') },
      send: (message) => {
        if (message.type === 'tower_blob' && say(message)) toTower.push(message);
      },
      refused: (next) => refused.push(next),
    };
    const say = (message: Said): boolean => {
      invariant(said.push(message) < 2_000, 'the two say the same for ever');
      return arrives(message);
    };
    const answer = async (messages: readonly Message[]) => {
      for (const message of messages)
        if (message.type === 'tower_status' && say(message)) await client.status(watched, message.next);
    };
    const run = async () => {
      for (let next = toTower.shift(); next !== undefined; next = toTower.shift())
        if (next.type === 'tower_blob') await answer(await desk.take('consumer', next));
    };
    return {
      begin: async () => {
        await answer(await desk.greeting(long.channelId, 'consumer'));
        await run();
      },
      stored: async () => {
        await client.stored(watched);
        await run();
      },
    };
  }
  const connect = async () => {
    client.lost(KEY);
    const made = link();
    await made.begin();
    return made;
  };
  const upTo = (count: number) => Array.from({ length: count }, (_, i) => i);
  const bytesOf = (message: Said) => toHex(encodeMessage(message));

  it('the utility was offline for many states: chunks, a status after each, until all are there', async () => {
    await write(0, STATES);
    await connect();
    expect(indices()).toEqual(upTo(STATES));
    expect(blobsSent().flatMap(({ index, more }) => (more ? [Number(index)] : []))).toEqual([99, 199]);
    // no blob of the next chunk goes out before the status
    expect(statuses()).toEqual([0n, 100n, 200n]);
    expect(said.findIndex((each) => each.type === 'tower_status' && each.next === 100n)).toBe(101);
    expect(await kept()).toBe(STATES);
    expect(refused).toEqual([]);
  });

  it('states that are revoked on a live link: each goes out at once, and once', async () => {
    const live = await connect();
    for (let n = 0; n < 5; n++) {
      await write(n, n + 1);
      await live.stored();
      await live.stored();
      expect(indices()).toEqual(upTo(n + 1));
    }
    expect(await kept()).toBe(5);
  });

  it.each([
    ['a blob in the middle', (message: Said) => message.type !== 'tower_blob' || message.index !== 50n],
    ['the last blob of a chunk', (message: Said) => message.type !== 'tower_blob' || message.index !== 99n],
    ['the status after a chunk', (message: Said) => message.type !== 'tower_status' || message.next !== 100n],
    ['the first status', (message: Said) => message.type !== 'tower_status'],
  ])(
    '%s is lost, whenever it is said: the link falls silent, a new connection heals it',
    async (_, passes) => {
      arrives = passes;
      await write(0, STATES);
      await connect();
      expect(await kept()).toBeLessThan(STATES);
      arrives = () => true;
      await connect();
      expect(await kept()).toBe(STATES);
    },
  );

  it('the trader dies between the record and the blob: the next connection brings it, with the same bytes', async () => {
    await write(0, 3);
    await connect();
    await write(3, 6);
    const first = blobsSent().map(bytesOf);
    // what it sends on a link that dies with it
    arrives = ({ type }) => type === 'tower_status';
    await connect();
    const lost = blobsSent().slice(3).map(bytesOf);
    expect(lost).toHaveLength(3);
    disk = disk.snapshot();
    client = new TowerClient(disk, secp);
    [said, arrives] = [[], () => true];
    await connect();
    expect(blobsSent().map(bytesOf)).toEqual(lost);
    expect(await kept()).toBe(6);
    // and a watchtower that lost everything gets everything, as it was
    await towerDisk.setValue(
      `tower/client/${toHex(long.channelId)}/consumer`,
      toJson({ number: 0, next: 0n, bytes: 0n }),
    );
    said = [];
    await connect();
    expect(blobsSent().map(bytesOf)).toEqual([...first, ...lost]);
  });

  it('the watchtower is full: the trader hears it once on a connection, and no blob is sent for ever', async () => {
    await write(0, 3);
    const live = await connect();
    const full = { number: 0, next: 3n, bytes: 1n << 30n };
    await towerDisk.setValue(`tower/client/${toHex(long.channelId)}/consumer`, toJson(full));
    await write(3, 6);
    await live.stored();
    expect(refused).toEqual([3n]);
    const before = blobsSent().length;
    await write(6, 8);
    await live.stored();
    expect(blobsSent().length).toBe(before);
    expect(refused).toEqual([3n]);
    await connect();
    expect(refused).toEqual([3n, 3n]);
  });
});
