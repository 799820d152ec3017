import { readFileSync } from 'node:fs';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { METER_BEHAVIOURS } from '../../lab/schema.ts';
import { DEMO_WORLD } from '../../lab/terms.ts';
import { nextOffer, nextTariff, unitsLeft } from '../../lab/world/market.ts';
import { demandAt, powerAt, sunOf } from '../../lab/world/sun.ts';
import {
  decided,
  elapse,
  exportWh,
  forwardTo,
  MJ_PER_WH,
  NIGHT_SPEED,
  ordered,
  priceAt,
  read,
  shownBy,
  type World,
  type WorldSettings,
  worldAt,
} from '../../lab/world/world.ts';
import { parseReadings } from '../../src/market/readings.ts';

const readings = parseReadings(readFileSync('examples/data/household-week.csv', 'utf8'));
if (!readings.ok) throw new Error(readings.error.code);
const SUN = sunOf(readings.value);
const WEEK = 7 * 86_400;
const NOON = SUN.start + 12 * 3600;

/** What can happen to a world. */
type Happening =
  | { readonly type: 'elapse'; readonly ms: number }
  | { readonly type: 'order'; readonly unit: number; readonly energyWh: number }
  | { readonly type: 'decide'; readonly unit: number }
  | { readonly type: 'set'; readonly settings: Partial<WorldSettings> };

const happening: fc.Arbitrary<Happening> = fc.oneof(
  fc.record({ type: fc.constant('elapse' as const), ms: fc.integer({ min: 0, max: 2_000 }) }),
  fc.record({
    type: fc.constant('order' as const),
    unit: fc.nat(20),
    energyWh: fc.integer({ min: 1, max: 1_000 }),
  }),
  fc.record({ type: fc.constant('decide' as const), unit: fc.nat(20) }),
  fc.record({
    type: fc.constant('set' as const),
    settings: fc.record(
      {
        running: fc.boolean(),
        delivering: fc.boolean(),
        meter: fc.constantFrom(...METER_BEHAVIOURS),
        speed: fc.integer({ min: 1, max: 100_000 }),
      },
      { requiredKeys: [] },
    ),
  }),
);

function happen(world: World, what: Happening): World {
  switch (what.type) {
    case 'elapse':
      return elapse(SUN, world, what.ms);
    case 'order':
      return ordered(world, { channel: '0', unit: BigInt(what.unit), energyWh: BigInt(what.energyWh) });
    case 'decide':
      return decided(world, '0', BigInt(what.unit));
    case 'set':
      return { ...world, settings: { ...world.settings, ...what.settings } as WorldSettings };
  }
}

const leftMj = ({ orders }: World) => orders.reduce((sum, order) => sum + BigInt(order.leftMj), 0n);

describe('the sun', () => {
  it('its week: comes again and again, and is never below zero or above the brightest half hour', () => {
    const brightest = Math.max(...SUN.watts);
    fc.assert(
      fc.property(fc.integer({ min: 0, max: 3 * WEEK }), fc.integer({ min: -2, max: 2 }), (at, weeks) => {
        const power = powerAt(SUN, SUN.start + at);
        expect(power).toBe(powerAt(SUN, SUN.start + at + weeks * WEEK));
        expect(power).toBeGreaterThanOrEqual(0);
        expect(power).toBeLessThanOrEqual(brightest);
        expect(demandAt(SUN, SUN.start + at)).toBeGreaterThan(0);
      }),
    );
  });

  it('noon and midnight: light, and none', () => {
    expect(powerAt(SUN, NOON)).toBeGreaterThan(1_000);
    expect(powerAt(SUN, SUN.start + 86_400)).toBe(0);
  });
});

