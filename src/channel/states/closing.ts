import { isSat, type Sat } from '../../base/amount.ts';
import type { Trader } from '../../base/role.ts';
import { buildClose, type PayoutScripts, settlementVbytes } from '../../tx/settlement.ts';
import { type Tx, txid } from '../../tx/transaction.ts';
import type { Message, MessageOf, Update } from '../../wire/messages.ts';
import { checkPayout } from '../agreement.ts';
import type { ChannelEvent } from '../event.ts';
import { fundingSighash, spendFunding } from '../localSigner.ts';
import { FORFEIT_GRACE, mustSettle } from '../orders.ts';
import type { NegotiatingClose, Open, ShuttingDown } from '../state.ts';
import { type Context, goTo, notify, refuse, send, type Transition, traderSigner } from '../step.ts';
import { advance } from './advance.ts';
import { requestArbitration } from './arbitration.ts';
import { peerOf, shutdownMessage, stillAllowed } from './live.ts';
import { releaseOf } from './marketMessages.ts';
import { reestablishing } from './reestablishing.ts';
import { failChannel, forceClose, toSettling } from './toChain.ts';
import { onBlock, onSharedEvent, onTradingMessage } from './trading.ts';

/** What is in flight resolves, nothing new is ordered (protocol section 8, close). */
export function shuttingDown(state: ShuttingDown, event: ChannelEvent, context: Context): Transition {
  const shared = onSharedEvent(state, event, context);
  if (shared !== undefined) return shared;
  switch (event.type) {
    case 'messageReceived':
      if (event.message.type === 'shutdown' && event.from === peerOf(state))
        return bothShutDown(state, event.message, context);
      return negotiate(onTradingMessage(state, event.from, event.message, context), context);
    case 'block':
      if (event.height >= state.since + patience(state))
        return forceClose({ ...state, height: event.height }, { code: 'closeUnanswered' }, context);
      return negotiate(onBlock(state, event.height, context), context);
    case 'update':
      return releaseOf(state, event.update) ?? wish(state, [...state.queue, event.update], context);
    case 'close':
      return setFeeRate(state, event.feeRate);
    case 'requestArbitration':
      return requestArbitration(state, event.feeSat, context);
    default:
      return refuse(state, { code: 'unexpectedCommand', command: event.type, state: state.type });
  }
}

/** Satoshi per 1,000 virtual bytes: 1 sat/vB, which every node relays. */
const LEAST_FEE_RATE = 1000n;

/** What we shall name as fee, also when the other side began to close. */
function setFeeRate(state: ShuttingDown, feeRate: bigint): Transition {
  const least = state.feeRate < LEAST_FEE_RATE ? LEAST_FEE_RATE : state.feeRate;
  if (feeRate < least) return refuse(state, { code: 'feeRateTooLow', feeRate, least });
  return goTo({ ...state, feeRate });
}

/** Goes on without what the application wanted and did not get: it is told so. */
function closeDown(state: ShuttingDown, context: Context): Transition {
  // otherwise it is said when the link is up again
  const said = state.link === 'up' ? [shutdownMessage(state)] : [];
  return wish(state, state.queue, context, said);
}

function wish(
  state: ShuttingDown,
  wishes: readonly Update[],
  context: Context,
  said: Transition['actions'] = [],
): Transition {
  const { kept, told } = stillAllowed(state, wishes);
  return negotiate(advance({ ...state, queue: kept }, context, [...said, ...told]), context);
}

/** Begins to close. With `null` the coins go where the opening said. */
export function shutDown(
  state: Open,
  payoutScript: Uint8Array | null,
  feeRate: bigint,
  context: Context,
): Transition {
  const own = payoutScript ?? state.identity.payout[state.role];
  const fault = checkPayout(state.role, own);
  if (fault !== undefined) return refuse(state, fault);
  if (feeRate < LEAST_FEE_RATE)
    return refuse(state, { code: 'feeRateTooLow', feeRate, least: LEAST_FEE_RATE });
  const next: ShuttingDown = {
    ...state,
    type: 'shuttingDown',
    initiator: state.role,
    scripts: { own, remote: null },
    feeRate,
    since: state.height,
    wantedUnits: 0,
  };
  return closeDown(next, context);
}

/** The other side begins to close: we answer in kind. */
export function shutdownReceived(state: Open, message: MessageOf<'shutdown'>, context: Context): Transition {
  const fault = checkPayout(peerOf(state), message.payoutScript);
  if (fault !== undefined) return failChannel(state, fault, context);
  const next: ShuttingDown = {
    ...state,
    type: 'shuttingDown',
    initiator: peerOf(state),
    scripts: { own: state.identity.payout[state.role], remote: message.payoutScript },
    feeRate: 0n,
    since: state.height,
    wantedUnits: 0,
  };
  return closeDown(next, context);
}

