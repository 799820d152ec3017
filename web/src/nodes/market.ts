import type { Trader } from '../../../src/base/role.ts';
import type { ChannelDetail } from './node.ts';
import type { Tariff } from './trade.ts';

export type Offer = ChannelDetail['offers'][number];

/** What one has to know to say whether a unit can be bought now. */
export interface Market {
  readonly channel: ChannelDetail | null;
  readonly tariffs: readonly Tariff[];
  /** Lower unit numbers were ordered already. */
  readonly nextUnit: bigint;
  readonly height: number | null;
  /** Unix seconds. */
  readonly time: number;
}

export function isLive({ from, until }: Tariff, time: number): boolean {
  return from <= time && time < until;
}

/** Units of a tariff that can still be ordered. */
export function unitsLeft({ firstUnit, units }: Tariff, nextUnit: bigint): number {
  const end = BigInt(firstUnit) + BigInt(units);
  const next = nextUnit > BigInt(firstUnit) ? nextUnit : BigInt(firstUnit);
  return next >= end ? 0 : Number(end - next);
}

/** The tariff that the next unit is bought at; else one that holds, with nothing left; else none. */
export function tariffNow({ tariffs, time, nextUnit }: Market): Tariff | undefined {
  const live = tariffs.filter((tariff) => isLive(tariff, time));
  return live.find((tariff) => unitsLeft(tariff, nextUnit) > 0) ?? live.at(-1);
}

export function offerOf(channel: ChannelDetail | null, seller: Trader): Offer | undefined {
  return channel?.offers.find((offer) => offer.seller === seller);
}

/** What a unit of a tariff costs. */
export function unitPriceMsat({ msatPerWh, unitEnergyWh }: Tariff): bigint {
  return BigInt(msatPerWh) * BigInt(unitEnergyWh);
}

/** Units that an offer and the tariff leave to buy now. */
export function offeredUnits(market: Market, seller: Trader): number {
  const tariff = tariffNow(market);
  const offer = offerOf(market.channel, seller);
  if (market.channel?.state !== 'open' || tariff === undefined || offer === undefined) return 0;
  if (offer.until <= market.time) return 0;
  if (offer.unitEnergyWh !== tariff.unitEnergyWh) return 0;
  if (BigInt(tariff.msatPerWh) < BigInt(offer.minMsatPerWh)) return 0;
  return Math.min(unitsLeft(tariff, market.nextUnit), Math.max(0, offer.units - offer.orderedUnits));
}
