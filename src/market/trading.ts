import { invariant } from '../base/invariant.ts';
import type { Registers } from './meter.ts';
import { type Interval, SLOT_SECONDS } from './readings.ts';

/** What can be traded in one slot between a household with solar and a neighbour with the same load without. */
export interface TradingSlot {
  readonly slot: number;
  /** As in {@link Interval}, seconds. */
  readonly start: number;
  /** D of the price: the load of both households, Wh. */
  readonly demandWh: number;
  /** What the producer has over after its own use, Wh. */
  readonly surplusWh: number;
  /** The part of the surplus that the neighbour can use, Wh. */
  readonly tradeWh: number;
  /** Whole units that are complete by the end of this slot and were not by its start. */
  readonly units: number;
}

/** The registers of a meter at one moment. */
export interface RegistersAt extends Registers {
  /** As in {@link Interval}, seconds. */
  readonly time: number;
}

/** A neighbour with the same load and no solar. */
export function neighbourOf(intervals: readonly Interval[]): readonly Interval[] {
  return intervals.map((interval) => ({ ...interval, solarWh: 0 }));
}

/**
 * The surplus that a producer can sell to its neighbour, slot by slot, in units of `unitEnergyWh` (a whole number
 * of watt-hours above 0). What is left of a slot short of a whole unit counts towards the next one: the units of
 * all slots together are the traded energy divided by the unit, rounded down once.
 */
export function tradableUnits(intervals: readonly Interval[], unitEnergyWh: number): readonly TradingSlot[] {
  invariant(Number.isSafeInteger(unitEnergyWh) && unitEnergyWh > 0, `unit of ${unitEnergyWh} Wh`);
  let begunWh = 0;
  return intervals.map((interval) => {
    const { slot, start, loadWh } = interval;
    const surplus = surplusWh(interval);
    const tradeWh = Math.min(surplus, loadWh);
    const units = Math.floor((begunWh + tradeWh) / unitEnergyWh);
    begunWh = (begunWh + tradeWh) % unitEnergyWh;
    return { slot, start, demandWh: 2 * loadWh, surplusWh: surplus, tradeWh, units };
  });
}

/**
 * The cumulative registers of a household's meter: at the start of the first interval, then at the end of each.
 * Own use comes first: a half hour either imports or exports.
 */
export function meterRegisters(
  intervals: readonly Interval[],
  initial: Registers = { importWh: 0n, exportWh: 0n },
): readonly RegistersAt[] {
  const [first] = intervals;
  if (first === undefined) return [];
  let { importWh, exportWh } = initial;
  const ends = intervals.map((interval) => {
    importWh += BigInt(Math.max(0, interval.loadWh - interval.solarWh));
    exportWh += BigInt(surplusWh(interval));
    return { time: interval.start + SLOT_SECONDS, importWh, exportWh };
  });
  return [{ time: first.start, importWh: initial.importWh, exportWh: initial.exportWh }, ...ends];
}

/** What a household has over after its own use, Wh. */
function surplusWh({ loadWh, solarWh }: Interval): number {
  return Math.max(0, solarWh - loadWh);
}
