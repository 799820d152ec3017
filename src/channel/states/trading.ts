import { partsPerMillion } from '../../base/amount.ts';
import { counterpartyOf, type Role } from '../../base/role.ts';
import { OFFER, type Offer } from '../../market/offer.ts';
import type { Message, MessageOf, Update } from '../../wire/messages.ts';
import type { ChannelAction, ChannelRecord, Notice } from '../action.ts';
import type { ChannelError } from '../error.ts';
import type { ChannelEvent } from '../event.ts';
import {
  applyUpdates,
  isOvertaken,
  isPremature,
  type Ledger,
  type UpdateError,
  type UpdateRules,
} from '../ledger.ts';
import { judgeShown, sureOf } from '../lost.ts';
import {
  lastReading,
  learnPreimage,
  pruneStatements,
  readOwnMeter,
  readStatement,
  revealsUnordered,
  signBody,
  takeOffer,
  takeTariff,
} from '../market.ts';
import { mayWantTurn, mustSettle, nextUpdates, type Plan, wantsTurn } from '../orders.ts';
import {
  accept,
  checkProposal,
  conclude,
  finish,
  forgetWithdrawn,
  MAX_WITHDRAWN,
  propose,
  type Reestablished,
  reestablish,
  reestablishMessage,
  stateProof,
  turnHolder,
  withdraw,
} from '../rounds.ts';
import type { NegotiatingClose, ShuttingDown, TraderChannel, Trading } from '../state.ts';
import { type Context, goTo, notify, printable, roundContext, send, type Transition } from '../step.ts';
import { verdictReceived } from './arbitration.ts';
import { toLost } from './dataLoss.ts';
import { spent } from './settling.ts';
import { failChannel, forceClose } from './toChain.ts';

/** What a trader's live channel answers to messages and to the chain, the same while it is open and while it shuts down (protocol sections 7 to 9). */
export function onTradingMessage<S extends TraderChannel>(
  state: S,
  from: Role,
  message: Message,
  context: Context,
): Transition {
  if (from === 'utility') return onUtilityMessage(state, message, context);
  if (from === state.role) return goTo(state);
  switch (message.type) {
    case 'channel_ready':
      return goTo(state);
    case 'propose_update':
      return onPropose(state, message, context);
    case 'accept_update':
      return onAccept(state, message, context);
    case 'revoke':
      return onRevoke(state, message, context);
    case 'request_turn':
      return message.turn === state.rounds.turn && holdsTurn(state)
        ? advance({ ...state, turn: 'wanted' }, context)
        : goTo(state);
    case 'yield_turn':
      return onYield(state, message, context);
    case 'reestablish':
      return onReestablish(state, message, context);
    case 'offer':
      return onOffer(state, message, context);
    case 'release_delivery':
      return onRelease(state, message);
    case 'error':
      return forceClose(state, { code: 'peerFailed', message: printable(message.data) }, context);
    default:
      return failChannel(
        state,
        { code: 'unexpectedMessage', message: message.type, from, state: state.type },
        context,
      );
  }
}

/** Our offer, signed; the same bytes each time. */
export function offerMessage(state: Trading, offer: Offer, context: Context): ChannelAction {
  const { channelId } = state.identity;
  return send(peerOf(state), { type: 'offer', channelId, signed: signBody(context, OFFER, offer) });
}

/** The utility takes no part in rounds: what it says wrong is refused and changes nothing. */
function onUtilityMessage(state: TraderChannel, message: Message, context: Context): Transition {
  switch (message.type) {
    case 'tariff':
      return onTariff(state, message, context);
    case 'attest_delivery':
    case 'refuse_delivery':
      return onStatement(state, message, context);
    case 'close_request':
      return goTo(state, [notify({ type: 'closeRequested', exposureMsat: message.exposureMsat })]);
    case 'arbitration_opened':
      return goTo(state, [
        notify({ type: 'arbitrationOpened', n: message.n, until: message.until }),
        send('utility', stateProof(roundContext(state, context), state.rounds)),
        ...lastReading(state.identity, state.market),
      ]);
    case 'state_proof':
      return onShown(state, message, context);
    case 'arbitration_verdict':
      return verdictReceived(state, message, context);
    case 'channel_ready':
    case 'error':
      return goTo(state);
    default:
      return refused(state, {
        code: 'unexpectedMessage',
        message: message.type,
        from: 'utility',
        state: state.type,
      });
  }
}