describe('the world', () => {
  it('whatever happens: what is ordered flows once, time and the register never go back', () => {
    fc.assert(
      fc.property(fc.array(happening, { maxLength: 40 }), (all) => {
        let world = worldAt(DEMO_WORLD, NOON, 7n);
        for (const each of all) {
          const next = happen(world, each);
          const flowed = next.exportedMj - world.exportedMj;
          expect(flowed).toBeGreaterThanOrEqual(0n);
          expect(next.timeMs).toBeGreaterThanOrEqual(world.timeMs);
          if (each.type === 'elapse') expect(leftMj(world) - leftMj(next)).toBe(flowed);
          else expect(flowed).toBe(0n);
          world = next;
        }
      }),
    );
  });

  it('a clock that is looked at often or seldom: by day the same moment, the same energy', () => {
    const steps = fc.array(fc.integer({ min: 0, max: 400 }), { minLength: 1, maxLength: 30 });
    fc.assert(
      fc.property(steps, (parts) => {
        const world = ordered(worldAt(DEMO_WORLD, NOON, 0n), { channel: '0', unit: 0n, energyWh: 100_000n });
        const total = parts.reduce((sum, part) => sum + part, 0);
        const often = parts.reduce((at, part) => elapse(SUN, at, part), world);
        const once = elapse(SUN, world, total);
        expect(often.timeMs).toBe(once.timeMs);
        expect(once.timeMs).toBe(world.timeMs + 60 * total);
        // the power counts as constant within a minute of the sun, from when it was looked at
        const [a, b] = [Number(often.exportedMj), Number(once.exportedMj)];
        expect(Math.abs(a - b)).toBeLessThanOrEqual(0.01 * b + 1);
      }),
    );
  });

  it('the night: passes faster, and gives nothing', () => {
    const night = worldAt(DEMO_WORLD, SUN.start + 86_400, 0n);
    const later = elapse(SUN, ordered(night, { channel: '0', unit: 0n, energyWh: 10n }), 1_000);
    expect(later.timeMs - night.timeMs).toBe(1_000 * 60 * NIGHT_SPEED);
    expect(later.exportedMj).toBe(0n);
  });

  it('moved to an hour: the next such hour, less than a day ahead, and no energy for it', () => {
    fc.assert(
      fc.property(fc.integer({ min: 0, max: WEEK }), fc.nat(23), (at, hour) => {
        const world = ordered(worldAt(DEMO_WORLD, SUN.start + at, 5n), {
          channel: '0',
          unit: 0n,
          energyWh: 10n,
        });
        const moved = forwardTo(world, hour);
        expect(moved).toEqual({ ...world, timeMs: moved.timeMs });
        expect(new Date(moved.timeMs).toISOString().slice(11)).toBe(
          `${`${hour}`.padStart(2, '0')}:00:00.000Z`,
        );
        expect(moved.timeMs - world.timeMs).toBeGreaterThanOrEqual(0);
        expect(moved.timeMs - world.timeMs).toBeLessThan(86_400_000);
      }),
    );
  });

  it('it stands still, or does not deliver: nothing flows', () => {
    fc.assert(
      fc.property(fc.nat(10_000), fc.constantFrom('running', 'delivering'), (ms, what) => {
        const settings = { ...DEMO_WORLD, [what]: false };
        const world = ordered(worldAt(settings, NOON, 5n), { channel: '0', unit: 0n, energyWh: 10n });
        const later = elapse(SUN, world, ms);
        expect(later.exportedMj).toBe(world.exportedMj);
        expect(later.timeMs === world.timeMs).toBe(what === 'running' || ms === 0);
      }),
    );
  });

  it('units: complete in the order in which they were ordered, each with exactly its energy', () => {
    const energies = fc.array(fc.bigInt({ min: 1n, max: 500n }), { minLength: 1, maxLength: 20 });
    fc.assert(
      fc.property(energies, (all) => {
        let world = worldAt(DEMO_WORLD, NOON, 0n);
        for (const [unit, energyWh] of all.entries())
          world = ordered(world, { channel: '0', unit: BigInt(unit), energyWh });
        for (let open = all.length; open > 0; open = world.orders.length) {
          const left = world.orders.map(({ unit }) => unit);
          expect(left).toEqual(all.map((_, unit) => BigInt(unit)).slice(all.length - open));
          world = elapse(SUN, world, 50);
        }
        expect(exportWh(world)).toBe(all.reduce((sum, energy) => sum + energy, 0n));
      }),
    );
  });

  it('the same order twice, an unknown decision: change nothing', () => {
    const world = ordered(worldAt(DEMO_WORLD, NOON, 0n), { channel: '0', unit: 1n, energyWh: 10n });
    expect(ordered(world, { channel: '0', unit: 1n, energyWh: 99n })).toBe(world);
    expect(decided(world, '0', 2n)).toBe(world);
    expect(decided(world, '1', 1n)).toBe(world);
  });

  it('a meter: honest to the watt-hour, silent, above what any may give, or ever less', () => {
    fc.assert(
      fc.property(fc.bigInt({ min: 0n, max: 10_000n }), fc.bigInt({ min: 1n, max: 500n }), (before, more) => {
        const honest = read(worldAt(DEMO_WORLD, NOON, before), before);
        const world = { ...honest, exportedMj: (before + more) * BigInt(MJ_PER_WH) };
        const shown = (meter: WorldSettings['meter']) =>
          shownBy({ ...world, settings: { ...DEMO_WORLD, meter } });
        expect(shown('honest')).toBe(before + more);
        expect(shown('silent')).toBeUndefined();
        expect(shown('overReports')).toBeGreaterThan(1_000_000_000n);
        expect(shown('runsBackwards')).toBe(before > more ? before - more : 0n);
      }),
    );
  });

  it('the price: more demand never costs less, and coefficients that make none of it show as 0', () => {
    const at = (time: number) => ({ settings: DEMO_WORLD, timeMs: 1000 * time });
    fc.assert(
      fc.property(fc.nat(WEEK), fc.nat(WEEK), (one, other) => {
        const [a, b] = [SUN.start + one, SUN.start + other];
        const [cheap, dear] = demandAt(SUN, a) <= demandAt(SUN, b) ? [a, b] : [b, a];
        expect(priceAt(SUN, at(cheap))).toBeLessThanOrEqual(priceAt(SUN, at(dear)));
      }),
    );
    const free = { ...DEMO_WORLD, coefficients: { a1: 0n, b1: 0n, c1: 0n } };
    expect(priceAt(SUN, { settings: free, timeMs: 1000 * NOON })).toBe(0n);
  });
});

