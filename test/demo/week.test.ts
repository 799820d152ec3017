import { readFileSync } from 'node:fs';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { planWeek, type Week } from '../../demo/week.ts';
import { type Interval, parseReadings } from '../../src/index.ts';

const FILE = new URL('../../examples/data/household-week.csv', import.meta.url);

function planned(readings: readonly Interval[]): Week {
  const week = planWeek(readings);
  if (!week.ok) throw new Error(week.error);
  return week.value;
}

function half(slot: number, loadWh: number, solarWh: number): Interval {
  return { slot, start: 1800 * slot, loadWh, solarWh };
}

describe('a week of readings', () => {
  it('the household’s own: 63 units of 10 Wh, at prices of a few sat', () => {
    const readings = parseReadings(readFileSync(FILE, 'utf8'));
    if (!readings.ok) throw new Error(readings.error.code);
    const week = planned(readings.value);
    expect(week).toMatchObject({ surplusWh: 630, units: 63 });
    expect(week.prices).toHaveLength(63);
    // D = 0.422 kWh: 250 * 0.178084 + 200 * 0.422 + 200 = 328.9 msat/Wh, rounded down
    expect(week.slots[0]?.msatPerWh).toBe(328n);
  });

  it('a unit that is complete at the very end of a half hour: the next is ordered in the next half hour', () => {
    const week = planned([half(0, 100, 120), half(1, 100, 130)]);
    expect(week.slots.map(({ orders, units }) => [orders, units.length])).toEqual([
      [2, 2],
      [3, 3],
    ]);
    expect(week.slots[0]?.units[1]?.time).toBe(1800);
  });

  it('more surplus than the neighbour uses: not sold', () => {
    expect(planned([half(0, 20, 100)])).toMatchObject({ surplusWh: 20, units: 2 });
  });

  it.each([
    ['no sun', [half(0, 100, 0)]],
    ['less than a unit', [half(0, 100, 109)]],
  ])('%s: no story', (_, readings) => {
    expect(planWeek(readings)).toMatchObject({ ok: false });
  });

  it('any readings: whole units in order of time, each ordered once, each metered where its energy is', () => {
    const slot = fc.record({
      loadWh: fc.integer({ min: 1, max: 400 }),
      solarWh: fc.integer({ min: 0, max: 900 }),
    });
    fc.assert(
      fc.property(fc.array(slot, { minLength: 1, maxLength: 40 }), (halves) => {
        const outcome = planWeek(halves.map((each, i) => half(i, each.loadWh, each.solarWh)));
        if (!outcome.ok) return;
        const { slots, units, surplusWh, prices } = outcome.value;
        const all = slots.flatMap((each) => each.units);
        expect(units).toBe(Math.floor(surplusWh / 10));
        expect(all.map(({ registers }) => registers.exportWh)).toEqual(
          all.map((_, i) => BigInt(10 * (i + 1))),
        );
        expect(prices.length - units).toBeGreaterThanOrEqual(0);
        expect(prices.length - units).toBeLessThanOrEqual(1);
        for (const { start, until, opening, units: inSlot } of slots)
          for (const unit of inSlot) {
            expect(unit.time).toBeGreaterThan(start);
            expect(unit.time).toBeLessThanOrEqual(until);
            expect(unit.registers.exportWh).toBeGreaterThan(opening.exportWh);
          }
      }),
    );
  });
});
