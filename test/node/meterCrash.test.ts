import { afterEach, describe, expect, it } from 'vitest';
import { signReading, verifyReading } from '../../src/market/meter.ts';
import { systemClock } from '../../src/node/clock.ts';
import { MeterDesk } from '../../src/node/meterDesk.ts';
import { DEFAULT_POLICY } from '../../src/node/options.ts';
import { type MemoryStore, memoryStore } from '../../src/store/memory.ts';
import { secp } from '../support/channelHarness.ts';
import { startWorld, UNIT_WH, type World } from '../support/world.ts';

/** A utility's disk on which the book of meters is not written while it is held. */
function slowBook(): {
  readonly disk: MemoryStore;
  readonly store: MemoryStore;
  hold(): void;
  release(): void;
} {
  const disk = memoryStore();
  let held: Promise<void> = Promise.resolve();
  let release = () => {};
  const setValue = async (name: string, value: string) => {
    if (name === 'meters') await held;
    return disk.setValue(name, value);
  };
  return {
    disk,
    store: new Proxy(disk, {
      get: (target, name) => {
        if (name === 'setValue') return setValue;
        const member = Reflect.get(target, name, target);
        return typeof member === 'function' ? member.bind(target) : member;
      },
    }),
    hold: () => {
      held = new Promise((resolve) => {
        release = resolve;
      });
    },
    release: () => release(),
  };
}

describe('the utility dies after the next write of a channel, and before that of the book of meters', () => {
  let world: World;
  let book: ReturnType<typeof slowBook>;
  afterEach(() => world.stop());

  /** One unit was bought, delivered and paid: the meter is known. */
  const traded = async () => {
    book = slowBook();
    world = await startWorld(undefined, {
      node: (role) => (role === 'utility' ? { store: book.store } : {}),
    });
    await world.open();
    const paid = world.channel('consumer').notice('unitSettled');
    await world.trade({ units: 1, meter: (unit) => unit === 0n });
    await paid;
    await world.synced();
  };
  const readMeter = (exportWh: number) => {
    world.clock.pass(60);
    return world.channel('producer').readMeter({ importWh: 0n, exportWh: BigInt(exportWh) });
  };
  const publish = (slot: number) => {
    const now = world.clock.now();
    const price = { from: now - 600, until: now + 1_000_000, msatPerWh: 100_000n };
    return world.channel('utility').publishTariff({ slot, ...price, unitEnergyWh: UNIT_WH, units: 10 });
  };
  /** The utility writes the channel once more, and dies; what was held back never reaches the disk. It comes back. */
  const die = async () => {
    await publish(2);
    const left = book.disk.snapshot();
    book.release();
    await world.restart('utility', left, { store: left });
    const connected = world.channel('producer').notice('tariff', ({ tariff }) => tariff.slot === 3);
    await publish(3);
    await connected;
    await world.network.idle();
  };
  const buyOne = async () => {
    const ordered = world.channel('producer').notice('unitOrdered');
    await world.channel('consumer').buy(1);
    await ordered;
    await world.network.idle();
  };
  const ledger = () => world.channel('consumer').ledger;

  it('a unit that was ordered: its energy is metered all the same, and it is paid', async () => {
    await traded();
    book.hold();
    await buyOne();
    await die();
    await readMeter(2 * UNIT_WH);
    await world.synced();
    expect(ledger()).toMatchObject({ nextUnit: 2n, deliveries: [] });
  });

  it('a unit that its seller let go: it takes no energy from the next one', async () => {
    await traded();
    await buyOne();
    book.hold();
    for (const trader of ['producer', 'consumer'] as const) {
      await world.channel(trader).cancel(1n);
      await world.network.idle();
    }
    expect(ledger()).toMatchObject({ nextUnit: 2n, deliveries: [] });
    await die();
    await buyOne();
    await readMeter(2 * UNIT_WH);
    await world.synced();
    expect(ledger()).toMatchObject({ nextUnit: 3n, deliveries: [] });
  });

  it('a reading: the unit that it covers is paid', async () => {
    await traded();
    await buyOne();
    book.hold();
    await readMeter(2 * UNIT_WH);
    await world.network.idle();
    await die();
    await world.synced();
    expect(ledger()).toMatchObject({ nextUnit: 2n, deliveries: [] });
    await buyOne();
    await readMeter(3 * UNIT_WH);
    await world.synced();
    expect(ledger()).toMatchObject({ nextUnit: 3n, deliveries: [] });
  });
});

