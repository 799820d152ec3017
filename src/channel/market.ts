import { equalBytes } from '../base/bytes.ts';
import { encode } from '../base/codec.ts';
import { err, ok, type Result } from '../base/result.ts';
import type { Trader } from '../base/role.ts';
import { deliveryLock } from '../crypto/deliveryLock.ts';
import { xOnly } from '../crypto/secp256k1.ts';
import {
  DELIVERY_STATEMENT,
  type DeliveryStatement,
  verifyDeliveryStatement,
} from '../market/deliveryStatement.ts';
import { METER_READING, type MeterReading } from '../market/meter.ts';
import { OFFER, type Offer } from '../market/offer.ts';
import {
  decodeSigned,
  encodeSigned,
  type Signed,
  type StatementKind,
  verifyStatement,
} from '../market/statement.ts';
import { TARIFF, type Tariff, tariffLock } from '../market/tariff.ts';
import type { Delivery } from '../tx/contract.ts';
import type { SignedBody } from '../wire/messages.ts';
import type { ChannelAction } from './action.ts';
import type { ChannelError } from './error.ts';
import type { Identity, Market } from './state.ts';
import type { Context } from './step.ts';

/** What a trader knows of the market of one channel; tariffs and offers only after their signatures were checked. */
export const EMPTY_MARKET: Market = {
  tariffs: [],
  offers: { consumer: null, producer: null },
  replaced: [],
  preimages: [],
  refused: [],
  released: [],
  firstFreeUnit: 0n,
  firstReading: null,
  lastReading: null,
};

/** Tariffs kept at once: the one in use, the one before it and a few published ahead. */
const MAX_TARIFFS = 8;

/** A tariff of this channel's utility that continues the ones we have: unit numbers only ever rise. */
export function takeTariff(
  tariffs: readonly Tariff[],
  signed: SignedBody,
  identity: Identity,
  context: Context,
): Result<readonly Tariff[], ChannelError> {
  const tariff = verified(TARIFF, signed, (body) =>
    verifyStatement(context.secp, TARIFF, body, xOnly(identity.nodeIds.utility)),
  );
  if (!tariff.ok) return err({ code: 'badTariff', reason: tariff.error });
  const { channelId, firstUnit, slot } = tariff.value;
  if (!equalBytes(channelId, identity.channelId)) return err({ code: 'badTariff', reason: 'otherChannel' });
  if (tariffs.some((known) => known.slot === slot && known.firstUnit === firstUnit)) return ok(tariffs);
  const lowest = tariffs.reduce((top, each) => maximum(top, endOf(each)), 0n);
  if (firstUnit < lowest) return err({ code: 'tariffOverlaps', firstUnit, lowest });
  return ok([...tariffs, tariff.value].slice(-MAX_TARIFFS));
}

function endOf(tariff: Tariff): bigint {
  return tariff.firstUnit + BigInt(tariff.locks.length);
}

function maximum(a: bigint, b: bigint): bigint {
  return a > b ? a : b;
}

const isU32 = (value: number): boolean => isSeconds(value) && value <= 0xffff_ffff;
const isSeconds = (value: number): boolean => Number.isSafeInteger(value) && value >= 0;
const isU64 = (value: bigint): boolean => value >= 0n && value < 2n ** 64n;

/** Whether the numbers of a tariff that our application wants fit its canonical bytes. */
export function tariffFits({ slot, from, until, msatPerWh, unitEnergyWh }: Tariff): boolean {
  return isU32(slot) && isSeconds(from) && isSeconds(until) && isU64(msatPerWh) && isU32(unitEnergyWh);
}

/** The same of an offer. */
export function offerFits({ units, unitEnergyWh, minMsatPerWh, until }: Offer): boolean {
  return isU32(units) && isU32(unitEnergyWh) && isU64(minMsatPerWh) && isSeconds(until);
}

/** Our own next offer. The one that it replaces binds us until it expires or the buyer has ordered against a later one. */
export function makeOffer(market: Market, own: Offer, now: number): Market {
  const before = market.offers[own.seller];
  const earlier = before === null ? market.replaced : [...market.replaced, before];
  return {
    ...market,
    offers: { ...market.offers, [own.seller]: own },
    replaced: earlier.filter((offer) => offer.until > now),
  };
}

