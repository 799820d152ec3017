import { assertNever } from '../../base/invariant.ts';
import type { ChannelError } from '../error.ts';
import type { Opening } from '../state.ts';
import { errorMessage, goTo, notify, send, type Transition } from '../step.ts';

/** Ends an opening: whoever takes part hears why, and our coins are free again. */
export function abort(state: Opening, error: ChannelError): Transition {
  const own = { type: 'aborted', role: state.role, why: error } as const;
  const release = [{ type: 'releaseCoins' }, notify({ type: 'aborted', why: error })] as const;
  const temporaryId = temporaryIdOf(state);
  const told = state.role === 'consumer' ? (['producer', 'utility'] as const) : (['consumer'] as const);
  if (temporaryId === undefined) return goTo(own, release);
  return goTo(own, [...told.map((role) => send(role, errorMessage(temporaryId, error))), ...release]);
}

function temporaryIdOf(state: Opening): Uint8Array | undefined {
  switch (state.type) {
    case 'fresh':
      return undefined;
    case 'reviewing':
    case 'awaitingAcceptance':
    case 'awaitingAgreement':
      return state.proposal.temporaryId;
    case 'checkingInputs':
    case 'awaitingFundingSigned':
    case 'awaitingCosignature':
    case 'signingFunding':
      return state.agreement.proposal.temporaryId;
    default:
      return assertNever(state);
  }
}
