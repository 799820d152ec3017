import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { msat } from '../../src/base/amount.ts';
import type { ChannelEvent } from '../../src/channel/event.ts';
import { encodeSigned, signStatement } from '../../src/market/statement.ts';
import { TARIFF } from '../../src/market/tariff.ts';
import { eventText, Journal } from '../../src/node/journal.ts';
import type { DriverInput } from '../../src/node/work.ts';
import { memoryStore } from '../../src/store/memory.ts';
import type { Store } from '../../src/store/port.ts';
import { keychainOf, stateIn } from '../support/cheat.ts';
import { secp } from '../support/curve.ts';
import { driven } from '../support/driven.ts';
import { startWorld, UNIT_WH, type World } from '../support/world.ts';

const event = (each: ChannelEvent): DriverInput => ({ type: 'event', event: each });
const buy = (units: number) => event({ type: 'buy', units });
const pay = (amountMsat: bigint) =>
  event({ type: 'update', update: { type: 'transfer', from: 'consumer', amountMsat: msat(amountMsat) } });

describe('what waits for a channel is one write', () => {
  let world: World;
  beforeEach(async () => {
    world = await startWorld();
    await world.open();
  });
  afterEach(() => world.stop());

  /** The utility's price of a slot: a message that a trader keeps and answers nothing to. */
  const priced = (slot: number): DriverInput => {
    const { state } = world.channel('consumer');
    if (!('identity' in state)) throw new Error('no channel');
    const secret = keychainOf('utility').channelSecret('nodeIdentity', 0);
    const tariff = {
      channelId: state.identity.channelId,
      slot,
      from: world.clock.now() - 100,
      until: world.clock.now() + 1000,
      msatPerWh: 100_000n,
      unitEnergyWh: UNIT_WH,
      firstUnit: BigInt(slot),
      locks: [new Uint8Array(32).fill(slot)],
    };
    const message = {
      type: 'tariff',
      channelId: state.identity.channelId,
      signed: encodeSigned(TARIFF, signStatement(secp, TARIFF, tariff, secret)),
    } as const;
    return event({ type: 'messageReceived', from: 'utility', message });
  };
  const slotsIn = async (store: Parameters<typeof stateIn>[0]) => {
    const state = await stateIn(store);
    return state.type === 'open' ? state.market.tariffs.map(({ slot }) => slot) : [];
  };

  it('inputs of one turn: one write, with what each of them wants', async () => {
    const { driver, disk, sent } = await driven(world);
    const before = disk.writes;
    await Promise.all([driver.handle(priced(1)), driver.handle(buy(3)), driver.handle(pay(1_000n))]);
    expect(disk.writes).toBe(before + 1);
    expect(sent.map(({ type }) => type)).toEqual(['propose_update']);
    expect(await stateIn(disk.snapshot())).toMatchObject({ type: 'open', wantedUnits: 3 });
    expect(await slotsIn(disk.snapshot())).toEqual([1]);
  });

  it('inputs that come while a write is under way: one write after it', async () => {
    let late: Promise<unknown> | undefined;
    const slow = (store: Store): Store => ({
      ...store,
      commit: async (...write: Parameters<Store['commit']>) => {
        late ??= Promise.all([driver.handle(buy(2)), driver.handle(buy(5))]);
        await store.commit(...write);
      },
    });
    const { driver, disk } = await driven(world, undefined, { wrap: slow });
    const before = disk.writes;
    await driver.handle(buy(1));
    await late;
    expect(disk.writes).toBe(before + 2);
    expect(await stateIn(disk.snapshot())).toMatchObject({ wantedUnits: 5 });
  });

  it('what a peer says and nothing answers: on the disk with the next write, and in no state before', async () => {
    const { driver, disk } = await driven(world);
    const before = disk.writes;
    const heard = driver.handle(priced(1));
    await Promise.resolve();
    expect([disk.writes, driver.channel]).toEqual([before, await stateIn(disk.snapshot())]);
    await Promise.all([driver.handle(buy(1)), heard]);
    expect(disk.writes).toBe(before + 1);
    expect(await slotsIn(disk.snapshot())).toEqual([1]);
  });

  it('what a peer says and nothing follows: on the disk all the same', async () => {
    const { driver, disk } = await driven(world);
    await driver.handle(priced(1));
    expect(await slotsIn(disk.snapshot())).toEqual([1]);
    void driver.handle(priced(2));
    await driver.idle();
    expect(await slotsIn(disk.snapshot())).toEqual([1, 2]);
  });

  it('a bug that one input runs into: halts, and the others are stored', async () => {
    const { driver, disk, notices } = await driven(world, (signer) =>
      signer.role === 'utility'
        ? signer
        : {
            role: 'trader',
            signer: {
              ...signer.signer,
              signCommitment: () => {
                throw new TypeError('a bug');
              },
            },
          },
    );
    await Promise.all([driver.handle(buy(2)), driver.handle(priced(1)), driver.handle(pay(1_000n))]);
    expect(driver.halted).toBe('a bug');
    expect(notices).toContainEqual({ type: 'halted', reason: 'a bug' });
    const state = await stateIn(disk.snapshot());
    expect(state).toMatchObject({
      type: 'open',
      wantedUnits: 2,
      queue: [],
      rounds: { phase: { type: 'idle' } },
    });
    expect(await slotsIn(disk.snapshot())).toEqual([1]);
  });

  it('a write that fails: nobody hears of any of it, and what peers said behind it is not taken either', async () => {
    let late: Promise<unknown> | undefined;
    const failing = (store: Store): Store => ({
      ...store,
      commit: async (...write: Parameters<Store['commit']>) => {
        late ??= driver.handle(priced(2)).then(
          () => 'taken',
          ({ code }) => code,
        );
        await store.commit(...write);
      },
    });
    const { driver, disk, sent, notices } = await driven(world, undefined, { wrap: failing });
    const before = driver.channel;
    disk.failAt(1, 'once');
    const outcomes = await Promise.allSettled([driver.handle(priced(1)), driver.handle(pay(1_000n))]);
    expect(outcomes.map(({ status }) => status)).toEqual(['rejected', 'rejected']);
    expect(await late).toBe('io');
    expect([sent, notices, driver.channel]).toEqual([[], [], before]);
    await driver.handle(pay(2_000n));
    expect(sent.map(({ type }) => type)).toEqual(['propose_update']);
    expect(await slotsIn(disk.snapshot())).toEqual([]);
  });

  it('notices are stored with the write that they follow from; a refusal only if a wish was refused', async () => {
    const { driver, disk, notices } = await driven(world);
    const from = (await disk.lastEvent()) + 1;
    const refusals = await driver.handle(
      event({ type: 'offer', units: 0, unitEnergyWh: UNIT_WH, minMsatPerWh: 0n, until: 2_000_000_000 }),
    );
    await driver.handle(priced(1));
    expect(notices.map(({ type }) => type)).toEqual(['refused', 'tariff']);
    expect(refusals).toEqual([notices[0]]);
    const [kept, ...more] = await disk.events(from);
    const { key } = driver;
    const told = notices[1];
    if (told === undefined) throw new Error('nothing told');
    expect(kept?.event).toContain(eventText({ channel: key, at: world.clock.now(), notice: told }));
    expect(more).toEqual([]);
  });
});

