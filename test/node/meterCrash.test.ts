import { afterEach, describe, expect, it } from 'vitest';
import { type MemoryStore, memoryStore } from '../../src/store/memory.ts';
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
