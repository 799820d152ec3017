import type { MessageOf } from '../../wire/messages.ts';
import type { ChannelAction } from '../action.ts';
import { applyUpdates, isOvertaken, isPremature, type UpdateError } from '../ledger.ts';
import { mayWantTurn, nextUpdates, type Plan, wantsTurn } from '../orders.ts';
import { accept, propose, reestablishMessage } from '../rounds.ts';
import type { TraderChannel } from '../state.ts';
import { type Context, goTo, notify, roundContext, send, type Transition } from '../step.ts';
import { holdsTurn, peerOf, rulesFor } from './live.ts';
import { failChannel } from './toChain.ts';

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

/** Accepts a proposal that keeps the rules, keeps one that will, fails the channel over any other. */
export function judge<S extends TraderChannel>(
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

function refusals({ refused }: Plan): ChannelAction[] {
  return refused.map((each) => notify({ type: 'refused', ...each }));
}
