import type { ChannelEvent } from '../event.ts';
import type { Aborted, Closed } from '../state.ts';
import { goTo, refuse, type Transition } from '../step.ts';

/** Nothing happens any more; a command is told so. */
export function finished(state: Closed | Aborted, event: ChannelEvent): Transition {
  switch (event.type) {
    case 'connected':
    case 'disconnected':
    case 'messageReceived':
    case 'block':
    case 'fundingDepth':
    case 'fundingSpent':
    case 'fundingUnspent':
    case 'breach':
    case 'preimageSeen':
    case 'resolved':
    case 'inputsChecked':
    case 'fundingSigned':
    case 'unitDecided':
      return goTo(state);
    default:
      return refuse(state, { code: 'unexpectedCommand', command: event.type, state: state.type });
  }
}
