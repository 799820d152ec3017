import { assertNever } from '../base/invariant.ts';
import type { Message } from '../wire/messages.ts';
import type { ChannelEvent } from './event.ts';
import { unsureOf } from './lost.ts';
import type { Channel } from './state.ts';
import { awaitingFunding, neverFunded } from './states/awaitingFunding.ts';
import { negotiatingClose, shuttingDown } from './states/closing.ts';
import { finished } from './states/finished.ts';
import { open } from './states/open.ts';
import { opening } from './states/opening.ts';
import { settling } from './states/settling.ts';
import { utilityChannel } from './states/utility.ts';
import { type Context, goTo, type Transition } from './step.ts';

/**
 * The channel machine: `(state, event) -> { state, actions }`, without clock, randomness or I/O. What a peer
 * or the application did wrong is in the answer; only a bug of ours throws.
 */
export function transition(state: Channel, event: ChannelEvent, context: Context): Transition {
  if (event.type === 'messageReceived' && isBetweenNodes(event.message)) return goTo(state);
  if (isSilenced(state, event)) return goTo(state);
  if (event.type === 'openingExpired' && ('identity' in state || state.type === 'aborted'))
    return goTo(state);
  if (event.type === 'fundingImpossible') return neverFunded(state);
  if (event.type === 'storeRestored') return goTo(unsureOf(state));
  switch (state.type) {
    case 'fresh':
    case 'reviewing':
    case 'awaitingAcceptance':
    case 'awaitingAgreement':
    case 'checkingInputs':
    case 'awaitingFundingSigned':
    case 'awaitingCosignature':
    case 'signingFunding':
      return opening(state, event, context);
    case 'awaitingFunding':
      return awaitingFunding(state, event, context);
    case 'open':
      return open(state, event, context);
    case 'shuttingDown':
      return shuttingDown(state, event, context);
    case 'negotiatingClose':
      return negotiatingClose(state, event, context);
    case 'attesting':
      return utilityChannel(state, event, context);
    case 'settling':
      return settling(state, event, context);
    case 'closed':
    case 'aborted':
      return finished(state, event);
    default:
      return assertNever(state);
  }
}

/**
 * What the other trader says after a greeting that no loss of messages explains: it may be in earnest and wrong, or we
 * are, so nothing of it counts but an `error`, by which it says that the channel is over.
 */
function isSilenced(state: Channel, event: ChannelEvent): boolean {
  if (event.type !== 'messageReceived' || !('link' in state) || state.link !== 'stale') return false;
  return event.from !== 'utility' && event.message.type !== 'error';
}

/** Messages of BOLT 1 that belong to the connection, or only warn: no channel changes over them. */
function isBetweenNodes({ type }: Message): boolean {
  return type === 'init' || type === 'ping' || type === 'pong' || type === 'warning';
}
