import { err, ok, type Result } from '../../base/result.ts';
import { parseDecimal, parseMsat } from './amount.ts';

/** A whole number from `least` on. */
export function parseCount(text: string, least = 1): Result<number, string> {
  if (!/^\d{1,15}$/.test(text)) return err(`is not a whole number${least > 0 ? ` from ${least} on` : ''}`);
  const value = Number(text);
  return value >= least ? ok(value) : err(`is less than ${least}`);
}

/** Energy in watt-hours: `10`, `10Wh`, `1.5kWh`. */
export function parseEnergy(text: string): Result<bigint, string> {
  const number = parseDecimal(text);
  if (!number.ok) return number;
  const { whole, fraction, unit } = number.value;
  if (unit !== '' && unit !== 'Wh' && unit !== 'kWh') return err(`has the unit '${unit}': it is Wh or kWh`);
  const places = unit === 'kWh' ? 3 : 0;
  if (fraction.length > places) return err('is not a whole number of watt-hours');
  return ok(BigInt(whole + fraction.padEnd(places, '0')));
}

/** A price in millisatoshi per watt-hour: `400`, `400msat/Wh`, `0.4sat/Wh`, `400sat/kWh`. */
export function parsePrice(text: string): Result<bigint, string> {
  const [amount = '', per, ...more] = text.trim().split('/');
  if (more.length > 0) return err('has more than one /');
  if (per !== undefined && per !== 'Wh' && per !== 'kWh') return err(`is per '${per}': it is per Wh or kWh`);
  const price = parseMsat(/^[\d.]+$/.test(amount) ? `${amount}msat` : amount);
  if (!price.ok) return price;
  if (per !== 'kWh') return ok(price.value);
  return price.value % 1000n === 0n
    ? ok(price.value / 1000n)
    : err('is not a whole number of millisatoshi per watt-hour');
}

/** A fee rate in satoshi per virtual byte, with up to three decimals; the value is per 1,000 virtual bytes. */
export function parseFeeRate(text: string): Result<bigint, string> {
  const number = parseDecimal(text);
  if (!number.ok) return number;
  const { whole, fraction, unit } = number.value;
  if (unit !== '' && unit !== 'sat/vB') return err(`has the unit '${unit}': it is sat/vB`);
  if (fraction.length > 3) return err('has more than three decimal places');
  const rate = BigInt(whole + fraction.padEnd(3, '0'));
  if (rate < 1000n) return err('is less than 1 sat/vB, which no node relays');
  return rate <= 10_000_000n ? ok(rate) : err('is more than 10,000 sat/vB: surely a mistake');
}

const SECONDS: ReadonlyMap<string, number> = new Map([
  ['s', 1],
  ['m', 60],
  ['h', 3600],
  ['d', 86_400],
]);

/** Seconds of `90s`, `30m`, `2h`, `1d`. */
export function parseDuration(text: string): Result<number, string> {
  const [, digits, unit] = /^(\d{1,9})([smhd])$/.exec(text.trim()) ?? [];
  const seconds = SECONDS.get(unit ?? '');
  if (digits === undefined || seconds === undefined)
    return err('is not a duration such as 90s, 30m, 2h or 1d');
  return Number(digits) > 0 ? ok(Number(digits) * seconds) : err('is no time at all');
}

/** Unix seconds of `1763740800` or `2026-11-21T16:00Z` (UTC). */
export function parseTime(text: string): Result<number, string> {
  if (/^\d{9,11}$/.test(text)) return ok(Number(text));
  const time = /^\d{4}-\d\d-\d\dT\d\d:\d\d(:\d\d)?Z$/.test(text) ? Date.parse(text) : Number.NaN;
  return Number.isNaN(time)
    ? err('is not a time such as 2026-11-21T16:00Z or Unix seconds')
    : ok(time / 1000);
}
