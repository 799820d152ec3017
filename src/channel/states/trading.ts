import type { Role } from '../../base/role.ts';
import type { Message, MessageOf } from '../../wire/messages.ts';
import type { ChannelEvent } from '../event.ts';
import { judgeShown, sureOf } from '../lost.ts';
import { firstReadingKnown, lastReading, readOwnMeter } from '../market.ts';
import { mustSettle } from '../orders.ts';
import { stateProof } from '../rounds.ts';
import type { TraderChannel } from '../state.ts';
import { type Context, goTo, notify, printable, roundContext, send, type Transition } from '../step.ts';
import { advance } from './advance.ts';
import { verdictReceived } from './arbitration.ts';
import { toLost } from './dataLoss.ts';
import { holdsTurn, refused } from './live.ts';
import { onOffer, onRelease, onStatement, onTariff } from './marketMessages.ts';
import { greetUtility, onReestablish, reestablishing } from './reestablishing.ts';
import { spent } from './settling.ts';
import { failChannel, forceClose } from './toChain.ts';
import { onAccept, onPropose, onRevoke, onYield } from './updating.ts';

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
      return goTo({ ...state, market: firstReadingKnown(state.market) }, [
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

/** The utility shows what the other trader holds of ours: a peer that lies about its number cannot hide it. */
function onShown(state: TraderChannel, { proof }: MessageOf<'state_proof'>, context: Context): Transition {
  const judged = judgeShown(context.secp, state.identity, state.role, state.rounds, proof);
  if (judged === 'lost') return toLost(state, proof.ledger.n, proof);
  const newest = judged === 'known' && proof.ledger.n >= state.rounds.held.ledger.n;
  return goTo(newest ? sureOf(state) : state);
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

/** A block: what was premature may be right now, and deadlines come. */
export function onBlock<S extends TraderChannel>(state: S, height: number, context: Context): Transition {
  const next: S = { ...state, height };
  const forced = mustSettle(next);
  return forced === undefined ? advance(next, context) : forceClose(next, forced, context);
}