/** A seller's offer; a later one replaces an earlier one. */
export function takeOffer(
  market: Market,
  seller: Trader,
  signed: SignedBody,
  identity: Identity,
  context: Context,
): Result<{ readonly market: Market; readonly offer: Offer }, ChannelError> {
  const offer = verified(OFFER, signed, (body) =>
    verifyStatement(context.secp, OFFER, body, xOnly(identity.nodeIds[seller])),
  );
  if (!offer.ok) return err({ code: 'badOffer', reason: offer.error });
  if (!equalBytes(offer.value.channelId, identity.channelId) || offer.value.seller !== seller)
    return err({ code: 'badOffer', reason: 'otherChannel' });
  const known = market.offers[seller];
  if (known !== null && offer.value.offerId < known.offerId)
    return err({ code: 'badOffer', reason: 'olderThanKnown' });
  return ok({
    market: { ...market, offers: { ...market.offers, [seller]: offer.value } },
    offer: offer.value,
  });
}

/** The utility's word on a delivery in flight, checked against the order, the lock and the readings that it names. */
export function readStatement(
  signed: SignedBody,
  delivery: Delivery,
  identity: Identity,
  context: Context,
): Result<DeliveryStatement, ChannelError> {
  const terms = {
    channelId: identity.channelId,
    unit: delivery.unit,
    energyWh: Number(delivery.energyWh),
    lock: delivery.lock,
    meter: identity.meters[delivery.seller],
  };
  const statement = verified(DELIVERY_STATEMENT, signed, (body) =>
    verifyDeliveryStatement(context.secp, body, xOnly(identity.nodeIds.utility), terms),
  );
  if (statement.ok) return statement;
  return err({ code: 'badStatement', unit: delivery.unit, reason: statement.error });
}

export function learnPreimage(market: Market, id: bigint, preimage: Uint8Array, height: number): Market {
  if (market.preimages.some((known) => known.id === id)) return market;
  return { ...market, preimages: [...market.preimages, { id, preimage, since: height }] };
}

/** Forgets what was said of deliveries that are no longer in flight. */
export function pruneStatements(market: Market, deliveries: readonly Delivery[]): Market {
  const inFlight = (id: bigint) => deliveries.some((each) => each.id === id);
  const preimages = market.preimages.filter(({ id }) => inFlight(id));
  const refused = market.refused.filter(inFlight);
  const released = market.released.filter(inFlight);
  return { ...market, preimages, refused, released };
}

/** Whether the utility gave out the preimage of a unit that was not ordered; then it must never be. */
export function revealsUnordered(market: Market, unit: bigint, signed: SignedBody): boolean {
  const statement = decodeSigned(DELIVERY_STATEMENT, signed);
  if (!statement.ok || statement.value.body.verdict !== 'delivered') return false;
  const { preimage } = statement.value.body;
  const lock = market.tariffs.map((tariff) => tariffLock(tariff, unit)).find((each) => each !== undefined);
  return lock !== undefined && equalBytes(deliveryLock(preimage), lock);
}

/** Our meter was read. */
export function readOwnMeter(market: Market, reading: Signed<MeterReading>): Market {
  const signed = encodeSigned(METER_READING, reading);
  const firstReading = market.lastReading === null ? signed : market.firstReading;
  return { ...market, firstReading, lastReading: signed };
}

/** The utility said something that rests on readings: it knows our first one. */
export function firstReadingKnown(market: Market): Market {
  return market.firstReading === null ? market : { ...market, firstReading: null };
}

/**
 * Our meter's first and last word, for a utility that may have heard neither: it counts energy from the first reading that
 * it hears, and what was delivered before that would be lost to its seller.
 */
export function knownReadings(identity: Identity, market: Market): ChannelAction[] {
  const { firstReading: first, lastReading: last } = market;
  const isOne = first === null || last === null || equalBytes(first.body, last.body);
  return [
    ...(isOne ? [] : lastReading(identity, { ...market, lastReading: first })),
    ...lastReading(identity, market),
  ];
}

/** What our meter said last, for the utility. */
export function lastReading({ channelId }: Identity, market: Market): ChannelAction[] {
  const signed = market.lastReading;
  if (signed === null) return [];
  return [{ type: 'send', to: 'utility', message: { type: 'meter_reading', channelId, signed } }];
}

/** Signs a body of one kind with our node key, as it goes into a message. */
export function signBody<T, P>(context: Context, kind: StatementKind<T, P>, value: T): SignedBody {
  const body = encode(kind.codec, value);
  return { body, signature: context.identity.signStatement(kind.tag, body) };
}

function verified<T, P>(
  kind: StatementKind<T, P>,
  signed: SignedBody,
  check: (signed: Signed<T>) => Result<T, { readonly code: string }>,
): Result<T, string> {
  const decoded = decodeSigned(kind, signed);
  const checked = decoded.ok ? check(decoded.value) : decoded;
  return checked.ok ? checked : err(checked.error.code);
}