function refused(state: TraderChannel, error: ChannelError): Transition {
  return goTo(state, [notify({ type: 'refused', error })]);
}

/** Shell and chain events that the live states share. `undefined`: the state itself must answer. */
export function onSharedEvent<S extends TraderChannel>(
  state: S,
  event: ChannelEvent,
  context: Context,
): Transition | undefined {
  switch (event.type) {
    case 'connected':
      return event.peer === 'utility' ? greetUtility(state, context) : reestablishing(state, context);
    case 'disconnected':
      if (event.peer === 'utility') return goTo(state);
      return goTo({ ...state, link: 'down', premature: null, turn: 'none' });
    case 'messageReceived':
      return undefined;
    case 'fundingSpent':
      return spent(state, event, context);
    case 'readMeter': {
      const market = readOwnMeter(state.market, event.reading);
      return goTo({ ...state, market }, lastReading(state.identity, market));
    }
    case 'forceClose':
      return forceClose(state, { code: 'requested' }, context);
    case 'fundingDepth':
    case 'fundingUnspent':
    case 'breach':
    case 'preimageSeen':
    case 'resolved':
    case 'inputsChecked':
    case 'fundingSigned':
    case 'unitDecided':
      return goTo(state);
    default:
      return undefined;
  }
}

/** The connection to the other trader is there: both say where they stand before anything else. */
export function reestablishing<S extends TraderChannel>(state: S, context: Context): Transition {
  const message = reestablishMessage(roundContext(state, context), state.rounds);
  const fresh = state.rounds.held.ledger.n === 0n;
  const { channelId } = state.identity;
  const ready = fresh ? [send(peerOf(state), { type: 'channel_ready', channelId })] : [];
  return goTo({ ...state, link: 'reestablishing', premature: null, turn: 'none' }, [
    ...ready,
    send(peerOf(state), message),
  ]);
}

/** The utility may have missed our last state: what it believes in flight takes energy from what comes after. */
function greetUtility(state: TraderChannel, context: Context): Transition {
  const { channelId } = state.identity;
  const traded = state.rounds.held.ledger.n > 0n;
  return goTo(state, [
    send('utility', { type: 'channel_ready', channelId }),
    ...(traded ? [send('utility', stateProof(roundContext(state, context), state.rounds))] : []),
    ...lastReading(state.identity, state.market),
  ]);
}

function onReestablish<S extends TraderChannel>(
  state: S,
  message: MessageOf<'reestablish'>,
  context: Context,
): Transition {
  if (state.link === 'up') return greetedAgain(state, message, context);
  const round = roundContext(state, context);
  if (!context.secp.isPublicKey(message.nextPoint))
    return refused(state, { code: 'badPoint', n: message.n + 1n });
  const outcome = reestablish(round, state.rounds, message);
  if (!outcome.ok) return refused({ ...state, link: 'stale' }, outcome.error);
  if (outcome.value.type === 'dataLost') return toLost(state, outcome.value.n);
  const { rounds, messages, wishes } = unlessOvertaken(state, message, outcome.value, context);
  if (rounds.withdrawn.length > MAX_WITHDRAWN)
    return failChannel(state, { code: 'neverAccepted', limit: MAX_WITHDRAWN }, context);
  const { kept, told } = stillAllowed(state, [...wishes, ...state.queue]);
  const next: S = { ...sureOf(state), rounds, queue: kept, link: 'up', premature: null, turn: 'none' };
  const replay = messages.map((each) => send(peerOf(state), each));
  return advance(next, context, [...told, ...replay, ...offerAgain(next, context), ...shutdownAgain(next)]);
}

/**
 * A greeting on a connection that has had one: the peer holds our proposal and cannot take it any more. We say it again
 * or take it back. No other is answered: two machines would greet each other without end.
 */
