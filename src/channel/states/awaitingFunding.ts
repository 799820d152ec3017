import { invariant } from '../../base/invariant.ts';
import { counterpartyOf, type Role, TRADERS, type Trader } from '../../base/role.ts';
import type { Message, MessageOf } from '../../wire/messages.ts';
import type { ChannelEvent } from '../event.ts';
import { judgeShown, sureOf } from '../lost.ts';
import { EMPTY_MARKET } from '../market.ts';
import { initialRounds, reestablish } from '../rounds.ts';
import type { AwaitingFunding, Channel, Open, UtilityChannel } from '../state.ts';
import {
  type Context,
  goTo,
  notify,
  printable,
  refuse,
  roundContext,
  send,
  type Transition,
} from '../step.ts';
import { toLost } from './dataLoss.ts';
import { reestablishing } from './reestablishing.ts';
import { forceClose, toSettling } from './toChain.ts';

/** Signed away: from here only the chain can say that the channel is not to be (protocol section 8). */
export function awaitingFunding(state: AwaitingFunding, event: ChannelEvent, context: Context): Transition {
  switch (event.type) {
    case 'fundingDepth':
      return progress({ ...state, depth: event.depth }, context);
    case 'block':
      return block({ ...state, height: event.height }, context);
    case 'messageReceived':
      return onMessage(state, event.from, event.message, context);
    case 'connected':
      return goTo(state, hearsReady(state, event.peer) ? readyTo(state, [event.peer]) : []);
    case 'fundingSpent':
      return toSettling(state, { code: 'spent', txid: event.txid, spend: event.spend });
    case 'close':
      return freeCoins(state);
    case 'forceClose':
      return forceClose(state, { code: 'requested' }, context);
    case 'disconnected':
    case 'inputsChecked':
    case 'fundingSigned':
    case 'fundingUnspent':
    case 'breach':
    case 'preimageSeen':
    case 'resolved':
    case 'unitDecided':
      return goTo(state);
    default:
      return refuse(state, { code: 'unexpectedCommand', command: event.type, state: state.type });
  }
}

function onMessage(state: AwaitingFunding, from: Role, message: Message, context: Context): Transition {
  if (message.type === 'channel_ready' && !state.readyFrom.includes(from))
    return progress({ ...state, readyFrom: [...state.readyFrom, from] }, context);
  const { role, held } = state;
  if (role === 'utility' || held === null) return goTo(state);
  if (from === 'utility')
    return message.type === 'state_proof' ? shown(state, role, message, context) : goTo(state);
  const rounds = initialRounds(held, state.points[from].first, state.points[from].second);
  if (message.type === 'reestablish') {
    const outcome = reestablish(roundContext(state, context), rounds, message);
    if (outcome.ok && outcome.value.type === 'dataLost') return toLost(state, outcome.value.n);
    return goTo(outcome.ok ? sureOf(state) : state);
  }
  // before the funding is there, the other side's change of mind changes nothing: it is signed
  if (message.type === 'error' && isReady(state))
    return forceClose(state, { code: 'peerFailed', message: printable(message.data) }, context);
  return goTo(state);
}

/** The utility shows a state of the other trader: one above 0 is one that we have signed and forgotten. */
function shown(
  state: AwaitingFunding,
  role: Trader,
  { proof }: MessageOf<'state_proof'>,
  context: Context,
): Transition {
  const peer = counterpartyOf(role);
  const { held, identity, points } = state;
  const rounds = held === null ? null : initialRounds(held, points[peer].first, points[peer].second);
  const judged = judgeShown(context.secp, identity, role, rounds, proof);
  if (judged === 'known') return goTo(sureOf(state));
  return judged === 'lost' ? toLost(state, proof.ledger.n, proof) : goTo(state);
}

/** Blocks after which a party no longer keeps its coins aside for a funding transaction that nobody confirms. */
export const FUNDING_PATIENCE = 144;

