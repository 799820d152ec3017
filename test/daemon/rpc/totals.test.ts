import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { msat } from '../../../src/base/amount.ts';
import { NO_UNITS, type Totals, withUnit } from '../../../src/daemon/rpc/totals.ts';
import { TraderTotals } from '../../../src/daemon/rpc/traderTotals.ts';
import { UnitIndex } from '../../../src/daemon/rpc/unitIndex.ts';
import type { NodeEvent } from '../../../src/node/journal.ts';
import { memoryStore } from '../../../src/store/memory.ts';
import type { Delivery } from '../../../src/tx/contract.ts';
import { simulatedTestChain } from '../../support/world.ts';
import { serveWorld } from './support.ts';

type Ending = 'settled' | 'forfeited' | 'cancelled';

function delivery(unit: number): Delivery {
  return {
    ...{ id: BigInt(unit), seller: 'producer', unit: BigInt(unit), energyWh: BigInt(unit % 7) + 1n },
    ...{ paymentMsat: msat(BigInt(unit) * 3n), bondMsat: msat(BigInt(unit)), lock: new Uint8Array(32) },
    ...{ deadline: 1, expiry: 2 },
  };
}

function noticeOf(unit: number, how: Ending): NodeEvent['notice'] {
  const ended = delivery(unit);
  if (how === 'settled') return { type: 'unitSettled', delivery: ended, gridFeeMsat: msat(BigInt(unit % 5)) };
  return { type: how === 'forfeited' ? 'unitForfeited' : 'unitCancelled', delivery: ended };
}

/** Events as a store keeps them: the oldest are forgotten, a thousand at least are kept. */
function shortLog() {
  const events: NodeEvent[] = [];
  const listeners = new Set<() => void>();
  return {
    events: async (from: number, limit: number) => events.filter(({ seq }) => seq >= from).slice(0, limit),
    last: async () => events.at(-1)?.seq ?? 0,
    onGrowth: (listener: () => void) => {
      listeners.add(listener);
      return () => void listeners.delete(listener);
    },
    add: (channel: string, notice: NodeEvent['notice']) => {
      events.push({ seq: (events.at(-1)?.seq ?? 0) + 1, channel, at: 0, notice });
      if (events.length > 1000) events.shift();
      for (const listener of [...listeners]) listener();
    },
  };
}

describe('what became of units', () => {
  it('any units, events that are forgotten, and restarts in between: each is counted once', async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.array(
          fc.record({
            units: fc.integer({ min: 0, max: 700 }),
            how: fc.constantFrom<Ending>('settled', 'forfeited', 'cancelled'),
            next: fc.constantFrom('ask', 'restart', 'nothing'),
          }),
          { maxLength: 8 },
        ),
        async (parts) => {
          const [log, store] = [shortLog(), memoryStore()];
          const faults: unknown[] = [];
          const open = () => TraderTotals.open(log, store, (error) => faults.push(error));
          let totals = await open();
          let expected: Totals = NO_UNITS;
          let unit = 0;
          for (const { units, how, next } of parts) {
            for (const end = unit + units; unit < end; unit++) {
              log.add('a', noticeOf(unit, how));
              expected = withUnit(expected, delivery(unit), how, BigInt(unit % 5));
              if (unit % 100 === 0) await new Promise((resolve) => setImmediate(resolve));
            }
            if (next === 'ask') expect(await totals.of('a')).toEqual(expected);
            if (next === 'restart') {
              totals.stop();
              totals = await open();
            }
          }
          expect(await totals.of('a')).toEqual(expected);
          expect(await totals.of('b')).toEqual(NO_UNITS);
          totals.stop();
          expect(faults).toEqual([]);
        },
      ),
      { numRuns: 25 },
    );
  });

  it('pages of units, wherever they begin: all of them by number, each once', async () => {
    const log = shortLog();
    const units = Array.from({ length: 300 }, (_, i) => i * 2);
    for (const unit of units.toReversed()) log.add('a', noticeOf(unit, 'settled'));
    const index = new UnitIndex(log);
    const state = { type: 'aborted', role: 'consumer', why: { code: 'openingTooSlow' } } as never;
    await fc.assert(
      fc.asyncProperty(
        fc.integer({ min: 0, max: 610 }),
        fc.integer({ min: 1, max: 50 }),
        async (from, limit) => {
          const rows = await index.units('a', state, BigInt(from), limit, () => true);
          expect(rows.map((row) => Number(row.unit))).toEqual(
            units.filter((unit) => unit >= from).slice(0, limit),
          );
        },
      ),
    );
  });

  it('three nodes agree on every figure, and it is that of the balances', async () => {
    const served = await serveWorld(simulatedTestChain());
    const { world, clients } = served;
    await world.open();
    const last = world.channel('producer').notice('unitOrdered', ({ delivery: { unit } }) => unit === 3n);
    await world.trade({ units: 4, meter: (unit) => unit < 3n });
    await last;
    await world.synced();
    const channel = '00000000';
    const gained = (await clients.consumer.call('getChannel', { channel })).channel.balances;
    for (const role of ['consumer', 'producer', 'utility'] as const) {
      const { settled, forfeited, cancelled, inFlight } = await clients[role].call('getTotals', { channel });
      expect([role, settled]).toEqual([
        role,
        {
          units: 3,
          energyWh: '30',
          paidMsat: '3000000',
          gridFeeMsat: `${BigInt(gained?.utilityMsat ?? 0) - 20_000_000n}`,
        },
      ]);
      expect([forfeited.units, cancelled.units]).toEqual([0, 0]);
      expect(inFlight).toMatchObject({ units: 1, energyWh: '10', paymentMsat: '1000000' });
    }
    await world.channel('producer').cancel(3n);
    await world.synced();
    await world.channel('consumer').cancel(3n);
    await world.synced();
    for (const role of ['consumer', 'producer', 'utility'] as const) {
      await served.restartServer(role);
      const { cancelled, inFlight } = await clients[role].call('getTotals', { channel });
      expect([role, cancelled, inFlight.units]).toEqual([role, { units: 1 }, 0]);
    }
    await served.stop();
  });
});