function greetedAgain<S extends TraderChannel>(
  state: S,
  message: MessageOf<'reestablish'>,
  context: Context,
): Transition {
  const { phase, held } = state.rounds;
  const { n } = held.ledger;
  const outcome = reestablish(roundContext(state, context), state.rounds, message);
  const answered = outcome.ok && outcome.value.type === 'resume' && phase.type === 'proposing';
  if (!answered || message.n !== n || message.secretsHeld !== n)
    return refused(state, outOfTurn(state, message.type));
  const { rounds, messages, wishes } = unlessOvertaken(state, message, outcome.value, context);
  if (rounds.withdrawn.length > MAX_WITHDRAWN)
    return failChannel(state, { code: 'neverAccepted', limit: MAX_WITHDRAWN }, context);
  const { kept, told } = stillAllowed(state, [...wishes, ...state.queue]);
  const replay = messages.map((each) => send(peerOf(state), each));
  return advance({ ...state, rounds, queue: kept }, context, [...told, ...replay]);
}

/**
 * What is said again. A proposal that the peer did not accept and that time or our `shutdown` has overtaken is taken
 * back: it would be refused, and a refused proposal ends the channel. What the application wanted is wanted again.
 */
function unlessOvertaken(
  state: TraderChannel,
  { n }: MessageOf<'reestablish'>,
  { rounds, messages }: Extract<Reestablished, { type: 'resume' }>,
  context: Context,
) {
  const { phase, held } = rounds;
  const again = { rounds, messages, wishes: [] };
  if (phase.type !== 'proposing' || n !== held.ledger.n) return again;
  const { updates } = phase.message;
  const allowed = stillAllowed(state, updates).told.length === 0;
  if (allowed && isTimely(rulesFor(state, state.role, context), held.ledger, updates)) return again;
  return {
    rounds: withdraw(rounds),
    messages: messages.filter(({ type }) => type !== 'propose_update'),
    wishes: updates.filter(isWish),
  };
}

/** Wishes that may still be proposed: once we have said `shutdown`, only what ends a delivery. The others are refused. */
export function stillAllowed(state: TraderChannel, wishes: readonly Update[]) {
  if (state.type === 'open') return { kept: wishes, told: [] };
  const resolves = ({ type }: Update) => type !== 'add' && type !== 'transfer';
  const told = wishes
    .filter((wish) => !resolves(wish))
    .map(({ type }) =>
      notify({
        type: 'refused',
        error: { code: 'unexpectedCommand', command: type, state: state.type },
      }),
    );
  return { kept: wishes.filter(resolves), told };
}

/** Whether the peer will take our proposal if it gets it now, its tip being about ours. */
function isTimely(rules: UpdateRules, ledger: Ledger, updates: readonly Update[]): boolean {
  const newest = rules.height + rules.contract.params.deliveryWindow;
  const fresh = updates.every((update) => update.type !== 'add' || update.deadline >= newest - 1);
  return fresh && applyUpdates(rules, ledger, updates).ok;
}

/** Whether only the application can have asked for it: the rest is worked out anew. */
function isWish(update: Update): boolean {
  if (update.type === 'settle') return update.preimage === null;
  return update.type === 'transfer' || update.type === 'cancel';
}

function offerAgain(state: TraderChannel, context: Context): ChannelAction[] {
  const own = state.market.offers[state.role];
  const released = state.market.released
    .filter((id) => sells(state, id))
    .map((id) => releaseMessage(state, id));
  return own === null ? released : [offerMessage(state, own, context), ...released];
}

/** A delivery in flight of which we are the seller. */
function sells(state: Trading, id: bigint): boolean {
  return state.rounds.held.ledger.deliveries.some((each) => each.id === id && each.seller === state.role);
}

