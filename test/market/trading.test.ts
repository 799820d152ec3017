import { readFileSync } from 'node:fs';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { InvariantError } from '../../src/base/invariant.ts';
import { type Interval, parseReadings, SLOT_SECONDS } from '../../src/market/readings.ts';
import { meterRegisters, neighbourOf, tradableUnits } from '../../src/market/trading.ts';
import { unwrap } from './arbitraries.ts';

const interval = (slot: number, loadWh: number, solarWh: number): Interval => ({
  slot,
  start: slot * SLOT_SECONDS,
  loadWh,
  solarWh,
});
const DAY = [interval(0, 300, 0), interval(1, 100, 180), interval(2, 50, 400), interval(3, 200, 230)];
const intervalsOf = fc
  .array(fc.tuple(fc.nat(3000), fc.nat(3000)), { maxLength: 60 })
  .map((all) => all.map(([loadWh, solarWh], slot) => interval(slot, loadWh, solarWh)));
const sum = (values: readonly number[]) => values.reduce((total, value) => total + value, 0);

describe('trading between a household and its neighbour', () => {
  it('surplus: solar above the load, never below nothing', () => {
    expect(tradableUnits(DAY, 1).map(({ surplusWh }) => surplusWh)).toEqual([0, 80, 350, 30]);
  });

  it('slots: demand of both, trade no more than the neighbour uses, units complete across slots', () => {
    expect(tradableUnits(DAY, 50)).toEqual([
      { slot: 0, start: 0, demandWh: 600, surplusWh: 0, tradeWh: 0, units: 0 },
      { slot: 1, start: 1800, demandWh: 200, surplusWh: 80, tradeWh: 80, units: 1 },
      { slot: 2, start: 3600, demandWh: 100, surplusWh: 350, tradeWh: 50, units: 1 },
      { slot: 3, start: 5400, demandWh: 400, surplusWh: 30, tradeWh: 30, units: 1 },
    ]);
  });

  it.each([0, -1, 1.5, Number.NaN])('units of %d Wh: a bug', (unitEnergyWh) => {
    expect(() => tradableUnits(DAY, unitEnergyWh)).toThrow(InvariantError);
  });

  it('registers: from the first start on, one entry per end', () => {
    expect(meterRegisters(DAY.slice(0, 2), { importWh: 10n, exportWh: 20n })).toEqual([
      { time: 0, importWh: 10n, exportWh: 20n },
      { time: 1800, importWh: 310n, exportWh: 20n },
      { time: 3600, importWh: 310n, exportWh: 100n },
    ]);
    expect(meterRegisters([])).toEqual([]);
  });

  it('the neighbour: imports its load, exports nothing', () => {
    expect(meterRegisters(neighbourOf(DAY)).at(-1)).toEqual({ time: 7200, importWh: 650n, exportWh: 0n });
  });

  it('the household week: the energy and the units that the demo trades', () => {
    const text = readFileSync(new URL('../../examples/data/household-week.csv', import.meta.url), 'utf8');
    const week = unwrap(parseReadings(text));
    const slots = tradableUnits(week, 100);
    const totals = {
      loadWh: sum(week.map(({ loadWh }) => loadWh)),
      solarWh: sum(week.map(({ solarWh }) => solarWh)),
      surplusWh: sum(slots.map(({ surplusWh }) => surplusWh)),
      tradeWh: sum(slots.map(({ tradeWh }) => tradeWh)),
      units: sum(slots.map(({ units }) => units)),
    };
    expect(totals).toEqual({ loadWh: 127_252, solarWh: 33_577, surplusWh: 630, tradeWh: 630, units: 6 });
  });

  it('any intervals: units are the traded energy rounded down once, and never more than was exported', () => {
    fc.assert(
      fc.property(intervalsOf, fc.integer({ min: 1, max: 500 }), (intervals, unitEnergyWh) => {
        const slots = tradableUnits(intervals, unitEnergyWh);
        const units = sum(slots.map((slot) => slot.units));
        expect(units).toBe(Math.floor(sum(slots.map(({ tradeWh }) => tradeWh)) / unitEnergyWh));
        const exported = meterRegisters(intervals).at(-1)?.exportWh ?? 0n;
        expect(BigInt(units * unitEnergyWh) <= exported).toBe(true);
      }),
    );
  });

  it('any intervals: registers never run backwards, and net to load less solar', () => {
    fc.assert(
      fc.property(intervalsOf, (intervals) => {
        const registers = meterRegisters(intervals);
        for (const [index, entry] of registers.entries()) {
          const before = registers[index - 1];
          if (before === undefined) continue;
          expect(entry.importWh >= before.importWh && entry.exportWh >= before.exportWh).toBe(true);
          expect(entry.time > before.time).toBe(true);
        }
        const last = registers.at(-1);
        const net = sum(intervals.map(({ loadWh, solarWh }) => loadWh - solarWh));
        expect((last?.importWh ?? 0n) - (last?.exportWh ?? 0n)).toBe(BigInt(net));
      }),
    );
  });
});
