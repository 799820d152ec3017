import { equalBytes } from '../../base/bytes.ts';
import { invariant } from '../../base/invariant.ts';
import type { Role, Trader } from '../../base/role.ts';
import { buildPenalty } from '../../tx/settlement.ts';
import type { Message, MessageOf } from '../../wire/messages.ts';
import type { ChannelError } from '../error.ts';
import type { ChannelEvent } from '../event.ts';
import { fundingSighash, spendFunding } from '../localSigner.ts';
import { EMPTY_MARKET, learnPreimage, readStatement } from '../market.ts';
import { takeProof } from '../proofs.ts';
import { initialRounds, type Rounds, reestablish } from '../rounds.ts';
import type {
  AwaitingFunding,
  BroadcastPurpose,
  Market,
  Settling,
  SettlingReason,
  TraderChannel,
  UtilityChannel,
} from '../state.ts';
import {
  type Context,
  errorMessage,
  goTo,
  notify,
  refuse,
  roundContext,
  send,
  type Transition,
  traderSigner,
} from '../step.ts';

type Live = AwaitingFunding | TraderChannel | UtilityChannel;

/** On its way to the chain, or there (protocol sections 9 and 12): the monitor follows and claims. */
export function settling(state: Settling, event: ChannelEvent, context: Context): Transition {
  switch (event.type) {
    case 'block':
      return goTo({ ...state, height: event.height }, rebroadcast(state));
    case 'fundingSpent':
      return goTo({ ...state, why: refine(state.why, event.txid, event.spend) });
    case 'preimageSeen':
      return goTo({ ...state, market: learnSeen(state, event.lock, event.preimage) });
    case 'resolved':
      return goTo({ type: 'closed', role: state.role, identity: state.identity, why: state.why }, [
        notify({ type: 'closed' }),
      ]);
    case 'messageReceived':
      return onMessage(state, event.from, event.message, context);
    case 'forceClose':
      return broadcastCommitment(state, context);
    case 'connected':
      return event.peer === 'utility' ? goTo(state) : goTo(state, [failure(state, event.peer)]);
    case 'disconnected':
    case 'fundingDepth':
    case 'fundingUnspent':
    case 'inputsChecked':
    case 'fundingSigned':
    case 'unitDecided':
    case 'arbitrated':
      return goTo(state);
    default:
      return refuse(state, { code: 'unexpectedCommand', command: event.type, state: state.type });
  }
}

/** Ends a channel without a transaction of our own: somebody's is there, or it is for the peer to make one. */
export function toSettling(state: Live, why: SettlingReason): Transition {
  return goTo(settled(state, why), [notify({ type: 'settling', why })]);
}

/** Ends a channel with a transaction that is ready. */
export function settleWith(state: Live, why: SettlingReason, candidates: Settling['candidates']): Transition {
  const next = { ...settled(state, why), candidates };
  return goTo(next, [...broadcasts(candidates), notify({ type: 'settling', why })]);
}

/** Broadcasts our newest commitment. The utility has none and says so. */
export function forceClose(state: Live, why: SettlingReason, context: Context): Transition {
  const next = settled(state, why);
  if (next.rounds === null)
    return refuse(state, { code: 'unexpectedCommand', command: 'forceClose', state: state.type });
  const done = broadcastCommitment(next, context);
  const peer = state.role === 'consumer' ? 'producer' : 'consumer';
  return { ...done, actions: [...done.actions, failure(next, peer), notify({ type: 'settling', why })] };
}

/** Fails the channel over something that the other trader did. */
export function failChannel(state: TraderChannel, error: ChannelError, context: Context): Transition {
  return forceClose(state, { code: 'protocolError', error }, context);
}

function failure({ identity, why }: Settling, peer: Role) {
  const { channelId } = identity;
  if (why.code === 'protocolError') return send(peer, errorMessage(channelId, why.error));
  const text = new TextEncoder().encode(`settling on-chain: ${why.code}`);
  return send(peer, { type: 'error', channelId, data: text });
}

function settled(state: Live, why: SettlingReason): Settling {
  return {
    type: 'settling',
    role: state.role,
    identity: state.identity,
    why,
    height: state.height,
    rounds: roundsOf(state),
    market: 'market' in state ? state.market : EMPTY_MARKET,
    utility: state.type === 'attesting' ? { register: state.register, proofs: state.proofs } : null,
    candidates: [],
    penalty: null,
  };
}

function roundsOf(state: Live): Rounds | null {
  if (state.type === 'attesting') return null;
  if (state.type !== 'awaitingFunding') return state.rounds;
  if (state.held === null || state.role === 'utility') return null;
  const remote = state.points[state.role === 'consumer' ? 'producer' : 'consumer'];
  return initialRounds(state.held, remote.first, remote.second);
}

