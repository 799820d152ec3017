import { MOST_U32, type Parsed, parseWhole } from '../text/numbers.ts';

const MOST_MINUTES = 60 * 24 * 366;

/** How long something holds: at most a year. */
export function parseMinutes(text: string): Parsed<number> {
  return parseWhole(text, 'minutes', 1, MOST_MINUTES);
}

/** The energy of a unit, in Wh. */
export function parseUnitEnergy(text: string): Parsed<number> {
  return parseWhole(text, 'watt-hours', 1, MOST_U32);
}

export function parseUnits(text: string, most = MOST_U32): Parsed<number> {
  return parseWhole(text, 'units', 1, most);
}

/** A price in sat/kWh, which is the same number in msat/Wh. */
export function parsePrice(text: string, least: 0 | 1): Parsed<number> {
  return parseWhole(text, 'satoshi per kWh', least, Number.MAX_SAFE_INTEGER);
}
