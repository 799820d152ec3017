import type { Trader } from '../../base/role.ts';
import type { Verdict } from '../../market/attestation.ts';
import type { MessageOf } from '../../wire/messages.ts';
import type { ChannelAction } from '../action.ts';
import { decideUnit, proofActions, takeReading, wordsOn } from '../attest.ts';
import { caseMessages } from '../cases.ts';
import { showProof, takeProof } from '../proofs.ts';
import type { Settling } from '../state.ts';
import { type Context, goTo, refuse, send, type Transition } from '../step.ts';
import { revelations } from './breach.ts';

/** What a trader hears that comes back. What one that lost its data needs comes first: it reads our words by it. */
export function utilityGreeting(
  { identity, why }: Settling,
  { proofs, register, arbitration }: NonNullable<Settling['utility']>,
  peer: Trader,
  context: Context,
): ChannelAction[] {
  const { channelId, contract } = identity;
  const exposureMsat = contract.contributions.utility;
  // without our data nothing is metered any more: the traders are to close
  if (why.code === 'dataLost') return [send(peer, { type: 'close_request', channelId, exposureMsat })];
  const decided = arbitration === null || arbitration.verdict === null ? [] : [arbitration];
  return [
    ...showProof(identity, proofs, peer),
    ...wordsOn(identity, register, [peer]),
    ...decided.flatMap((each) => caseMessages(identity, each, peer, context)),
  ];
}

/** A state that comes late still tells the utility what to meter and which outputs are its own. */
export function lateProof(
  state: Settling,
  from: Trader,
  { proof }: MessageOf<'state_proof'>,
  context: Context,
): Transition {
  const { utility, identity } = state;
  if (utility === null) return goTo(state);
  const taken = takeProof(utility, identity, from, proof, context);
  if (!taken.ok) return refuse(state, taken.error);
  const next: Settling = { ...state, utility: { ...utility, ...taken.value.book } };
  const { newest, records } = taken.value;
  const actions = newest ? proofActions(identity, taken.value, from) : [];
  return goTo(next, [...actions, ...revelations(next, from, context)], records);
}

/** A reading that comes late still decides units. */
export function lateReading(
  state: Settling,
  from: Trader,
  message: MessageOf<'meter_reading'>,
  context: Context,
): Transition {
  if (state.utility === null) return goTo(state);
  const reading = takeReading(state.identity, from, message, context);
  return reading.ok ? goTo(state, [reading.value]) : refuse(state, reading.error);
}

/** The meters decided a unit: its trader hears it wherever the channel is. */
export function lateDecision(state: Settling, verdict: Verdict, context: Context): Transition {
  const { utility, identity } = state;
  const done = utility === null ? undefined : decideUnit(identity, utility.register, verdict, context);
  if (utility === null || done === undefined) return goTo(state);
  return goTo({ ...state, utility: { ...utility, register: done.register } }, done.actions, done.records);
}