function broadcastCommitment(state: Settling, context: Context): Transition {
  const { rounds, identity } = state;
  if (rounds === null || state.why.code === 'dataLost')
    return refuse(state, { code: 'unexpectedCommand', command: 'forceClose', state: state.type });
  if (state.candidates.some(({ purpose }) => purpose === 'commitment'))
    return goTo(state, rebroadcast(state));
  const { ledger, remoteSignature } = rounds.held;
  const tx = traderSigner(context).completeCommitment(identity.contract, ledger, remoteSignature);
  const candidates = [...state.candidates, { tx, purpose: 'commitment' } as const];
  return goTo({ ...state, candidates }, broadcasts(candidates.slice(-1)));
}

function rebroadcast({ candidates, why }: Settling) {
  return why.code === 'spent' ? [] : broadcasts(candidates);
}

function broadcasts(candidates: Settling['candidates']) {
  return candidates.map(
    ({ tx, purpose }: { tx: Settling['candidates'][number]['tx']; purpose: BroadcastPurpose }) => ({
      type: 'broadcast' as const,
      tx,
      purpose,
    }),
  );
}

/** The reason of our own choice stays; one that only said that something was under way becomes what happened. */
function refine(why: SettlingReason, txid: string, spend: string): SettlingReason {
  return why.code === 'spent' ? { code: 'spent', txid, spend } : why;
}

function learnSeen({ rounds, market, height }: Settling, lock: Uint8Array, preimage: Uint8Array): Market {
  const delivery = rounds?.held.ledger.deliveries.find((each) => equalBytes(each.lock, lock));
  return delivery === undefined ? market : learnPreimage(market, delivery.id, preimage, height);
}

function onMessage(state: Settling, from: Role, message: Message, context: Context): Transition {
  if (message.type === 'arbitration_signed' && from === 'utility')
    return arbitrationSigned(state, message, context);
  if (message.type === 'arbitration_opened' && from === 'utility')
    return goTo(state, [notify({ type: 'arbitrationOpened', n: message.n, until: message.until })]);
  if (message.type === 'arbitration_refused' && from === 'utility') {
    const reason = new TextDecoder().decode(message.reason).replace(/[^\x20-\x7e]/g, '?');
    return goTo(state, [notify({ type: 'arbitrationRefused', n: message.n, reason })]);
  }
  if (message.type === 'attest_delivery' && from === 'utility')
    return goTo(attested(state, message, context));
  if (message.type === 'state_proof' && from !== 'utility') return lateProof(state, from, message, context);
  if (message.type === 'reestablish' && from !== 'utility')
    return onReestablish(state, from, message, context);
  return goTo(state);
}

/** A state that comes late still tells the utility which outputs are its own. */
function lateProof(
  state: Settling,
  from: Trader,
  { proof }: MessageOf<'state_proof'>,
  context: Context,
): Transition {
  if (state.utility === null) return goTo(state);
  const taken = takeProof(state.utility, state.identity, from, proof, context);
  return taken.ok ? goTo({ ...state, utility: taken.value.book }) : refuse(state, taken.error);
}

/** An attestation that comes late still lets a seller claim. */
function attested(state: Settling, message: MessageOf<'attest_delivery'>, context: Context): Settling {
  const delivery = state.rounds?.held.ledger.deliveries.find((each) => each.unit === message.unit);
  if (delivery === undefined) return state;
  const statement = readStatement(message.signed, delivery, state.identity, context);
  if (!statement.ok || statement.value.verdict !== 'delivered') return state;
  return {
    ...state,
    market: learnPreimage(state.market, delivery.id, statement.value.preimage, state.height),
  };
}

/** A peer that comes back hears that it is over, and may prove that our data is old. */
function onReestablish(
  state: Settling,
  from: Role,
  message: MessageOf<'reestablish'>,
  context: Context,
): Transition {
  const { rounds } = state;
  if (rounds === null) return goTo(state);
  const outcome = reestablish(roundContext(state, context), rounds, message);
  if (outcome.ok && outcome.value.type === 'dataLost')
    return goTo({ ...state, candidates: [], why: { code: 'dataLost', n: outcome.value.n } });
  return goTo(state, [failure(state, from)]);
}

function arbitrationSigned(
  state: Settling,
  message: MessageOf<'arbitration_signed'>,
  context: Context,
): Transition {
  const { penalty, identity, role } = state;
  const { contract, payout } = identity;
  if (penalty === null || role === 'utility') return goTo(state);
  const bad = refuse(state, { code: 'badArbitrationSignature', n: message.n });
  if (message.n !== penalty.ledger.n || message.feeSat !== penalty.feeSat) return bad;
  const built = buildPenalty(contract, penalty.ledger, penalty.feeSat, payout);
  invariant(built.ok, 'the fee was checked when the arbitration was requested');
  const { tx } = built.value;
  const utilityKey = contract.keys.utility.funding;
  if (!context.secp.verify(fundingSighash(contract, tx), utilityKey, message.signature)) return bad;
  const own = traderSigner(context).signPenalty(contract, penalty.ledger, penalty.feeSat, payout);
  const complete = spendFunding(contract, tx, [role, 'utility'], [own, message.signature]);
  const candidates = [...state.candidates, { tx: complete, purpose: 'penalty' } as const];
  return goTo({ ...state, candidates }, broadcasts(candidates.slice(-1)));
}
