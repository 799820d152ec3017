import { counterpartyOf } from '../../base/role.ts';
import type { Update } from '../../wire/messages.ts';
import type { ChannelAction } from '../action.ts';
import type { ChannelError } from '../error.ts';
import type { UpdateRules } from '../ledger.ts';
import { turnHolder } from '../rounds.ts';
import type { NegotiatingClose, ShuttingDown, TraderChannel, Trading } from '../state.ts';
import { type Context, goTo, notify, send, type Transition } from '../step.ts';

/** What the other party said changes nothing; the application hears why. */
export function refused(state: TraderChannel, error: ChannelError): Transition {
  return goTo(state, [notify({ type: 'refused', error })]);
}

/** A message that the round, the turn or the connection has no place for. */
export function outOfTurn(state: TraderChannel, message: string): ChannelError {
  return { code: 'outOfTurn', message, turn: state.rounds.turn, phase: state.rounds.phase.type };
}

/** What decides whether updates of `proposer` are within the rules (protocol section 6). */
export function rulesFor(state: Trading, proposer: Trading['role'], context: Context): UpdateRules {
  return {
    contract: state.identity.contract,
    proposer,
    height: state.height,
    now: context.now,
    clockTolerance: proposer === state.role ? 0 : context.clockTolerance,
    tariffs: state.market.tariffs,
    offers: state.market.offers,
    replacedOffers: state.market.replaced,
    knownPreimages: state.market.preimages,
    released: state.market.released,
  };
}

/** Wishes that may still be proposed: once we have said `shutdown`, only what ends a delivery. The others are refused. */
export function stillAllowed(state: TraderChannel, wishes: readonly Update[]) {
  if (state.type === 'open') return { kept: wishes, told: [] };
  const resolves = ({ type }: Update) => type !== 'add' && type !== 'transfer';
  const told = wishes
    .filter((wish) => !resolves(wish))
    .map((update) =>
      notify({
        type: 'refused',
        error: { code: 'unexpectedCommand', command: update.type, state: state.type },
        update,
      }),
    );
  return { kept: wishes.filter(resolves), told };
}

/** Where our coins go in a close; and that we order nothing any more. */
export function shutdownMessage(state: ShuttingDown | NegotiatingClose): ChannelAction {
  const { channelId } = state.identity;
  const payoutScript = state.type === 'shuttingDown' ? state.scripts.own : state.payout[state.role];
  return send(peerOf(state), { type: 'shutdown', channelId, payoutScript });
}

/** Whether it is for us to propose. */
export function holdsTurn(state: Trading): boolean {
  return turnHolder(state.rounds) === state.role;
}

/** The other trader. */
export function peerOf(state: Trading): Trading['role'] {
  return counterpartyOf(state.role);
}
