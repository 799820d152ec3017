import { equalBytes } from '../base/bytes.ts';
import { choice, hash, seconds, struct, u32, u64 } from '../base/codec.ts';
import type { Trader } from '../base/role.ts';
import type { StatementKind } from './statement.ts';
import { isLive, type Tariff } from './tariff.ts';

/** A seller's word that it sells: without one, nobody can bind its coins (protocol section 6). */
export interface Offer {
  /** 32 bytes. */
  readonly channelId: Uint8Array;
  /** u64, the seller's own count; a later offer replaces an earlier one. */
  readonly offerId: bigint;
  readonly seller: Trader;
  /** Most units that may be ordered against this offer, u32. */
  readonly units: number;
  /** Energy of one unit, Wh, u32. */
  readonly unitEnergyWh: number;
  /** Lowest price at which the seller sells, msat per Wh; 0 takes any. */
  readonly minMsatPerWh: bigint;
  /** Unix seconds, first moment at which the offer no longer holds. */
  readonly until: number;
}

export type OfferProblem = { readonly code: 'noUnits' } | { readonly code: 'noEnergy' };

export type OrderProblem =
  | { readonly code: 'otherChannel' }
  | { readonly code: 'offerExpired'; readonly until: number; readonly time: number }
  | { readonly code: 'tariffNotLive'; readonly slot: number; readonly time: number }
  | { readonly code: 'soldOut'; readonly units: number }
  | { readonly code: 'otherUnitEnergy'; readonly offeredWh: number; readonly tariffWh: number }
  | { readonly code: 'priceTooLow'; readonly msatPerWh: bigint; readonly minMsatPerWh: bigint };

export const OFFER: StatementKind<Offer, OfferProblem> = {
  tag: 'wattlane/offer',
  codec: struct({
    channelId: hash,
    offerId: u64,
    seller: choice('consumer', 'producer'),
    units: u32,
    unitEnergyWh: u32,
    minMsatPerWh: u64,
    until: seconds,
  }),
  check: checkOffer,
};

/** Which rule an offer breaks on its own, if any. */
export function checkOffer({ units, unitEnergyWh }: Offer): OfferProblem | undefined {
  if (units <= 0) return { code: 'noUnits' };
  if (unitEnergyWh <= 0) return { code: 'noEnergy' };
  return undefined;
}

/**
 * Why one more unit cannot be ordered against `offer` at the price of `tariff`, if it cannot.
 *
 * @param taken units already ordered against this offer
 * @param time Unix seconds
 */
export function checkOrder(
  offer: Offer,
  tariff: Tariff,
  taken: number,
  time: number,
): OrderProblem | undefined {
  if (!equalBytes(offer.channelId, tariff.channelId)) return { code: 'otherChannel' };
  if (time >= offer.until) return { code: 'offerExpired', until: offer.until, time };
  if (!isLive(tariff, time)) return { code: 'tariffNotLive', slot: tariff.slot, time };
  if (taken >= offer.units) return { code: 'soldOut', units: offer.units };
  if (offer.unitEnergyWh !== tariff.unitEnergyWh)
    return { code: 'otherUnitEnergy', offeredWh: offer.unitEnergyWh, tariffWh: tariff.unitEnergyWh };
  if (tariff.msatPerWh < offer.minMsatPerWh)
    return { code: 'priceTooLow', msatPerWh: tariff.msatPerWh, minMsatPerWh: offer.minMsatPerWh };
  return undefined;
}
