import { equalBytes } from '../../base/bytes.ts';
import type { Role } from '../../base/role.ts';
import type { Delivery } from '../../tx/contract.ts';
import type { Message, MessageOf } from '../../wire/messages.ts';
import type { ChannelAction } from '../action.ts';
import type { ChannelEvent } from '../event.ts';
import { lastReading, learnPreimage, readOwnMeter, readStatement } from '../market.ts';
import { atStake } from '../rounds.ts';
import type { Market, Settling, SettlingReason, TraderChannel } from '../state.ts';
import { type Context, goTo, notify, refuse, type Transition } from '../step.ts';
import {
  arbitrationRefused,
  arbitrationRequest,
  caseOpened,
  requestArbitration,
  verdictTaken,
  waitsTooLong,
} from './arbitration.ts';
import { breached, revealed, revelations, secretShown, showSecret } from './breach.ts';
import { proofShown, reestablishedLate } from './dataLoss.ts';
import { lateDecision, lateProof, lateReading, utilityGreeting } from './lateWork.ts';
import { broadcastCommitment, broadcasts, failure, newestProof, rebroadcast, toSettling } from './toChain.ts';

/** On its way to the chain, or there (protocol sections 9 and 12): the monitor follows and claims. */
export function settling(state: Settling, event: ChannelEvent, context: Context): Transition {
  switch (event.type) {
    case 'block':
      return block(state, event.height, context);
    case 'fundingSpent':
      return isSpent(state, event, context);
    case 'fundingUnspent':
      return unspent({ ...state, spentBy: null, breach: null }, context);
    case 'breach':
      return breached(state, event.breach, context);
    case 'preimageSeen':
      return goTo({ ...state, market: learnSeen(state, event.lock, event.preimage) });
    case 'resolved':
      return goTo({ type: 'closed', role: state.role, identity: state.identity, why: state.why }, [
        notify({ type: 'closed' }),
      ]);
    case 'messageReceived':
      return onMessage(state, event.from, event.message, context);
    case 'unitDecided':
      return lateDecision(state, event.verdict, context);
    case 'forceClose':
      return broadcastCommitment(state, context);
    case 'requestArbitration':
      return ask(state, event.feeSat, context);
    case 'readMeter': {
      const market = readOwnMeter(state.market, event.reading);
      return goTo({ ...state, market }, lastReading(state.identity, market));
    }
    case 'connected':
      return goTo(state, greeting(state, event.peer, context));
    case 'disconnected':
    case 'fundingDepth':
    case 'inputsChecked':
    case 'fundingSigned':
      return goTo(state);
    default:
      return refuse(state, { code: 'unexpectedCommand', command: event.type, state: state.type });
  }
}

/** The other trader hears that it is over. Trader and utility tell each other what the units in flight hang on. */
function greeting(state: Settling, peer: Role, context: Context): ChannelAction[] {
  const { identity, utility } = state;
  if (utility !== null)
    return peer === 'utility'
      ? []
      : [...utilityGreeting(state, utility, peer, context), ...revelations(state, peer, context)];
  if (peer !== 'utility') return [failure(state, peer)];
  return [
    ...newestProof(state, context),
    ...lastReading(identity, state.market),
    ...arbitrationRequest(state, context),
  ];
}

/** With a state that may be old the utility's verdict is the only way out of our own; otherwise our commitment is under way. */
function ask(state: Settling, feeSat: bigint, context: Context): Transition {
  const { rounds, claim, spentBy, unsure } = state;
  if (!unsure || rounds === null || claim !== null || spentBy !== null)
    return refuse(state, { code: 'unexpectedCommand', command: 'requestArbitration', state: state.type });
  return requestArbitration({ ...state, rounds }, feeSat, context);
}

/** A new block: what is ours is submitted again, and a decision that does not come in time is waited for no longer. */
function block(before: Settling, height: number, context: Context): Transition {
  const state = { ...before, height };
  if (!waitsTooLong(state)) return goTo(state, [...rebroadcast(state), ...showSecret(state)]);
  const done = broadcastCommitment({ ...state, claim: null }, context);
  return {
    ...done,
    actions: [...rebroadcast(state), ...done.actions, notify({ type: 'arbitrationGivenUp', height })],
  };
}

type SpendEvent = Extract<ChannelEvent, { type: 'fundingSpent' }>;

/** The funding output is spent, and not by a close of ours. */
export function spent(state: TraderChannel, event: SpendEvent, context: Context): Transition {
  const { txid, spend } = event;
  const done = toSettling(state, { code: 'spent', txid, spend });
  if (done.state.type !== 'settling') return done;
  const settled = isSpent(done.state, event, context);
  return { ...settled, actions: [...done.actions, ...settled.actions] };
}

