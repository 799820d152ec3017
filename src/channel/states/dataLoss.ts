import type { Role } from '../../base/role.ts';
import type { MessageOf, StateProof } from '../../wire/messages.ts';
import { judgeShown, pleaseClose, sureOf } from '../lost.ts';
import { reestablish } from '../rounds.ts';
import type { AwaitingFunding, Settling, TraderChannel } from '../state.ts';
import { type Context, goTo, notify, roundContext, send, type Transition } from '../step.ts';
import { broadcastCommitment, failure, toSettling } from './toChain.ts';

/** Our data is old: we never broadcast, the other trader is asked to close, and what it then pays us is claimed. */
export function toLost(state: AwaitingFunding | TraderChannel, n: bigint, shown?: StateProof): Transition {
  const peer = state.role === 'consumer' ? 'producer' : 'consumer';
  const done = toSettling(state, { code: 'dataLost', n });
  const next = shown === undefined ? done.state : { ...(done.state as Settling), shown };
  const { channelId } = state.identity;
  return {
    ...done,
    state: sureOf(next as Settling),
    actions: [send(peer, pleaseClose(channelId, n)), ...done.actions],
  };
}

/** A peer that comes back hears that it is over, and may prove that our data is old. */
export function reestablishedLate(
  state: Settling,
  from: Role,
  message: MessageOf<'reestablish'>,
  context: Context,
): Transition {
  const { rounds } = state;
  if (rounds === null) return goTo(state, state.utility === null ? [failure(state, from)] : []);
  const outcome = reestablish(roundContext(state, context), rounds, message);
  if (!outcome.ok) return goTo(state, [failure(state, from)]);
  if (outcome.value.type === 'dataLost') return nowLost(state, outcome.value.n, {});
  const done = nowSure(state, context);
  return { ...done, actions: [failure(state, from), ...done.actions] };
}

/** The utility shows what the other trader holds of ours. Without our data it is what we can read that trader's commitment by. */
export function proofShown(
  state: Settling,
  { proof }: MessageOf<'state_proof'>,
  context: Context,
): Transition {
  const { role, rounds, identity, shown } = state;
  if (role === 'utility') return goTo(state);
  const judged = judgeShown(context.secp, identity, role, rounds, proof);
  if (judged === 'lost') {
    if (shown !== undefined && shown.ledger.n > proof.ledger.n) return goTo(state);
    return nowLost(state, proof.ledger.n, { shown: proof });
  }
  const newest = judged === 'known' && rounds !== null && proof.ledger.n >= rounds.held.ledger.n;
  return newest ? nowSure(state, context) : goTo(state);
}

function nowLost(state: Settling, n: bigint, found: Pick<Settling, 'shown'>): Transition {
  if (state.why.code === 'dataLost') return goTo({ ...state, ...found });
  const why = { code: 'dataLost', n } as const;
  const next: Settling = { ...sureOf(state), ...found, candidates: [], why };
  const peer = state.role === 'consumer' ? 'producer' : 'consumer';
  return goTo(next, [
    send(peer, pleaseClose(state.identity.channelId, n)),
    notify({ type: 'settling', why }),
  ]);
}

/** A copied database that turned out to be the newest: what was held back goes out. */
function nowSure(state: Settling, context: Context): Transition {
  if (!state.unsure) return goTo(state);
  return broadcastCommitment(sureOf(state), context);
}