function bothShutDown(state: ShuttingDown, message: MessageOf<'shutdown'>, context: Context): Transition {
  const fault = checkPayout(peerOf(state), message.payoutScript);
  if (fault !== undefined) return failChannel(state, fault, context);
  const scripts = { ...state.scripts, remote: message.payoutScript };
  return negotiate(advance({ ...state, scripts }, context), context);
}

/** Moves on to the fee when nothing is in flight and both have shut down. */
function negotiate(done: Transition, context: Context): Transition {
  const { state } = done;
  if (state.type !== 'shuttingDown') return done;
  const { rounds, premature, link, role, identity } = state;
  const { own, remote } = state.scripts;
  if (remote === null) return done;
  const quiet = rounds.phase.type === 'idle' && premature === null && link === 'up';
  if (!quiet || rounds.held.ledger.deliveries.length > 0) return done;
  const payout: PayoutScripts = {
    utility: identity.payout.utility,
    consumer: role === 'consumer' ? own : remote,
    producer: role === 'producer' ? own : remote,
  };
  const { scripts: _scripts, ...rest } = state;
  const next: NegotiatingClose = {
    ...rest,
    type: 'negotiatingClose',
    payout,
    proposedFeeSat: null,
    since: state.height,
    signed: [],
  };
  if (state.feeRate === 0n) return { ...done, state: next };
  const proposed = proposeFee(next, state.feeRate, context);
  return { ...proposed, actions: [...done.actions, ...proposed.actions], records: done.records };
}

/** The closer names a fee; either side may, and a higher one replaces it. */
export function negotiatingClose(state: NegotiatingClose, event: ChannelEvent, context: Context): Transition {
  switch (event.type) {
    case 'connected':
      return event.peer === 'utility' ? goTo(state) : reestablishing(state, context);
    case 'disconnected':
      return event.peer === 'utility' ? goTo(state) : goTo({ ...state, link: 'down' });
    case 'messageReceived':
      return event.from === 'utility' ? goTo(state) : onMessage(state, event.message, context);
    case 'block':
      return block({ ...state, height: event.height }, context);
    case 'close':
      return proposeFee(state, event.feeRate, context);
    case 'fundingSpent':
      return closed(state, event.txid, event.spend);
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
    case 'readMeter':
      return goTo(state);
    default:
      return refuse(state, { code: 'unexpectedCommand', command: event.type, state: state.type });
  }
}

function closed(state: NegotiatingClose, spender: string, spend: string): Transition {
  const ours = state.signed.some((tx) => txid(tx) === spender);
  return toSettling(state, ours ? { code: 'closed' } : { code: 'spent', txid: spender, spend });
}

/** A close that is signed need only confirm; before the settlement height we do not rely on it alone. */
function block(state: NegotiatingClose, context: Context): Transition {
  const forced = mustSettle(state);
  if (forced !== undefined) return forceClose(state, forced, context);
  if (state.signed.length > 0) return goTo(state, broadcastCloses(state.signed));
  if (state.height >= state.since + patience(state))
    return forceClose(state, { code: 'closeUnanswered' }, context);
  return goTo(state);
}

/** Blocks that a close may take before we go to the chain alone: what was ordered last may still be forfeited in a round. */
function patience(state: ShuttingDown | NegotiatingClose): number {
  const { deliveryWindow, resolutionMargin } = state.identity.contract.params;
  return deliveryWindow + FORFEIT_GRACE + resolutionMargin;
}

function onMessage(state: NegotiatingClose, message: Message, context: Context): Transition {
  switch (message.type) {
    case 'closing_complete':
      return closingComplete(state, message, context);
    case 'closing_signed':
      return closingSigned(state, message, context);
    case 'shutdown':
      return sayFeeAgain(state, context);
    case 'error':
      if (state.signed.length > 0) return goTo(state);
      return onTradingMessage(state, peerOf(state), message, context);
    default:
      return onTradingMessage(state, peerOf(state), message, context);
  }
}