describe('tariffs and offers of their own accord', () => {
  const tariff = (firstUnit: bigint, until: number, unitEnergyWh = 10) => ({
    firstUnit,
    until,
    unitEnergyWh,
    units: 1_000,
  });

  it('units that are left: those of tariffs that hold for a while, of this energy, and not ordered', () => {
    const asked = { now: 1_000, unitEnergyWh: 10, nextUnit: 0n };
    expect(unitsLeft([tariff(0n, 2_000)], asked)).toBe(1_000n);
    expect(unitsLeft([tariff(0n, 2_000)], { ...asked, nextUnit: 990n })).toBe(10n);
    expect(unitsLeft([tariff(0n, 1_010)], asked)).toBe(0n);
    expect(unitsLeft([tariff(0n, 2_000, 20)], asked)).toBe(0n);
    expect(unitsLeft([tariff(0n, 2_000), tariff(1_000n, 2_000)], { ...asked, nextUnit: 1_500n })).toBe(500n);
  });

  it('tariffs one after the other: there is always one to buy at, and never many', () => {
    const speeds = fc.array(fc.integer({ min: 0, max: 100 }), { minLength: 20, maxLength: 600 });
    fc.assert(
      fc.property(speeds, (unitsInASecond) => {
        let tariffs: ReturnType<typeof tariff>[] = [];
        let nextUnit = 0n;
        for (const [now, units] of unitsInASecond.entries()) {
          const left = unitsLeft(tariffs, { now, unitEnergyWh: 10, nextUnit });
          const planned = nextTariff(left, now);
          const last = tariffs.at(-1);
          const firstUnit = last === undefined ? 0n : last.firstUnit + BigInt(last.units);
          if (planned !== undefined) tariffs = [...tariffs, tariff(firstUnit, planned.until)];
          const live = tariffs.filter(({ until }) => until > now);
          const end = firstUnitAfter(live);
          expect(end).toBeGreaterThan(nextUnit);
          nextUnit += BigInt(units);
          if (nextUnit >= end) nextUnit = end - 1n;
          // traders keep the newest 8
          expect(live.length).toBeLessThanOrEqual(8);
        }
      }),
      { numRuns: 20 },
    );
  });

  it('an offer: one for each tariff, for as long as that holds', () => {
    expect(nextOffer([], 0n)).toBeUndefined();
    const offer = nextOffer([tariff(0n, 500), tariff(1_000n, 900)], 1_000n);
    expect(offer).toMatchObject({ unitEnergyWh: 10, until: 900, upTo: 2_000n });
    expect(nextOffer([tariff(1_000n, 900)], 2_000n)).toBeUndefined();
  });
});

function firstUnitAfter(tariffs: readonly { readonly firstUnit: bigint; readonly units: number }[]): bigint {
  const last = tariffs.at(-1);
  return last === undefined ? 0n : last.firstUnit + BigInt(last.units);
}
