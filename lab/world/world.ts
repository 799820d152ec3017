import { demandPrice, type PriceCoefficients } from '../../src/market/pricing.ts';
import type { MeterBehaviour } from '../schema.ts';
import { demandAt, powerAt, type Sun } from './sun.ts';

/** What a person can set. */
export interface WorldSettings {
  readonly running: boolean;
  /** Simulated milliseconds of each millisecond, in daylight. */
  readonly speed: number;
  readonly coefficients: PriceCoefficients;
  readonly unitEnergyWh: number;
  /** Whether what the sun gives reaches the meter. */
  readonly delivering: boolean;
  readonly meter: MeterBehaviour;
  readonly autoTariff: boolean;
  readonly autoOffer: boolean;
}

/** A unit that was ordered and has not flown yet. */
export interface Order {
  readonly channel: string;
  readonly unit: bigint;
  /** What is still to flow, millijoule. */
  readonly leftMj: number;
}

/** The sun, the producer's meter, and what was ordered of it. Plain data; {@link elapse} and the others change it. */
export interface World {
  readonly settings: WorldSettings;
  /** Simulated Unix milliseconds. */
  readonly timeMs: number;
  /** The energy that flowed through the meter, millijoule. */
  readonly exportedMj: bigint;
  /** The register that an honest meter showed last, Wh. */
  readonly shownWh: bigint;
  /** In the order in which energy flows into them. */
  readonly orders: readonly Order[];
}

/** Millijoule of a watt-hour. */
export const MJ_PER_WH = 3_600_000;
/** The night passes so many times faster than the day: nobody waits for the sun for long. */
export const NIGHT_SPEED = 20;
/** For so long the power counts as constant, simulated milliseconds. */
const STEP_MS = 60_000;
const HOUR_MS = 3_600_000;
const DAY_MS = 24 * HOUR_MS;
/** What a meter that reports too much adds: more than any certified meter can give between two readings, Wh. */
const OVERSTATED_WH = 1_000_000_000_000n;

/** A world in which nothing was ordered. */
export function worldAt(settings: WorldSettings, seconds: number, exportWh: bigint): World {
  const exportedMj = exportWh * BigInt(MJ_PER_WH);
  return { settings, timeMs: seconds * 1000, exportedMj, shownWh: exportWh, orders: [] };
}

/**
 * The world after so many milliseconds of the clock. The producer gives to the grid what was ordered, first things first,
 * as fast as the sun allows, and uses the rest itself.
 */
export function elapse(sun: Sun, world: World, ms: number): World {
  if (!world.settings.running) return world;
  let { timeMs } = world;
  let givenMj = 0;
  let left = Math.max(0, Math.round(ms)) * world.settings.speed;
  while (left > 0) {
    const watts = powerAt(sun, timeMs / 1000);
    const factor = watts === 0 ? NIGHT_SPEED : 1;
    const span = Math.min((Math.floor(timeMs / STEP_MS) + 1) * STEP_MS - timeMs, left * factor);
    givenMj += watts * span;
    timeMs += span;
    left -= Math.ceil(span / factor);
  }
  return flowed({ ...world, timeMs }, world.settings.delivering ? givenMj : 0);
}

function flowed(world: World, givenMj: number): World {
  let left = givenMj;
  const orders: Order[] = [];
  for (const order of world.orders) {
    const taken = Math.min(order.leftMj, left);
    left -= taken;
    if (taken < order.leftMj) orders.push({ ...order, leftMj: order.leftMj - taken });
  }
  return { ...world, orders, exportedMj: world.exportedMj + BigInt(givenMj - left) };
}

/** The world at the next such full hour, UTC: nothing flows in between. */
export function forwardTo(world: World, hour: number): World {
  const day = Math.floor(world.timeMs / DAY_MS) * DAY_MS;
  const today = day + hour * HOUR_MS;
  return { ...world, timeMs: today < world.timeMs ? today + DAY_MS : today };
}

/** A unit was ordered. The same one again changes nothing. */
export function ordered(
  world: World,
  { channel, unit, energyWh }: { readonly channel: string; readonly unit: bigint; readonly energyWh: bigint },
): World {
  if (world.orders.some((each) => each.channel === channel && each.unit === unit)) return world;
  const leftMj = Number(energyWh) * MJ_PER_WH;
  return { ...world, orders: [...world.orders, { channel, unit, leftMj }] };
}

/** A unit was decided: nothing more flows for it. */
export function decided(world: World, channel: string, unit: bigint): World {
  const orders = world.orders.filter((each) => each.channel !== channel || each.unit !== unit);
  return orders.length === world.orders.length ? world : { ...world, orders };
}

/** All energy that flowed through the meter, Wh. */
export function exportWh({ exportedMj }: World): bigint {
  return exportedMj / BigInt(MJ_PER_WH);
}

/** What the meter shows, Wh; `undefined` where it is silent. */
export function shownBy(world: World): bigint | undefined {
  const trueWh = exportWh(world);
  switch (world.settings.meter) {
    case 'honest':
      return trueWh;
    case 'silent':
      return undefined;
    case 'overReports':
      return trueWh + OVERSTATED_WH;
    case 'runsBackwards': {
      const backWh = 2n * world.shownWh - trueWh;
      return backWh > 0n ? backWh : 0n;
    }
  }
}

/** The meter was read. */
export function read(world: World, shownWh: bigint): World {
  return world.settings.meter === 'honest' ? { ...world, shownWh } : world;
}

/** Price of a watt-hour by the demand of this moment; 0 where the coefficients make none of it. */
export function priceAt(sun: Sun, { settings, timeMs }: Pick<World, 'settings' | 'timeMs'>): bigint {
  const price = demandPrice(settings.coefficients, BigInt(demandAt(sun, timeMs / 1000)));
  return price.ok ? price.value : 0n;
}
