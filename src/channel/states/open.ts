import { OFFER } from '../../market/offer.ts';
import type { ChannelEvent, Command } from '../event.ts';
import { makeOffer, offerFits } from '../market.ts';
import type { Open } from '../state.ts';
import { type Context, goTo, notify, refuse, type Transition } from '../step.ts';
import { advance } from './advance.ts';
import { requestArbitration } from './arbitration.ts';
import { shutDown, shutdownReceived } from './closing.ts';
import { peerOf } from './live.ts';
import { offerMessage, releaseOf } from './marketMessages.ts';
import { onBlock, onSharedEvent, onTradingMessage } from './trading.ts';

/** Units are offered, ordered, attested and settled (protocol sections 6 to 8). */
export function open(state: Open, event: ChannelEvent, context: Context): Transition {
  const shared = onSharedEvent(state, event, context);
  if (shared !== undefined) return shared;
  switch (event.type) {
    case 'messageReceived':
      if (event.message.type === 'shutdown' && event.from === peerOf(state))
        return shutdownReceived(state, event.message, context);
      return onTradingMessage(state, event.from, event.message, context);
    case 'block':
      return block(state, event.height, context);
    case 'offer':
      return offer(state, event, context);
    case 'buy':
      return advance({ ...state, wantedUnits: event.units }, context);
    case 'update':
      return (
        releaseOf(state, event.update) ??
        advance({ ...state, queue: [...state.queue, event.update] }, context)
      );
    case 'close':
      return shutDown(state, event.payoutScript, event.feeRate, context);
    case 'requestArbitration':
      return requestArbitration(state, event.feeSat, context);
    default:
      return refuse(state, { code: 'unexpectedCommand', command: event.type, state: state.type });
  }
}

/** Closes of its own accord while there is time: after the settlement height two of the three could settle without the third. */
function block(state: Open, height: number, context: Context): Transition {
  const { settlementHeight, resolutionMargin } = state.identity.contract.params;
  const done = onBlock(state, height, context);
  if (height < settlementHeight - 2 * resolutionMargin || done.state.type !== 'open') return done;
  const closing = shutDown(done.state, null, AUTOMATIC_CLOSE_FEE_RATE, context);
  return { ...closing, actions: [...done.actions, ...closing.actions] };
}

/** Satoshi per 1,000 virtual bytes: what the commitment reserve pays for; the application may raise it. */
const AUTOMATIC_CLOSE_FEE_RATE = 1000n;

function offer(state: Open, command: Extract<Command, { type: 'offer' }>, context: Context): Transition {
  const { type: _type, ...terms } = command;
  const { market, identity, role } = state;
  const offerId = (market.offers[role]?.offerId ?? -1n) + 1n;
  const own = { channelId: identity.channelId, offerId, seller: role, ...terms };
  const problem = OFFER.check(own);
  if (problem !== undefined) return refuse(state, { code: 'badOffer', reason: problem.code });
  if (!offerFits(own)) return refuse(state, { code: 'badOffer', reason: 'outOfRange' });
  const next: Open = { ...state, market: makeOffer(market, own, context.now) };
  return goTo(next, [
    notify({ type: 'offer', offer: own }),
    ...(state.link === 'up' ? [offerMessage(next, own, context)] : []),
  ]);
}
