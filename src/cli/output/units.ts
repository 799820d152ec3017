/** Numbers, energies and times as people read them. Pure. */

/** `1234567n` as `1,234,567`. */
export function thousands(value: bigint | number): string {
  const number = BigInt(value);
  const [sign, digits] = number < 0n ? ['-', String(-number)] : ['', String(number)];
  return sign + digits.replace(/\B(?=(\d{3})+$)/g, ',');
}

/** Millisatoshi (decimal digits, as the RPC says them) in satoshi: `4.356`, `1,000`. */
export function satOfMsat(msat: string | bigint): string {
  const value = BigInt(msat);
  const size = value < 0n ? -value : value;
  const whole = `${value < 0n ? '-' : ''}${thousands(size / 1000n)}`;
  return size % 1000n === 0n ? whole : `${whole}.${String(size % 1000n).padStart(3, '0')}`;
}

/** Satoshi with their unit: `12,345 sat`. */
export function sats(sat: string | bigint): string {
  return `${thousands(BigInt(sat))} sat`;
}

/** Millisatoshi with the unit that shows all of it: `4.356 sat`. */
export function msats(msat: string | bigint): string {
  return `${satOfMsat(msat)} sat`;
}

/** `10 Wh`, `1,500 Wh`. */
export function energy(wh: string | bigint | number): string {
  return `${thousands(BigInt(wh))} Wh`;
}

/** A price: `400 msat/Wh`. */
export function price(msatPerWh: string | bigint): string {
  return `${thousands(BigInt(msatPerWh))} msat/Wh`;
}

/** `1 unit`, `2 units`. */
export function counted(count: number | bigint, thing: string): string {
  return `${thousands(count)} ${thing}${BigInt(count) === 1n ? '' : 's'}`;
}

const STEPS = [
  [86_400, 'd'],
  [3600, 'h'],
  [60, 'min'],
  [1, 's'],
] as const;

/** A time beside now, Unix seconds: `3 min ago`, `in 2 h`, `now`. */
export function relativeTime(time: number, now: number): string {
  const distance = Math.abs(time - now);
  const step = STEPS.find(([seconds]) => distance >= seconds);
  if (step === undefined) return 'now';
  const text = `${Math.floor(distance / step[0])} ${step[1]}`;
  return time < now ? `${text} ago` : `in ${text}`;
}

/** `2026-11-21 16:05:09` of Unix seconds, UTC. */
export function utcTime(seconds: number): string {
  return new Date(seconds * 1000).toISOString().slice(0, 19).replace('T', ' ');
}

/** The first and last characters of an id, enough to tell it from others: `02ab34cd…12ef`. */
export function shortId(id: string): string {
  return id.length <= 14 ? id : `${id.slice(0, 8)}…${id.slice(-4)}`;
}
