import { toHex } from '../base/bytes.ts';
import { hash, list, seconds, struct, u32, u64 } from '../base/codec.ts';
import { energyCost } from './pricing.ts';
import type { StatementKind } from './statement.ts';

/** What the utility publishes to one channel for one slot: the price, and the locks of the units it may attest. */
export interface Tariff {
  /** 32 bytes. */
  readonly channelId: Uint8Array;
  /** Number of the slot, u32. */
  readonly slot: number;
  /** Unix seconds, first moment at which the price holds. */
  readonly from: number;
  /** Unix seconds, first moment at which it no longer holds. */
  readonly until: number;
  readonly msatPerWh: bigint;
  /** Energy of one unit, Wh, u32. */
  readonly unitEnergyWh: number;
  /** Number of the unit that the first lock belongs to; the others follow without a gap. */
  readonly firstUnit: bigint;
  /** 1 to {@link MAX_TARIFF_LOCKS} delivery locks H (`deliveryLock`), 32 bytes each, all different. */
  readonly locks: readonly Uint8Array[];
}

export type TariffProblem =
  | { readonly code: 'emptySlot'; readonly from: number; readonly until: number }
  | { readonly code: 'priceNotPositive' }
  | { readonly code: 'noEnergy' }
  | { readonly code: 'unitTooExpensive'; readonly msatPerWh: bigint; readonly unitEnergyWh: number }
  | { readonly code: 'noLocks' }
  | { readonly code: 'tooManyLocks'; readonly locks: number }
  | { readonly code: 'repeatedLock'; readonly unit: bigint }
  | { readonly code: 'unitOutOfRange'; readonly firstUnit: bigint; readonly locks: number };

/** Most units of one tariff. */
export const MAX_TARIFF_LOCKS = 1000;

export const TARIFF: StatementKind<Tariff, TariffProblem> = {
  tag: 'wattlane/tariff',
  codec: struct({
    channelId: hash,
    slot: u32,
    from: seconds,
    until: seconds,
    msatPerWh: u64,
    unitEnergyWh: u32,
    firstUnit: u64,
    locks: list(hash, MAX_TARIFF_LOCKS),
  }),
  check: checkTariff,
};

/** Which rule a tariff breaks on its own, if any. Whether it is live is asked with {@link isLive}. */
export function checkTariff(tariff: Tariff): TariffProblem | undefined {
  const { from, until, msatPerWh, unitEnergyWh, firstUnit, locks } = tariff;
  if (from >= until) return { code: 'emptySlot', from, until };
  if (msatPerWh <= 0n) return { code: 'priceNotPositive' };
  if (unitEnergyWh <= 0) return { code: 'noEnergy' };
  if (energyCost(msatPerWh, unitEnergyWh) === undefined)
    return { code: 'unitTooExpensive', msatPerWh, unitEnergyWh };
  if (locks.length === 0) return { code: 'noLocks' };
  if (locks.length > MAX_TARIFF_LOCKS) return { code: 'tooManyLocks', locks: locks.length };
  if (firstUnit + BigInt(locks.length) > 2n ** 64n)
    return { code: 'unitOutOfRange', firstUnit, locks: locks.length };
  const seen = new Set<string>();
  for (const [index, lock] of locks.entries()) {
    if (seen.has(toHex(lock))) return { code: 'repeatedLock', unit: firstUnit + BigInt(index) };
    seen.add(toHex(lock));
  }
  return undefined;
}

/** Whether the price holds at `time` (Unix seconds): `from` is in, `until` is out. */
export function isLive(tariff: Tariff, time: number): boolean {
  return tariff.from <= time && time < tariff.until;
}

/** The delivery lock of `unit`, or `undefined` when this tariff has none for it. */
export function tariffLock(tariff: Tariff, unit: bigint): Uint8Array | undefined {
  return unit < tariff.firstUnit ? undefined : tariff.locks[Number(unit - tariff.firstUnit)];
}
