import { OFFER, type Offer } from '../../market/offer.ts';
import type { MessageOf, Update } from '../../wire/messages.ts';
import type { ChannelAction, ChannelRecord } from '../action.ts';
import {
  firstReadingKnown,
  learnPreimage,
  readStatement,
  revealsUnordered,
  signBody,
  takeOffer,
  takeTariff,
} from '../market.ts';
import type { TraderChannel, Trading } from '../state.ts';
import { type Context, goTo, notify, send, type Transition } from '../step.ts';
import { advance } from './advance.ts';
import { peerOf, refused } from './live.ts';
import { failChannel } from './toChain.ts';

/** Our offer, signed; the same bytes each time. */
export function offerMessage(state: Trading, offer: Offer, context: Context): ChannelAction {
  const { channelId } = state.identity;
  return send(peerOf(state), { type: 'offer', channelId, signed: signBody(context, OFFER, offer) });
}

/** `tariff`: the utility's signed price of a slot. */
export function onTariff<S extends TraderChannel>(
  state: S,
  message: MessageOf<'tariff'>,
  context: Context,
): Transition {
  const tariffs = takeTariff(state.market.tariffs, message.signed, state.identity, context);
  if (!tariffs.ok) return refused(state, tariffs.error);
  if (tariffs.value === state.market.tariffs) return goTo(state);
  const tariff = tariffs.value.at(-1);
  const told = tariff === undefined ? [] : [notify({ type: 'tariff', tariff })];
  return advance({ ...state, market: { ...state.market, tariffs: tariffs.value } }, context, told);
}

/** `offer`: the other trader's. */
export function onOffer<S extends TraderChannel>(
  state: S,
  message: MessageOf<'offer'>,
  context: Context,
): Transition {
  const taken = takeOffer(state.market, peerOf(state), message.signed, state.identity, context);
  if (!taken.ok) return failChannel(state, taken.error, context);
  const { market, offer } = taken.value;
  return advance({ ...state, market }, context, [notify({ type: 'offer', offer })]);
}

/** `attest_delivery`, `refuse_delivery`: the utility's word on a unit in flight. */
export function onStatement<S extends TraderChannel>(
  state: S,
  message: MessageOf<'attest_delivery'> | MessageOf<'refuse_delivery'>,
  context: Context,
): Transition {
  const { unit, signed } = message;
  const delivery = state.rounds.held.ledger.deliveries.find((each) => each.unit === unit);
  if (delivery === undefined) return onStrayStatement(state, message);
  const statement = readStatement(signed, delivery, state.identity, context);
  if (!statement.ok) return refused(state, statement.error);
  const record: ChannelRecord = { type: 'statement', unit, signed };
  const market = delivery.seller === state.role ? firstReadingKnown(state.market) : state.market;
  const { id } = delivery;
  if (statement.value.verdict === 'notDelivered') {
    if (market.refused.includes(id)) return goTo(state);
    const next: S = { ...state, market: { ...market, refused: [...market.refused, id] } };
    return goTo(next, [notify({ type: 'unitRefused', unit })], [record]);
  }
  if (market.preimages.some((known) => known.id === id)) return goTo(state);
  const next: S = { ...state, market: learnPreimage(market, id, statement.value.preimage, state.height) };
  const done = advance(next, context, [notify({ type: 'unitAttested', unit })]);
  return { ...done, records: [record, ...done.records] };
}

/** A word on a unit that is not in flight: one that was settled before, or one whose preimage is out too early. */
function onStrayStatement(
  state: TraderChannel,
  { unit, signed }: MessageOf<'attest_delivery'> | MessageOf<'refuse_delivery'>,
): Transition {
  const { market, rounds } = state;
  if (unit < rounds.held.ledger.nextUnit || unit < market.firstFreeUnit) return goTo(state);
  if (!revealsUnordered(market, unit, signed)) return refused(state, { code: 'unknownUnit', unit });
  return goTo({ ...state, market: { ...market, firstFreeUnit: unit + 1n } });
}

/**
 * What the application wants of `update`: as a seller to cancel is to let the buyer cancel. `undefined`: it is for the
 * next proposal.
 */
export function releaseOf<S extends TraderChannel>(state: S, update: Update): Transition | undefined {
  if (update.type !== 'cancel' || !sells(state, update.id)) return undefined;
  const { market } = state;
  if (market.released.includes(update.id)) return goTo(state);
  const next: S = { ...state, market: { ...market, released: [...market.released, update.id] } };
  return goTo(next, state.link === 'up' ? [releaseMessage(state, update.id)] : []);
}

/** The seller lets us cancel: whether we do is for the application. */
export function onRelease<S extends TraderChannel>(
  state: S,
  { id }: MessageOf<'release_delivery'>,
): Transition {
  const { market, rounds } = state;
  const delivery = rounds.held.ledger.deliveries.find((each) => each.id === id && each.seller !== state.role);
  if (delivery === undefined || market.released.includes(id)) return goTo(state);
  return goTo({ ...state, market: { ...market, released: [...market.released, id] } }, [
    notify({ type: 'unitReleased', delivery }),
  ]);
}

/** Says that we, its seller, let the buyer cancel a delivery. */
export function releaseMessage(state: Trading, id: bigint): ChannelAction {
  const { channelId } = state.identity;
  return send(peerOf(state), { type: 'release_delivery', channelId, id });
}

/** A delivery in flight of which we are the seller. */
export function sells(state: Trading, id: bigint): boolean {
  return state.rounds.held.ledger.deliveries.some((each) => each.id === id && each.seller === state.role);
}