describe('the events of a node', () => {
  it('an application that comes back goes on where it stopped: each event once, in order', async () => {
    const world = await startWorld();
    try {
      const { consumer } = world.nodes;
      const live: number[] = [];
      consumer.onEvent(({ seq }) => live.push(seq));
      await world.open();
      const paid = world.channel('consumer').notice('unitSettled', ({ delivery }) => delivery.unit === 2n);
      await world.trade({ units: 3 });
      await paid;
      await world.synced();
      const all = await consumer.events(1, 1000);
      expect(all.map(({ seq }) => seq)).toEqual(all.map((_, i) => i + 1));
      expect(live).toEqual(all.map(({ seq }) => seq));
      expect(all.map(({ notice }) => notice)).toEqual(
        world.notices.consumer.filter(({ type }) => type !== 'broadcast'),
      );
      const again: bigint[] = [];
      const stop = consumer.onEvent(({ notice }) => {
        if (notice.type === 'unitSettled') again.push(notice.delivery.unit);
      }, 4);
      await world.synced();
      stop();
      expect(again).toEqual([0n, 1n, 2n]);
      expect(await consumer.events(4, 2)).toEqual(all.slice(3, 5));
    } finally {
      await world.stop();
    }
  });

  it('the newest are kept, the oldest forgotten', async () => {
    const store = memoryStore();
    const journal = new Journal(store, 100, () => {});
    await journal.load();
    const halted = { channel: '1', at: 0, notice: { type: 'halted', reason: 'a bug' } } as const;
    for (let seq = 1; seq <= 2000; seq++) {
      await store.appendEvents([eventText(halted)]);
      journal.grew(1);
    }
    const [oldest] = await journal.events();
    expect(oldest?.seq).toBe(1901);
  });
});
