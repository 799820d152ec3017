import { utf8 } from '../../base/bytes.ts';
import type { MessageOf, Update } from '../../wire/messages.ts';
import type { ChannelAction } from '../action.ts';
import type { ChannelError } from '../error.ts';
import { applyUpdates, type Ledger, type UpdateRules } from '../ledger.ts';
import { sureOf } from '../lost.ts';
import { knownReadings } from '../market.ts';
import {
  MAX_WITHDRAWN,
  type Reestablished,
  reestablish,
  reestablishMessage,
  stateProof,
  withdraw,
} from '../rounds.ts';
import type { TraderChannel } from '../state.ts';
import { type Context, describeError, goTo, roundContext, send, type Transition } from '../step.ts';
import { advance } from './advance.ts';
import { toLost } from './dataLoss.ts';
import { outOfTurn, peerOf, refused, rulesFor, shutdownMessage, stillAllowed } from './live.ts';
import { offerMessage, releaseMessage, sells } from './marketMessages.ts';
import { failChannel } from './toChain.ts';

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
export function greetUtility(state: TraderChannel, context: Context): Transition {
  const { channelId } = state.identity;
  const traded = state.rounds.held.ledger.n > 0n;
  return goTo(state, [
    send('utility', { type: 'channel_ready', channelId }),
    ...(traded ? [send('utility', stateProof(roundContext(state, context), state.rounds))] : []),
    ...knownReadings(state.identity, state.market),
  ]);
}

/** `reestablish`: what the peer missed is said again; or one of us turns out to have lost data. */
export function onReestablish<S extends TraderChannel>(
  state: S,
  message: MessageOf<'reestablish'>,
  context: Context,
): Transition {
  if (state.link === 'up') return greetedAgain(state, message, context);
  const round = roundContext(state, context);
  if (!context.secp.isPublicKey(message.nextPoint))
    return impossible(state, { code: 'badPoint', n: message.n + 1n });
  const outcome = reestablish(round, state.rounds, message);
  if (!outcome.ok) return impossible(state, outcome.error);
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
 * No loss of messages leads to where the peer says it is. Neither side may act on that: this connection carries nothing
 * more of the channel, and the peer is told why, for people. The next connection begins anew.
 */
function impossible(state: TraderChannel, error: ChannelError): Transition {
  const { channelId } = state.identity;
  const done = refused({ ...state, link: 'stale' }, error);
  const warning = send(peerOf(state), { type: 'warning', channelId, data: utf8(describeError(error)) });
  return { ...done, actions: [...done.actions, warning] };
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

/** Behind what is said again of a round: a proposal from before the `shutdown` must not look like one from after it. */
function shutdownAgain(state: TraderChannel): ChannelAction[] {
  return state.type === 'open' ? [] : [shutdownMessage(state)];
}
