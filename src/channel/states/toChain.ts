import { utf8 } from '../../base/bytes.ts';
import { counterpartyOf, type Role } from '../../base/role.ts';
import type { ChannelAction } from '../action.ts';
import type { ChannelError } from '../error.ts';
import { EMPTY_MARKET } from '../market.ts';
import { initialRounds, type Rounds, stateProof } from '../rounds.ts';
import type {
  AwaitingFunding,
  BroadcastPurpose,
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

/** A channel as it leaves for the chain, with everything that claims and disputes need. */
export function settled(state: Live, why: SettlingReason): Settling {
  return {
    type: 'settling',
    role: state.role,
    identity: state.identity,
    why,
    height: state.height,
    rounds: roundsOf(state),
    market: 'market' in state ? state.market : EMPTY_MARKET,
    utility: state.type === 'attesting' ? utilityOf(state) : null,
    spentBy: null,
    candidates: state.type === 'negotiatingClose' ? state.signed.map((tx) => ({ tx, purpose: 'close' })) : [],
    claim: null,
    ...('unsure' in state && state.unsure ? { unsure: true } : {}),
    breach: null,
  };
}

function utilityOf({ register, proofs, tariffs, arbitration }: UtilityChannel): Settling['utility'] {
  return { register, proofs, tariffs, arbitration };
}

function roundsOf(state: Live): Rounds | null {
  if (state.type === 'attesting') return null;
  if (state.type !== 'awaitingFunding') return state.rounds;
  if (state.held === null || state.role === 'utility') return null;
  const remote = state.points[counterpartyOf(state.role)];
  return initialRounds(state.held, remote.first, remote.second);
}

/** Ends a channel without a transaction of our own: somebody's is there, or it is for the peer to make one. */
export function toSettling(state: Live, why: SettlingReason): Transition {
  return goTo(settled(state, why), [notify({ type: 'settling', why })]);
}

/** Broadcasts our newest commitment. The utility has none and says so. */
export function forceClose(state: Live, why: SettlingReason, context: Context): Transition {
  const next = settled(state, why);
  if (next.rounds === null)
    return refuse(state, { code: 'unexpectedCommand', command: 'forceClose', state: state.type });
  const peer = state.role === 'consumer' ? 'producer' : 'consumer';
  if (next.unsure) return goTo(next, [failure(next, peer), notify({ type: 'settling', why })]);
  const done = broadcastCommitment(next, context);
  return { ...done, actions: [...done.actions, failure(next, peer), notify({ type: 'settling', why })] };
}

/** Fails the channel over something that the other trader did. */
export function failChannel(state: TraderChannel, error: ChannelError, context: Context): Transition {
  return forceClose(state, { code: 'protocolError', error }, context);
}

/** What the other trader hears of it: BOLT 1 `error`. */
export function failure({ identity, why }: Settling, peer: Role) {
  const { channelId } = identity;
  if (why.code === 'protocolError') return send(peer, errorMessage(channelId, why.error));
  const text = utf8(`settling on-chain: ${why.code}`);
  return send(peer, { type: 'error', channelId, data: text });
}

/** The newest state, shown to the utility again; nothing where there is none, or ours is known to be old. */
export function newestProof(state: Settling, context: Context): ChannelAction[] {
  const { rounds, why } = state;
  if (rounds === null || why.code === 'dataLost' || rounds.held.ledger.n === 0n) return [];
  return [send('utility', stateProof(roundContext(state, context), rounds))];
}

/** Our newest commitment is on its way from now on; refused where we have none, or may not rely on it. */
export function broadcastCommitment(state: Settling, context: Context): Transition {
  const { rounds, identity } = state;
  if (rounds === null || state.why.code === 'dataLost' || state.unsure)
    return refuse(state, { code: 'unexpectedCommand', command: 'forceClose', state: state.type });
  if (state.candidates.some(({ purpose }) => purpose === 'commitment'))
    return goTo(state, rebroadcast(state));
  const { ledger, remoteSignature } = rounds.held;
  const tx = traderSigner(context).completeCommitment(identity.contract, ledger, remoteSignature);
  const candidates = [...state.candidates, { tx, purpose: 'commitment' } as const];
  return goTo({ ...state, candidates }, broadcasts(candidates.slice(-1)));
}

/** Every transaction of ours that may still come to spend the funding output. */
export function rebroadcast({ candidates, spentBy }: Settling) {
  return spentBy === null ? broadcasts(candidates) : [];
}

/** The actions that send these transactions. */
export function broadcasts(candidates: Settling['candidates']) {
  return candidates.map(
    ({ tx, purpose }: { tx: Settling['candidates'][number]['tx']; purpose: BroadcastPurpose }) => ({
      type: 'broadcast' as const,
      tx,
      purpose,
    }),
  );
}