describe('two channels on one meter, a unit ordered in one and its energy read in the other', () => {
  it.each([1, 2, 4])('the utility dies after write %i: the unit is attested all the same', async (write) => {
    const entropy = (length: number) => crypto.getRandomValues(new Uint8Array(length));
    const world = await startWorld(undefined, {
      node: () => ({ entropy }),
      policy: { anchorReserveFeeRate: 0n },
      onError: () => {},
    });
    try {
      const contributions = { consumer: 200_000n, producer: 60_000n, utility: 0n };
      const buyer = await world.open({ contributions });
      const paid = buyer.notice('unitSettled');
      await world.trade({ units: 1, meter: (unit) => unit === 0n });
      await paid;
      await world.open({ contributions });
      await world.synced();
      const [, other] = world.nodes.producer.channels();
      world.stores.utility.failAt(write, 'crashAfter');
      const attested = world.nodes.producer.channels()[0]?.notice('unitAttested', ({ unit }) => unit === 1n);
      await buyer.buy(1);
      await world.network.idle();
      world.clock.pass(60);
      await other?.readMeter({ importWh: 0n, exportWh: BigInt(2 * UNIT_WH) });
      await world.network.idle();
      await world.restart('utility');
      await attested;
    } finally {
      await world.stop();
    }
  });
});

describe('the desk of the meters', () => {
  const meter = secp.publicKey(new Uint8Array(32).fill(9));
  const reading = (sequence: bigint, exportWh: bigint) => {
    const body = { meter, sequence, time: Number(sequence) * 3600, importWh: 0n, exportWh };
    const read = verifyReading(secp, signReading(secp, body, new Uint8Array(32).fill(9)), meter);
    if (!read.ok) throw new Error(read.error.code);
    return read.value;
  };
  const order = (unit: bigint) => ({ channelId: new Uint8Array(32), unit, energyWh: 10, deadline: 200 });
  const desk = (store: MemoryStore, onVerdict: (unit: bigint) => Promise<void>) =>
    new MeterDesk({
      store,
      policy: DEFAULT_POLICY,
      clock: systemClock,
      isAwaited: () => false,
      onVerdict: ({ unit }) => onVerdict(unit),
    });

  it('a verdict is told when the write of its book was called, and no sooner', async () => {
    const disk = memoryStore();
    const writesWhenTold: number[] = [];
    const first = desk(disk, async () => {
      writesWhenTold.push(disk.writes);
    });
    await first.read(meter, reading(0n, 0n), 100, () => {});
    await first.order(meter, order(0n));
    const before = disk.writes;
    await first.read(meter, reading(1n, 10n), 101, () => {});
    expect(writesWhenTold).toEqual([before + 1]);
  });

  it('a verdict whose channel could not store it: told again after a crash, until it has', async () => {
    const disk = memoryStore();
    const first = desk(disk, () => Promise.reject(new Error('not stored')));
    await first.read(meter, reading(0n, 0n), 100, () => {});
    await first.order(meter, order(0n));
    await expect(first.read(meter, reading(1n, 10n), 101, () => {})).rejects.toThrow('not stored');
    const told: bigint[] = [];
    const restarted = async (store: MemoryStore) => {
      const again = desk(store, async (unit) => {
        told.push(unit);
      });
      await again.load();
      await again.tellAgain();
      return again;
    };
    const left = disk.snapshot();
    const second = await restarted(left);
    expect(told).toEqual([0n]);
    await second.order(meter, order(1n));
    await restarted(left.snapshot());
    expect(told).toEqual([0n]);
  });
});

describe('the book of meters cannot be written once, and the utility goes on', () => {
  it('the next write holds the order that was lost, though a higher unit was ordered since', async () => {
    const disk = memoryStore();
    const decided: bigint[] = [];
    const deskOn = async (store: MemoryStore) => {
      const desk = new MeterDesk({
        store,
        policy: DEFAULT_POLICY,
        clock: systemClock,
        isAwaited: () => false,
        onVerdict: async ({ unit }) => {
          decided.push(unit);
        },
      });
      await desk.load();
      return desk;
    };
    const meter = secp.publicKey(new Uint8Array(32).fill(9));
    const reading = (sequence: bigint, exportWh: bigint) => {
      const body = { meter, sequence, time: Number(sequence) * 3600, importWh: 0n, exportWh };
      const read = verifyReading(secp, signReading(secp, body, new Uint8Array(32).fill(9)), meter);
      if (!read.ok) throw new Error(read.error.code);
      return read.value;
    };
    const order = (unit: bigint) => ({ channelId: new Uint8Array(32), unit, energyWh: 10, deadline: 200 });
    const desk = await deskOn(disk);
    await desk.read(meter, reading(0n, 0n), 100, () => {});
    disk.failAt(1, 'once');
    await expect(desk.order(meter, order(0n))).rejects.toMatchObject({ code: 'io' });
    await desk.order(meter, order(1n));
    const after = await deskOn(disk.snapshot());
    await after.read(meter, reading(1n, 20n), 101, () => {});
    expect(decided).toEqual([0n, 1n]);
  });
});