function releaseMessage(state: Trading, id: bigint): ChannelAction {
  const { channelId } = state.identity;
  return send(peerOf(state), { type: 'release_delivery', channelId, id });
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
function onRelease<S extends TraderChannel>(state: S, { id }: MessageOf<'release_delivery'>): Transition {
  const { market, rounds } = state;
  const delivery = rounds.held.ledger.deliveries.find((each) => each.id === id && each.seller !== state.role);
  if (delivery === undefined || market.released.includes(id)) return goTo(state);
  return goTo({ ...state, market: { ...market, released: [...market.released, id] } }, [
    notify({ type: 'unitReleased', delivery }),
  ]);
}

/** Behind what is said again of a round: a proposal from before the `shutdown` must not look like one from after it. */
function shutdownAgain(state: TraderChannel): ChannelAction[] {
  return state.type === 'open' ? [] : [shutdownMessage(state)];
}

/** Where our coins go in a close; and that we order nothing any more. */
export function shutdownMessage(state: ShuttingDown | NegotiatingClose): ChannelAction {
  const { channelId } = state.identity;
  const payoutScript = state.type === 'shuttingDown' ? state.scripts.own : state.payout[state.role];
  return send(peerOf(state), { type: 'shutdown', channelId, payoutScript });
}

/** The utility shows what the other trader holds of ours: a peer that lies about its number cannot hide it. */
function onShown(state: TraderChannel, { proof }: MessageOf<'state_proof'>, context: Context): Transition {
  const judged = judgeShown(context.secp, state.identity, state.role, state.rounds, proof);
  if (judged === 'lost') return toLost(state, proof.ledger.n, proof);
  const newest = judged === 'known' && proof.ledger.n >= state.rounds.held.ledger.n;
  return goTo(newest ? sureOf(state) : state);
}

function onPropose<S extends TraderChannel>(
  state: S,
  message: MessageOf<'propose_update'>,
  context: Context,
): Transition {
  if (state.link !== 'up') return failChannel(state, outOfTurn(state, message.type), context);
  if (state.premature !== null) return failChannel(state, outOfTurn(state, message.type), context);
  const fault = checkProposal(roundContext(state, context), state.rounds, message) ?? tooLate(state, message);
  if (fault !== undefined) return failChannel(state, fault, context);
  return judge(state, message, context);
}

/** After its own `shutdown` a peer only resolves what is in flight, and nothing is left to propose once a fee is named. */
function tooLate(state: TraderChannel, { updates }: MessageOf<'propose_update'>): ChannelError | undefined {
  if (state.type === 'open') return undefined;
  const stillOpen = state.type === 'shuttingDown' && state.scripts.remote === null;
  const late = stillOpen
    ? undefined
    : updates.find((update) => update.type === 'add' || update.type === 'transfer');
  if (late === undefined && state.type === 'shuttingDown') return undefined;
  const message = late?.type ?? 'propose_update';
  return { code: 'unexpectedMessage', message, from: peerOf(state), state: state.type };
}

function outOfTurn(state: TraderChannel, message: string): ChannelError {
  return { code: 'outOfTurn', message, turn: state.rounds.turn, phase: state.rounds.phase.type };
}

/** Accepts a proposal that keeps the rules, keeps one that will, fails the channel over any other. */
function judge<S extends TraderChannel>(
  state: S,
  message: MessageOf<'propose_update'>,
  context: Context,
): Transition {
  const { updates } = message;
  const { ledger } = state.rounds.held;
  const next = applyUpdates(rulesFor(state, peerOf(state), context), ledger, updates);
  if (!next.ok && isPremature(next.error)) return goTo({ ...state, premature: message });
  if (!next.ok && isOvertaken(next.error)) return overtaken(state, message, next.error, context);
  if (!next.ok) return failChannel(state, next.error, context);
  const outcome = accept(roundContext(state, context), state.rounds, message, next.value);
  if (!outcome.ok) return failChannel(state, outcome.error, context);
  const { rounds, message: answer } = outcome.value;
  return goTo({ ...state, rounds, premature: null }, [send(peerOf(state), answer)]);
}

/**
 * A proposal that came too late, or that we held for too long: kept, so that nothing else happens, and let go of with
 * the next event. The greeting says to the proposer that we did not accept it.
 */
function overtaken<S extends TraderChannel>(
  state: S,
  message: MessageOf<'propose_update'>,
  error: UpdateError,
  context: Context,
): Transition {
  if (state.premature === null)
    return goTo({ ...state, premature: message }, [notify({ type: 'refused', error })]);
  const greeting = reestablishMessage(roundContext(state, context), state.rounds);
  return goTo({ ...state, premature: null }, [send(peerOf(state), greeting)]);
}

function onAccept<S extends TraderChannel>(
  state: S,
  message: MessageOf<'accept_update'>,
  context: Context,
): Transition {
  const { phase, held } = state.rounds;
  if (state.link !== 'up' || phase.type !== 'proposing')
    return failChannel(state, outOfTurn(state, message.type), context);
  const outcome = finish(roundContext(state, context), state.rounds, message);
  if (!outcome.ok) return failChannel(state, outcome.error, context);
  const bought = phase.message.updates.filter((update) => update.type === 'add').length;
  const next: S = {
    ...state,
    rounds: outcome.value.rounds,
    wantedUnits: Math.max(0, state.wantedUnits - bought),
  };
  return roundOver(next, held.ledger, phase.message.updates, context, [
    send(peerOf(state), outcome.value.message),
  ]);
}

function onRevoke<S extends TraderChannel>(
  state: S,
  message: MessageOf<'revoke'>,
  context: Context,
): Transition {
  const { phase } = state.rounds;
  if (state.link !== 'up' || phase.type !== 'accepting')
    return failChannel(state, outOfTurn(state, message.type), context);
  const outcome = conclude(roundContext(state, context), state.rounds, message);
  if (!outcome.ok) return failChannel(state, outcome.error, context);
  return roundOver({ ...state, rounds: outcome.value }, phase.previous, phase.updates, context, []);
}

/** A state is final for us: the application and the utility hear of it, what it replaces is kept as revoked. */
function roundOver<S extends TraderChannel>(
  state: S,
  previous: Ledger,
  updates: readonly Update[],
  context: Context,
  first: readonly ChannelAction[],
): Transition {
  const { ledger } = state.rounds.held;
  const { rounds, revoked } = forgetWithdrawn(state.rounds, previous.n);
  const notices = updates.flatMap((update) => noticeOf(state, update, previous, ledger));
  const next: S = { ...state, rounds, market: pruneStatements(state.market, ledger.deliveries) };
  const actions = [
    ...first,
    send('utility', stateProof(roundContext(next, context), next.rounds)),
    ...notices.map(notify),
  ];
  const done = advance(next, context, actions);
  const records = [
    ...[previous, ...revoked].map(revokedRecord),
    ...updates.flatMap((update) => endRecords(state, update, previous)),
  ];
  return { ...done, records: [...records, ...done.records] };
}

/** What an old commitment is claimed by: what is the utility's in it, and a preimage that came with the settlement. */
function endRecords(state: TraderChannel, update: Update, { deliveries }: Ledger): ChannelRecord[] {
  if (update.type !== 'forfeit' && update.type !== 'settle') return [];
  const delivery = deliveries.find(({ id }) => id === update.id);
  if (delivery === undefined) return [];
  const { id, unit, lock } = delivery;
  if (update.type === 'forfeit') return [{ type: 'ended', unit, lock, how: 'forfeited' }];
  const { preimage } = update;
  const isKnown = state.market.preimages.some((known) => known.id === id);
  return preimage === null || isKnown ? [] : [{ type: 'preimage', unit, preimage }];
}

function revokedRecord({ n, consumerMsat, producerMsat, utilityMsat, deliveries }: Ledger): ChannelRecord {
  return { type: 'revoked', n, consumerMsat, producerMsat, utilityMsat, deliveries };
}

function noticeOf(state: TraderChannel, update: Update, previous: Ledger, ledger: Ledger): Notice[] {
  if (update.type === 'transfer') return [];
  const delivery = [...previous.deliveries, ...ledger.deliveries].find((each) => each.id === update.id);
  if (delivery === undefined) return [];
  switch (update.type) {
    case 'add':
      return [{ type: 'unitOrdered', delivery }];
    case 'settle': {
      const gridFeeMsat = partsPerMillion(delivery.paymentMsat, state.identity.contract.params.gridFeePpm);
      return [{ type: 'unitSettled', delivery, gridFeeMsat }];
    }
    case 'forfeit':
      return [{ type: 'unitForfeited', delivery }];
    case 'cancel':
      return [{ type: 'unitCancelled', delivery }];
  }
}

function onYield<S extends TraderChannel>(
  state: S,
  message: MessageOf<'yield_turn'>,
  context: Context,
): Transition {
  const { rounds } = state;
  const rightful = !holdsTurn(state) && message.turn === rounds.turn + 1n && rounds.phase.type === 'idle';
  if (state.link !== 'up' || !rightful || state.premature !== null)
    return failChannel(state, outOfTurn(state, message.type), context);
  return advance({ ...state, rounds: { ...rounds, turn: message.turn }, turn: 'none' }, context);
}

function onTariff<S extends TraderChannel>(
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

function onOffer<S extends TraderChannel>(
  state: S,
  message: MessageOf<'offer'>,
  context: Context,
): Transition {
  const taken = takeOffer(state.market, peerOf(state), message.signed, state.identity, context);
  if (!taken.ok) return failChannel(state, taken.error, context);
  const { market, offer } = taken.value;
  return advance({ ...state, market }, context, [notify({ type: 'offer', offer })]);
}

function onStatement<S extends TraderChannel>(
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
  const { market } = state;
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

/** A block: what was premature may be right now, and deadlines come. */
export function onBlock<S extends TraderChannel>(state: S, height: number, context: Context): Transition {
  const next: S = { ...state, height };
  const forced = mustSettle(next);
  return forced === undefined ? advance(next, context) : forceClose(next, forced, context);
}

/** Goes on with whatever is possible now: judge what was premature, propose, give the turn or ask for it. */
export function advance<S extends TraderChannel>(
  state: S,
  context: Context,
  first: readonly ChannelAction[] = [],
): Transition {
  if (state.link !== 'up' || state.rounds.phase.type !== 'idle') return goTo(state, first);
  if (state.premature !== null) {
    const judged = judge(state, state.premature, context);
    return { ...judged, actions: [...first, ...judged.actions] };
  }
  if (!holdsTurn(state)) return askForTurn(state, context, first);
  if (state.turn === 'wanted') return yieldTurn(state, context, first);
  return proposeNext(state, context, first);
}

/** Gives the turn, and asks for it again at once if there is something left to do. */
function yieldTurn<S extends TraderChannel>(
  state: S,
  context: Context,
  first: readonly ChannelAction[],
): Transition {
  const turn = state.rounds.turn + 1n;
  const { channelId } = state.identity;
  const next: S = { ...state, rounds: { ...state.rounds, turn }, turn: 'none' };
  return askForTurn(next, context, [...first, send(peerOf(state), { type: 'yield_turn', channelId, turn })]);
}

/** What the application wants and may not have is refused now, not when the turn comes. */
function askForTurn<S extends TraderChannel>(
  state: S,
  context: Context,
  first: readonly ChannelAction[],
): Transition {
  if (!mayWantTurn(state)) return goTo(state, first);
  const plan = nextUpdates(state, rulesFor(state, state.role, context));
  const told = [...first, ...refusals(plan)];
  const next: S = plan.refused.length === 0 ? state : { ...state, queue: [...plan.asked, ...plan.waiting] };
  if (state.turn === 'asked' || !wantsTurn(next, plan)) return goTo(next, told);
  const { channelId } = state.identity;
  const message = { type: 'request_turn', channelId, turn: state.rounds.turn } as const;
  return goTo({ ...next, turn: 'asked' }, [...told, send(peerOf(state), message)]);
}

function refusals({ refused }: Plan): ChannelAction[] {
  return refused.map((error) => notify({ type: 'refused', error }));
}

function proposeNext<S extends TraderChannel>(
  state: S,
  context: Context,
  first: readonly ChannelAction[],
): Transition {
  const plan = nextUpdates(state, rulesFor(state, state.role, context));
  const told = [...first, ...refusals(plan)];
  const next: S = { ...state, queue: plan.waiting };
  if (plan.updates.length === 0) return goTo(next, told);
  const { rounds, message } = propose(roundContext(state, context), state.rounds, plan.updates, plan.next);
  return goTo({ ...next, rounds }, [...told, send(peerOf(state), message)]);
}

function rulesFor(state: Trading, proposer: Trading['role'], context: Context): UpdateRules {
  return {
    contract: state.identity.contract,
    proposer,
    height: state.height,
    now: context.now,
    clockTolerance: proposer === state.role ? 0 : context.clockTolerance,
    tariffs: state.market.tariffs,
    offers: state.market.offers,
    replacedOffers: state.market.replaced,
    knownPreimages: state.market.preimages,
    released: state.market.released,
  };
}

function holdsTurn(state: Trading): boolean {
  return turnHolder(state.rounds) === state.role;
}

export function peerOf(state: Trading): Trading['role'] {
  return counterpartyOf(state.role);
}