function block(state: AwaitingFunding, context: Context): Transition {
  if (mustLeave(state))
    return forceClose(state, { code: 'settlementHeightNear', height: state.height }, context);
  if (state.height - state.since === FUNDING_PATIENCE) return freeCoins(state);
  return goTo(state, rebroadcast(state));
}

/** The coins are in a channel that never opened, and T comes: a trader leaves by its commitment 0 (protocol section 8). */
function mustLeave({ role, depth, height, identity }: AwaitingFunding): boolean {
  const { settlementHeight, resolutionMargin } = identity.contract.params;
  return role !== 'utility' && depth > 0 && height >= settlementHeight - resolutionMargin;
}

/**
 * Our coins may be spent elsewhere, which is the only way to take our signatures back. The channel stays watched: until
 * then the transaction may confirm.
 */
function freeCoins(state: AwaitingFunding): Transition {
  if (state.depth > 0)
    return refuse(state, { code: 'unexpectedCommand', command: 'close', state: state.type });
  return goTo(state, [{ type: 'releaseCoins' }, notify({ type: 'fundingUnconfirmed' })]);
}

/** Given up for good: the node has seen that the funding cannot confirm. One that did after all stays. */
export function neverFunded(state: Channel): Transition {
  if (state.type !== 'awaitingFunding' || state.depth > 0) return goTo(state);
  const why = { code: 'fundingImpossible' } as const;
  return goTo({ type: 'aborted', role: state.role, why }, [
    { type: 'releaseCoins' },
    notify({ type: 'aborted', why }),
  ]);
}

function rebroadcast({ fundingTx, depth }: AwaitingFunding) {
  if (fundingTx === null || depth > 0) return [];
  return [{ type: 'broadcast', tx: fundingTx, purpose: 'funding' } as const];
}

/** Says `channel_ready` once it is deep enough, and opens when the others said it. */
function progress(state: AwaitingFunding, context: Context): Transition {
  const { role, identity } = state;
  if (state.depth < identity.contract.params.minimumDepth && !isReady(state)) return goTo(state);
  const now: AwaitingFunding = isReady(state) ? state : { ...state, readyFrom: [...state.readyFrom, role] };
  const others = role === 'utility' ? TRADERS : [counterpartyOf(role)];
  const told = isReady(state) ? [] : readyTo(state, others);
  if (!others.every((other) => now.readyFrom.includes(other))) return goTo(now, told);
  if (role === 'utility') return goTo(attesting(now), [...told, notify({ type: 'opened' })]);
  const opened = open(now);
  const hello = reestablishing(opened, context);
  return goTo(hello.state, [
    ...told,
    ...readyTo(now, ['utility']),
    notify({ type: 'opened' }),
    ...hello.actions,
  ]);
}

function isReady(state: AwaitingFunding): boolean {
  return state.readyFrom.includes(state.role);
}

function hearsReady(state: AwaitingFunding, peer: Role): boolean {
  return isReady(state) && (state.role === 'utility' || peer !== 'utility');
}

/** Ready for its own part; the utility hears it from a trader whose channel is open. */
function readyTo({ role, identity }: AwaitingFunding, peers: readonly Role[]) {
  return peers
    .filter((peer) => peer !== role)
    .map((peer) => send(peer, { type: 'channel_ready', channelId: identity.channelId }));
}

function open(state: AwaitingFunding): Open {
  const { role, identity, held, points, height, unsure } = state;
  invariant(role !== 'utility' && held !== null, 'a trader holds its commitment 0');
  const remote = points[counterpartyOf(role)];
  return {
    type: 'open',
    role,
    identity,
    rounds: initialRounds(held, remote.first, remote.second),
    market: EMPTY_MARKET,
    height,
    link: 'down',
    premature: null,
    wantedUnits: 0,
    queue: [],
    turn: 'none',
    ...(unsure === undefined ? {} : { unsure }),
  };
}

function attesting({ identity, height }: AwaitingFunding): UtilityChannel {
  return {
    type: 'attesting',
    role: 'utility',
    identity,
    height,
    tariffs: [],
    register: [],
    proofs: [],
    arbitration: null,
  };
}
