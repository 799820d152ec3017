import { isSat } from '../../base/amount.ts';
import { UNDECIDED_GRACE } from '../../dispute/arbitrate.ts';
import { arbitratedLocktime, buildPenalty } from '../../tx/settlement.ts';
import type { MessageOf } from '../../wire/messages.ts';
import type { ChannelAction, ChannelRecord } from '../action.ts';
import { HEIGHT_TOLERANCE } from '../ledger.ts';
import { lastReading } from '../market.ts';
import { atStake, type Rounds, stateProof } from '../rounds.ts';
import type { Identity, Open, Settling, ShuttingDown, TraderChannel } from '../state.ts';
import {
  type Context,
  goTo,
  notify,
  printable,
  refuse,
  roundContext,
  send,
  type Transition,
} from '../step.ts';
import { type TakenVerdict, takeVerdict } from '../verdicts.ts';
import { broadcastCommitment, broadcasts, forceClose, newestProof, settled } from './toChain.ts';

/**
 * Asks the utility to decide how the channel ends (protocol section 9, second way). We wait for it no longer than
 * {@link giveUpAt} and then go to the chain alone, whatever it said meanwhile.
 */
export function requestArbitration(
  state: Open | ShuttingDown | (Settling & { readonly rounds: Rounds }),
  feeSat: bigint,
  context: Context,
): Transition {
  const { identity, rounds } = state;
  if (!isSat(feeSat)) return refuse(state, { code: 'badFee', feeSat });
  const built = buildPenalty(identity.contract, rounds.held.ledger, feeSat, identity.payout);
  if (!built.ok) return refuse(state, built.error);
  const why = { code: 'arbitrationRequested' } as const;
  const requestedAt = state.height;
  const contested = requestedAt + identity.contract.params.contestWindow;
  const claim = { feeSat, requestedAt, giveUpAt: giveUpAt(state, contested) };
  const before = state.type === 'settling' ? { ...state, why } : settled(state, why);
  const next: Settling = { ...before, claim };
  return goTo(next, [
    ...arbitrationRequest(next, context),
    ...lastReading(identity, next.market),
    notify({ type: 'settling', why }),
  ]);
}

/** The request that has not been answered by a transaction; said again on each connection with the utility. */
export function arbitrationRequest(state: Settling, context: Context): ChannelAction[] {
  const { rounds, claim, identity, candidates } = state;
  if (rounds === null || claim === null || claim.feeSat === null) return [];
  if (candidates.some(({ purpose }) => purpose === 'penalty')) return [];
  const { proof } = stateProof(roundContext(state, context), rounds);
  const { channelId } = identity;
  const { feeSat } = claim;
  return [send('utility', { type: 'request_arbitration', channelId, proof, feeSat })];
}

/** Blocks that a decision may take on its way to the chain, besides the margin. */
const GIVE_UP_GRACE = HEIGHT_TOLERANCE;

/** The height at which we stop waiting for the utility: the latest at which it could sign, and what a transaction takes to confirm. */
function giveUpAt({ identity, rounds }: { identity: Identity; rounds: Rounds }, from: number): number {
  const { contract } = identity;
  const deadlines = rounds.held.ledger.deliveries.map(({ deadline }) => deadline + UNDECIDED_GRACE);
  const latest = Math.max(from, arbitratedLocktime(contract), ...deadlines);
  return latest + contract.params.resolutionMargin + GIVE_UP_GRACE;
}

/** At its deadline a delivery that its seller can claim must go to the chain: later its claim may not fit before the expiry. */
export function waitsTooLong({
  claim,
  spentBy,
  rounds,
  role,
  market,
  height,
  why,
  candidates,
}: Settling): boolean {
  if (claim === null || spentBy !== null || rounds === null || why.code === 'dataLost') return false;
  if (candidates.some(({ purpose }) => purpose === 'commitment')) return false;
  const unpaid = atStake(rounds).some(
    ({ id, seller, deadline }) =>
      seller === role && height >= deadline && market.preimages.some((known) => known.id === id),
  );
  return unpaid || height >= claim.giveUpAt;
}

/** A case is open: we show the newest that we have. */
export function caseOpened(
  state: Settling,
  { n, until }: MessageOf<'arbitration_opened'>,
  context: Context,
): Transition {
  return goTo(state, [
    notify({ type: 'arbitrationOpened', n, until }),
    ...newestProof(state, context),
    ...lastReading(state.identity, state.market),
  ]);
}

/** The utility's verdict reaches a live channel: the channel is over, and its transaction is ours to complete. */
export function verdictReceived(
  state: TraderChannel,
  message: MessageOf<'arbitration_verdict'>,
  context: Context,
): Transition {
  const taken = takeVerdict(state, message, context);
  if (!taken.ok) {
    if (!taken.error.contradicted) return refuse(state, taken.error);
    const { reason } = taken.error;
    const forced = forceClose(state, { code: 'badVerdict', reason }, context);
    return { ...forced, records: [...forced.records, verdictRecord(message)] };
  }
  const why = { code: 'verdict', n: taken.value.statement.n } as const;
  const claim = { feeSat: null, requestedAt: state.height, giveUpAt: giveUpAt(state, state.height) };
  return complete({ ...settled(state, why), claim }, message, taken.value, [
    notify({ type: 'settling', why }),
  ]);
}

/** The same of a channel that is on its way to the chain already. */
export function verdictTaken(
  state: Settling,
  message: MessageOf<'arbitration_verdict'>,
  context: Context,
): Transition {
  const { rounds, role, candidates, why } = state;
  if (rounds === null || role === 'utility') return goTo(state);
  if (candidates.some(({ purpose }) => purpose === 'penalty')) return goTo(state);
  // of a state that we know of: an old one
  if (why.code === 'dataLost')
    return refuse(state, { code: 'badVerdict', reason: why.code, contradicted: false });
  const taken = takeVerdict({ ...state, rounds, role }, message, context);
  if (taken.ok) return complete(state, message, taken.value, []);
  const isOut = candidates.some(({ purpose }) => purpose === 'commitment');
  if (!taken.error.contradicted || isOut || state.unsure) return refuse(state, taken.error);
  const done = broadcastCommitment({ ...state, claim: null }, context);
  const told = notify({ type: 'refused', error: taken.error });
  return { ...done, actions: [told, ...done.actions], records: [verdictRecord(message)] };
}

function complete(
  state: Settling,
  message: MessageOf<'arbitration_verdict'>,
  { tx, statement }: TakenVerdict,
  told: readonly ChannelAction[],
): Transition {
  const candidates = [...state.candidates, { tx, purpose: 'penalty' } as const];
  const sent = state.spentBy === null ? broadcasts(candidates.slice(-1)) : [];
  return goTo(
    { ...state, candidates },
    [...told, notify({ type: 'verdict', statement }), ...sent],
    [verdictRecord(message)],
  );
}

function verdictRecord({ signed }: MessageOf<'arbitration_verdict'>): ChannelRecord {
  return { type: 'verdict', signed, evidence: null };
}

/** No penalty on the funding output: the commitment, whose delivery outputs go to whom they belong (section 9, third way). */
export function arbitrationRefused(
  state: Settling,
  { n, reason }: MessageOf<'arbitration_refused'>,
  context: Context,
): Transition {
  const told = notify({
    type: 'arbitrationRefused',
    n,
    reason: printable(reason),
  });
  if (state.claim === null || state.rounds?.held.ledger.n !== n) return goTo(state, [told]);
  const done = broadcastCommitment({ ...state, claim: null }, context);
  return { ...done, actions: [told, ...done.actions] };
}