function proposeFee(state: NegotiatingClose, feeRate: bigint, context: Context): Transition {
  const vbytes = BigInt(settlementVbytes(state.identity.contract, state.payout));
  const feeSat = (vbytes * feeRate + 999n) / 1000n;
  const previousSat = state.proposedFeeSat ?? 0n;
  if (feeRate < LEAST_FEE_RATE)
    return refuse(state, { code: 'feeRateTooLow', feeRate, least: LEAST_FEE_RATE });
  if (!isSat(feeSat) || feeSat <= previousSat)
    return refuse(state, { code: 'feeNotRaised', feeSat, previousSat });
  const close = closeOf(state, state.role, feeSat);
  if (!close.ok) return refuse(state, close.error);
  return sayFeeAgain({ ...state, proposedFeeSat: feeSat, feeRate }, context);
}

/** A close that no node relays would keep us waiting: 1 sat/vB, what a commitment pays. */
function leastFee({ identity, payout }: NegotiatingClose): bigint {
  return BigInt(settlementVbytes(identity.contract, payout));
}

function sayFeeAgain(state: NegotiatingClose, context: Context): Transition {
  const { proposedFeeSat: feeSat, role, payout, identity, rounds } = state;
  if (feeSat === null || state.link !== 'up') return goTo(state);
  const { channelId, contract } = identity;
  const signature = traderSigner(context).signClose(contract, rounds.held.ledger, role, feeSat, payout);
  return goTo(state, [send(peerOf(state), { type: 'closing_complete', channelId, feeSat, signature })]);
}

function closeOf(state: NegotiatingClose, closer: Trader, feeSat: Sat) {
  return buildClose(state.identity.contract, state.rounds.held.ledger, closer, feeSat, state.payout);
}

/** Closes that are signed at most. Each may confirm, so each is kept and sent again. */
export const MAX_CLOSES = 32;

/** The other side's fee, which it pays itself: we sign whatever it can afford. */
function closingComplete(
  state: NegotiatingClose,
  message: MessageOf<'closing_complete'>,
  context: Context,
): Transition {
  const closer = peerOf(state);
  const { feeSat } = message;
  const leastSat = leastFee(state);
  if (feeSat < leastSat) return failChannel(state, { code: 'feeTooLow', feeSat, leastSat }, context);
  const close = closeOf(state, closer, feeSat);
  if (!close.ok) return failChannel(state, close.error, context);
  const { contract, channelId } = state.identity;
  const { tx } = close.value;
  if (!context.secp.verify(fundingSighash(contract, tx), contract.keys[closer].funding, message.signature))
    return failChannel(state, { code: 'badCloseSignature', feeSat }, context);
  const { ledger } = state.rounds.held;
  const signature = traderSigner(context).signClose(contract, ledger, closer, feeSat, state.payout);
  const complete = spendFunding(contract, tx, [closer, state.role], [message.signature, signature]);
  const isNew = !state.signed.some((each) => txid(each) === txid(complete));
  if (isNew && state.signed.length >= MAX_CLOSES)
    return refuse(state, { code: 'tooManyCloses', limit: MAX_CLOSES });
  return haveClose(state, complete, [send(closer, { type: 'closing_signed', channelId, feeSat, signature })]);
}

/** Our fee, signed by the other side. */
function closingSigned(
  state: NegotiatingClose,
  message: MessageOf<'closing_signed'>,
  context: Context,
): Transition {
  const { feeSat } = message;
  const { contract } = state.identity;
  const peer = peerOf(state);
  const close = closeOf(state, state.role, feeSat);
  const proposed = state.proposedFeeSat !== null && feeSat <= state.proposedFeeSat;
  if (!proposed || !close.ok) return failChannel(state, { code: 'badCloseSignature', feeSat }, context);
  const { tx } = close.value;
  if (!context.secp.verify(fundingSighash(contract, tx), contract.keys[peer].funding, message.signature))
    return failChannel(state, { code: 'badCloseSignature', feeSat }, context);
  const { ledger } = state.rounds.held;
  const signature = traderSigner(context).signClose(contract, ledger, state.role, feeSat, state.payout);
  return haveClose(state, spendFunding(contract, tx, [state.role, peer], [signature, message.signature]), []);
}

function haveClose(
  state: NegotiatingClose,
  tx: Tx,
  said: readonly Transition['actions'][number][],
): Transition {
  const known = state.signed.some((each) => txid(each) === txid(tx));
  const signed = known ? state.signed : [...state.signed, tx];
  const first =
    known || state.signed.length > 0 ? [] : [notify({ type: 'settling', why: { code: 'closed' } })];
  return goTo({ ...state, signed }, [...said, ...broadcastCloses([tx]), ...first]);
}

function broadcastCloses(txs: readonly Tx[]) {
  return txs.map((tx) => ({ type: 'broadcast', tx, purpose: 'close' }) as const);
}
