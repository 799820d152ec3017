import { partsPerMillion } from '../../base/amount.ts';
import type { MessageOf, Update } from '../../wire/messages.ts';
import type { ChannelAction, ChannelRecord, Notice } from '../action.ts';
import type { ChannelError } from '../error.ts';
import type { Ledger } from '../ledger.ts';
import { pruneStatements } from '../market.ts';
import { checkProposal, conclude, finish, forgetWithdrawn, stateProof } from '../rounds.ts';
import type { TraderChannel } from '../state.ts';
import { type Context, notify, roundContext, send, type Transition } from '../step.ts';
import { advance, judge } from './advance.ts';
import { holdsTurn, outOfTurn, peerOf } from './live.ts';
import { failChannel } from './toChain.ts';

/** `propose_update`: judged at once, or the end of the channel when it is not in its place. */
export function onPropose<S extends TraderChannel>(
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

/** `accept_update`: our proposal is the newest state now. */
export function onAccept<S extends TraderChannel>(
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

/** `revoke`: what we accepted is final. */
export function onRevoke<S extends TraderChannel>(
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

/** `yield_turn`: the turn is ours. */
export function onYield<S extends TraderChannel>(
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
