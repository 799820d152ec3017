import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  type Goal,
  MOST_AT_ONCE,
  nextStep,
  type Price,
  type Progress,
} from '../../web/src/nodes/keepBuying.ts';

/** What a node does between two looks of the page: how many units it orders, and how the price moves. */
const moment = fc.record({
  orders: fc.integer({ min: 0, max: 15 }),
  price: fc.option(fc.integer({ min: 1, max: 2000 }), { nil: null, freq: 5 }),
});
const moments = fc.array(moment, { minLength: 1, maxLength: 200 });
const UNIT_WH = 10n;

interface Bought extends Progress {
  readonly status: 'running' | 'reached' | 'tooExpensive';
  readonly mostOutstanding: number;
}

/** The page and a node that orders what it was asked for, as it likes. */
function bought(goal: Goal, path: readonly { orders: number; price: number | null }[]): Bought {
  let state: Bought = { ordered: 0, spentMsat: 0n, outstanding: 0, status: 'running', mostOutstanding: 0 };
  for (const [time, { orders, price }] of path.entries()) {
    const msatPerWh = price === null ? null : BigInt(price);
    const now: Price | null = msatPerWh === null ? null : { msatPerWh, unitMsat: msatPerWh * UNIT_WH };
    const step = nextStep(goal, state, now, time);
    if (step.type === 'stop') return { ...state, status: step.why as 'reached' };
    const outstanding = state.outstanding + (step.type === 'ask' ? step.units : 0);
    const taken = now === null ? 0 : Math.min(orders, outstanding);
    state = {
      ...state,
      ordered: state.ordered + taken,
      spentMsat: state.spentMsat + BigInt(taken) * (now?.unitMsat ?? 0n),
      outstanding: outstanding - taken,
      mostOutstanding: Math.max(state.mostOutstanding, outstanding),
    };
  }
  return state;
}

describe('keep buying until', () => {
  it('a number of units: never one more, and all of them when the node orders', () => {
    fc.assert(
      fc.property(moments, fc.integer({ min: 1, max: 60 }), (path, units) => {
        const end = bought({ type: 'units', units }, path);
        expect(end.ordered).toBeLessThanOrEqual(units);
        if (end.status === 'reached') expect(end.ordered).toBe(units);
        const eager = Array.from({ length: 2 * units + 2 }, () => ({ orders: 10, price: 100 }));
        expect(bought({ type: 'units', units }, eager).ordered).toBe(units);
      }),
    );
  });

  it('an amount, at a price that holds: never more, and less than one unit of it is left', () => {
    fc.assert(
      fc.property(
        moments,
        fc.integer({ min: 1, max: 2000 }),
        fc.bigInt(1n, 500_000n),
        (path, price, msat) => {
          const steady = path.map(({ orders }) => ({ orders, price }));
          const end = bought({ type: 'amount', msat }, steady);
          expect(end.spentMsat).toBeLessThanOrEqual(msat);
          if (end.status === 'reached') expect(msat - end.spentMsat).toBeLessThan(BigInt(price) * UNIT_WH);
        },
      ),
    );
  });

  it('an amount, at a price that at most doubles while units are asked for: more by less than one unit', () => {
    fc.assert(
      fc.property(moments, fc.bigInt(1n, 500_000n), (path, msat) => {
        // one of two prices at each moment, the higher one twice the lower
        const wild = path.map(({ orders, price }) => ({ orders, price: (price ?? 0) % 2 === 0 ? 200 : 100 }));
        const end = bought({ type: 'amount', msat }, wild);
        expect(end.spentMsat).toBeLessThan(msat + 200n * UNIT_WH);
      }),
    );
  });

  it('a time, or a price: asks for no more after it, and stops', () => {
    fc.assert(
      fc.property(moments, fc.nat(100), fc.integer({ min: 1, max: 2000 }), (path, until, most) => {
        const timed = bought({ type: 'time', until }, path);
        expect(timed.status).toBe(path.length > until ? 'reached' : 'running');
        const priced = bought({ type: 'price', mostMsatPerWh: BigInt(most) }, path);
        const isOver = path.some(({ price }) => price !== null && price > most);
        expect(priced.status).toBe(isOver ? 'tooExpensive' : 'running');
      }),
    );
  });

  it('whatever the goal: the node is never asked for more at once than it may order without the page', () => {
    const goal = fc.oneof(
      fc.record({ type: fc.constant('units' as const), units: fc.integer({ min: 1, max: 1e6 }) }),
      fc.record({ type: fc.constant('amount' as const), msat: fc.bigInt(1n, 10n ** 15n) }),
      fc.record({ type: fc.constant('time' as const), until: fc.constant(1e9) }),
      fc.record({ type: fc.constant('price' as const), mostMsatPerWh: fc.constant(10n ** 9n) }),
    );
    fc.assert(
      fc.property(moments, goal, (path, each) => {
        expect(bought(each, path).mostOutstanding).toBeLessThanOrEqual(MOST_AT_ONCE);
      }),
    );
  });
});
