import { toHex } from '../../../base/bytes.ts';
import type { Offer } from '../../../market/offer.ts';
import type { Tariff } from '../../../market/tariff.ts';
import type { Delivery } from '../../../tx/contract.ts';

/** A code of the protocol and its values, as they are sent: texts, each short. */
export interface Cause {
  readonly code: string;
  readonly values: Readonly<Record<string, string>>;
}

const LONGEST_VALUE = 1024;

/** An error or a reason of the program. Its values are ours or public, never a secret (`errorMessage` sends them to peers). */
export function causeOf(error: { readonly code: string }): Cause {
  const { code, ...rest } = error;
  const entries = Object.entries(rest).map(([name, value]): [string, string] => [
    name,
    shown(value).slice(0, LONGEST_VALUE),
  ]);
  return { code, values: Object.fromEntries(entries) };
}

function shown(value: unknown): string {
  if (value instanceof Uint8Array) return toHex(value);
  if (typeof value !== 'object' || value === null) return String(value);
  return Object.entries(value)
    .map(([name, each]) => (name === 'code' ? shown(each) : `${name}=${shown(each)}`))
    .join(' ');
}

export function deliveryOf({
  id,
  unit,
  seller,
  energyWh,
  paymentMsat,
  bondMsat,
  lock,
  deadline,
  expiry,
}: Delivery) {
  return {
    deliveryId: `${id}`,
    unit: `${unit}`,
    seller,
    energyWh: `${energyWh}`,
    paymentMsat: `${paymentMsat}`,
    bondMsat: `${bondMsat}`,
    lock: toHex(lock),
    deadline,
    expiry,
  };
}

export function offerOf({ offerId, seller, units, unitEnergyWh, minMsatPerWh, until }: Offer) {
  return { offerId: `${offerId}`, seller, units, unitEnergyWh, minMsatPerWh: `${minMsatPerWh}`, until };
}

export function tariffOf({ slot, from, until, msatPerWh, unitEnergyWh, firstUnit, locks }: Tariff) {
  return {
    slot,
    from,
    until,
    msatPerWh: `${msatPerWh}`,
    unitEnergyWh,
    firstUnit: `${firstUnit}`,
    units: locks.length,
  };
}
