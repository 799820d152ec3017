import { type Interval, SLOT_SECONDS } from '../../src/market/readings.ts';

/** So many times the roof of the readings: a field of panels between the two houses. */
const PANELS = 10;
/** Seller and buyer use the same. */
const HOUSES = 2;

/** What the sun gives and the houses use, by half hour, over and over. */
export interface Sun {
  /** Unix seconds of the first half hour. */
  readonly start: number;
  /** Mean power of each half hour, W. */
  readonly watts: readonly number[];
  /** What all houses use in each half hour, Wh. */
  readonly demandWh: readonly number[];
}

/** The sun of real readings. They are half hours without a gap, at least one. */
export function sunOf(readings: readonly Interval[]): Sun {
  const half = SLOT_SECONDS / 3600;
  return {
    start: readings[0]?.start ?? 0,
    watts: readings.map(({ solarWh }) => (PANELS * solarWh) / half),
    demandWh: readings.map(({ loadWh }) => HOUSES * loadWh),
  };
}

/** The half hour of a moment: how many since the first of the readings, over all their repetitions. */
export function slotAt({ start }: Sun, seconds: number): number {
  return Math.floor((seconds - start) / SLOT_SECONDS);
}

/** What the sun gives at a moment, whole W: between the middles of two half hours it changes evenly. */
export function powerAt(sun: Sun, seconds: number): number {
  const position = (seconds - sun.start) / SLOT_SECONDS - 0.5;
  const slot = Math.floor(position);
  const [before, after] = [around(sun.watts, slot), around(sun.watts, slot + 1)];
  return Math.round(before + (after - before) * (position - slot));
}

/** What all houses use in the half hour of a moment, Wh. */
export function demandAt(sun: Sun, seconds: number): number {
  return around(sun.demandWh, slotAt(sun, seconds));
}

function around(values: readonly number[], index: number): number {
  const { length } = values;
  return values[((index % length) + length) % length] ?? 0;
}
