/*
 * Words of the interface that need no schema: a page in a browser takes them from here, and loads no library for it.
 */

/** States of a channel whose funding is not signed by all three. */
export const OPENING_STATES = [
  'fresh',
  'reviewing',
  'awaitingAcceptance',
  'awaitingAgreement',
  'checkingInputs',
  'awaitingFundingSigned',
  'awaitingCosignature',
  'signingFunding',
] as const;

/** States of a channel (docs/protocol.md, section 8). */
export const CHANNEL_STATES = [
  ...OPENING_STATES,
  'awaitingFunding',
  'open',
  'shuttingDown',
  'negotiatingClose',
  'attesting',
  'settling',
  'closed',
  'aborted',
] as const;

/** `onChain`: it was in flight when the channel went to the chain, and is decided there. */
export const UNIT_STATUSES = [
  'inFlight',
  'attested',
  'refused',
  'settled',
  'forfeited',
  'cancelled',
  'onChain',
] as const;