/**
 * A reason of our own choice stays; one that only said what happened follows what happens. An order that we had
 * accepted and the buyer not confirmed is final once a commitment that holds it is on the chain.
 */
function isSpent(state: Settling, { txid, spend }: SpendEvent, context: Context): Transition {
  const why: SettlingReason = state.why.code === 'spent' ? { code: 'spent', txid, spend } : state.why;
  const next: Settling = { ...state, why, spentBy: txid };
  const { rounds } = state;
  const final = spend === 'ownCommitment' || spend === 'peerNext';
  if (rounds === null || rounds.phase.type !== 'accepting' || !final || state.spentBy !== null)
    return goTo(next);
  const before = rounds.phase.previous.deliveries;
  const ordered = rounds.held.ledger.deliveries.filter(({ id }) => !before.some((each) => each.id === id));
  if (ordered.length === 0) return goTo(next);
  return goTo(next, [
    ...newestProof(next, context),
    ...ordered.map((delivery) => notify({ type: 'unitOrdered', delivery })),
  ]);
}

/** Where nothing of ours is on its way, whoever spent the funding output need not do it again: our commitment goes out. */
function unspent(state: Settling, context: Context): Transition {
  const { candidates, claim, rounds, why, unsure } = state;
  const isBound = rounds === null || why.code === 'dataLost' || unsure === true;
  if (candidates.length > 0 || claim !== null || isBound) return goTo(state, broadcasts(candidates));
  return broadcastCommitment(state, context);
}

function onMessage(state: Settling, from: Role, message: Message, context: Context): Transition {
  if (from === 'utility') return onUtilityMessage(state, message, context);
  switch (message.type) {
    case 'state_proof':
      return lateProof(state, from, message, context);
    case 'meter_reading':
      return lateReading(state, from, message, context);
    case 'show_secret':
      return secretShown(state, from, message, context);
    case 'reestablish':
      return reestablishedLate(state, from, message, context);
    case 'channel_ready':
      // it waits for ours to open, and cannot have it
      return goTo(
        state,
        state.utility === null && state.why.code === 'dataLost' ? [failure(state, from)] : [],
      );
    default:
      return goTo(state);
  }
}

function onUtilityMessage(state: Settling, message: Message, context: Context): Transition {
  switch (message.type) {
    case 'arbitration_verdict':
      return verdictTaken(state, message, context);
    case 'arbitration_opened':
      return caseOpened(state, message, context);
    case 'arbitration_refused':
      return arbitrationRefused(state, message, context);
    case 'attest_delivery':
    case 'refuse_delivery':
      return wordHeard(state, message, context);
    case 'state_proof':
      return proofShown(state, message, context);
    case 'reveal_preimage':
      return revealed(state, message);
    default:
      return goTo(state);
  }
}

/** An attestation that comes late still lets a seller claim. A refusal is kept for disputes. */
function wordHeard(
  state: Settling,
  message: MessageOf<'attest_delivery' | 'refuse_delivery'>,
  context: Context,
): Transition {
  const { market, identity, height } = state;
  const { unit, signed } = message;
  const delivery = deliveriesOf(state).find((each) => each.unit === unit);
  if (delivery === undefined || market.preimages.some(({ id }) => id === delivery.id)) return goTo(state);
  const statement = readStatement(signed, delivery, identity, context);
  if (!statement.ok) return refuse(state, statement.error);
  if (statement.value.verdict === 'notDelivered') {
    if (market.refused.includes(delivery.id)) return goTo(state);
    const refused = [...market.refused, delivery.id];
    return goTo(
      { ...state, market: { ...market, refused } },
      [notify({ type: 'unitRefused', unit })],
      [{ type: 'statement', unit, signed }],
    );
  }
  return goTo(
    { ...state, market: learnPreimage(market, delivery.id, statement.value.preimage, height) },
    [notify({ type: 'unitAttested', unit })],
    [{ type: 'statement', unit, signed }],
  );
}

function learnSeen(state: Settling, lock: Uint8Array, preimage: Uint8Array): Market {
  const { market, height } = state;
  const delivery = deliveriesOf(state).find((each) => equalBytes(each.lock, lock));
  return delivery === undefined ? market : learnPreimage(market, delivery.id, preimage, height);
}

/** What is in flight by our data and, where that is lost, by what the utility has shown. */
function deliveriesOf({ rounds, shown }: Settling): readonly Delivery[] {
  return [...(shown?.ledger.deliveries ?? []), ...(rounds === null ? [] : atStake(rounds))];
}
