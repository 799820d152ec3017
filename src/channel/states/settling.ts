import { isSat } from '../../base/amount.ts';
import { equalBytes } from '../../base/bytes.ts';
import type { Role, Trader } from '../../base/role.ts';
import { UNDECIDED_GRACE } from '../../dispute/arbitrate.ts';
import type { Verdict } from '../../market/attestation.ts';
import type { Delivery } from '../../tx/contract.ts';
import { arbitratedLocktime, buildPenalty } from '../../tx/settlement.ts';
import type { Message, MessageOf, StateProof } from '../../wire/messages.ts';
import type { ChannelAction, ChannelRecord } from '../action.ts';
import { decideUnit, proofActions, takeReading, wordsOn } from '../attest.ts';
import { caseMessages } from '../cases.ts';
import type { ChannelError } from '../error.ts';
import type { ChannelEvent } from '../event.ts';
import { HEIGHT_TOLERANCE } from '../ledger.ts';
import { judgeShown, pleaseClose, sureOf } from '../lost.ts';
import { EMPTY_MARKET, lastReading, learnPreimage, readOwnMeter, readStatement } from '../market.ts';
import { showProof, takeProof } from '../proofs.ts';
import { atStake, initialRounds, type Rounds, reestablish, stateProof } from '../rounds.ts';
import type {
  AwaitingFunding,
  BroadcastPurpose,
  Identity,
  Market,
  Open,
  Settling,
  SettlingReason,
  ShuttingDown,
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
import { type TakenVerdict, takeVerdict } from '../verdicts.ts';
import { breached, revealed, revelations } from './breach.ts';

type Live = AwaitingFunding | TraderChannel | UtilityChannel;

/** On its way to the chain, or there (protocol sections 9 and 12): the monitor follows and claims. */
export function settling(state: Settling, event: ChannelEvent, context: Context): Transition {
  switch (event.type) {
    case 'block':
      return block(state, event.height, context);
    case 'fundingSpent':
      return isSpent(state, event, context);
    case 'fundingUnspent':
      return goTo({ ...state, spentBy: null, breach: null }, broadcasts(state.candidates));
    case 'breach':
      return breached(state, event.breach, context);
    case 'preimageSeen':
      return goTo({ ...state, market: learnSeen(state, event.lock, event.preimage) });
    case 'resolved':
      return goTo({ type: 'closed', role: state.role, identity: state.identity, why: state.why }, [
        notify({ type: 'closed' }),
      ]);
    case 'messageReceived':
      return onMessage(state, event.from, event.message, context);
    case 'unitDecided':
      return decided(state, event.verdict, context);
    case 'forceClose':
      return broadcastCommitment(state, context);
    case 'readMeter': {
      const market = readOwnMeter(state.market, event.reading);
      return goTo({ ...state, market }, lastReading(state.identity, market));
    }
    case 'connected':
      return goTo(state, greeting(state, event.peer, context));
    case 'disconnected':
    case 'fundingDepth':
    case 'inputsChecked':
    case 'fundingSigned':
      return goTo(state);
    default:
      return refuse(state, { code: 'unexpectedCommand', command: event.type, state: state.type });
  }
}

/** The other trader hears that it is over. Trader and utility tell each other what the units in flight hang on. */
function greeting(state: Settling, peer: Role, context: Context): ChannelAction[] {
  const { identity, utility } = state;
  if (utility !== null)
    return peer === 'utility'
      ? []
      : [...utilityGreeting(state, utility, peer, context), ...revelations(state, peer, context)];
  if (peer !== 'utility') return [failure(state, peer)];
  return [
    ...proofAgain(state, context),
    ...lastReading(identity, state.market),
    ...arbitrationRequest(state, context),
  ];
}

/** What a trader that lost its data needs comes first: it reads our words by it. */
function utilityGreeting(
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

function proofAgain(state: Settling, context: Context): ChannelAction[] {
  const { rounds, why } = state;
  if (rounds === null || why.code === 'dataLost' || rounds.held.ledger.n === 0n) return [];
  return [send('utility', stateProof(roundContext(state, context), rounds))];
}

/** Ends a channel without a transaction of our own: somebody's is there, or it is for the peer to make one. */
export function toSettling(state: Live, why: SettlingReason): Transition {
  return goTo(settled(state, why), [notify({ type: 'settling', why })]);
}

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

/** The funding output is spent, and not by a close of ours. */
export function spent(state: TraderChannel, event: SpendEvent, context: Context): Transition {
  const { txid, spend } = event;
  const done = toSettling(state, { code: 'spent', txid, spend });
  if (done.state.type !== 'settling') return done;
  const settled = isSpent(done.state, event, context);
  return { ...settled, actions: [...done.actions, ...settled.actions] };
}

type SpendEvent = Extract<ChannelEvent, { type: 'fundingSpent' }>;

/**
 * A reason of our own choice stays; one that only said what happened follows what happens. An order that we had
 * accepted and the buyer not confirmed is final once a commitment that holds it is on the chain.
 */
function isSpent(state: Settling, { txid, spend }: SpendEvent, context: Context): Transition {
  const why: SettlingReason = state.why.code === 'spent' ? { code: 'spent', txid, spend } : state.why;
  const next: Settling = { ...state, why, spentBy: txid };
  const { rounds } = state;
  const final = spend === 'ownCommitment' || spend === 'peerNext';
  if (rounds === null || rounds.phase.type !== 'accepting' || !final || state.spentBy !== null)
    return goTo(next);
  const before = rounds.phase.previous.deliveries;
  const ordered = rounds.held.ledger.deliveries.filter(({ id }) => !before.some((each) => each.id === id));
  if (ordered.length === 0) return goTo(next);
  return goTo(next, [
    ...proofAgain(next, context),
    ...ordered.map((delivery) => notify({ type: 'unitOrdered', delivery })),
  ]);
}

/**
 * Asks the utility to decide how the channel ends (protocol section 9, second way). We wait for it no longer than
 * {@link giveUpAt} and then go to the chain alone, whatever it said meanwhile.
 */
export function requestArbitration(state: Open | ShuttingDown, feeSat: bigint, context: Context): Transition {
  const { identity, rounds } = state;
  if (!isSat(feeSat)) return refuse(state, { code: 'badFee', feeSat });
  const built = buildPenalty(identity.contract, rounds.held.ledger, feeSat, identity.payout);
  if (!built.ok) return refuse(state, built.error);
  const why = { code: 'arbitrationRequested' } as const;
  const requestedAt = state.height;
  const contested = requestedAt + identity.contract.params.contestWindow;
  const claim = { feeSat, requestedAt, giveUpAt: giveUpAt(state, contested) };
  const next: Settling = { ...settled(state, why), claim };
  return goTo(next, [
    ...arbitrationRequest(next, context),
    ...lastReading(identity, next.market),
    notify({ type: 'settling', why }),
  ]);
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

function arbitrationRequest(state: Settling, context: Context): ChannelAction[] {
  const { rounds, claim, identity, candidates } = state;
  if (rounds === null || claim === null || claim.feeSat === null) return [];
  if (candidates.some(({ purpose }) => purpose === 'penalty')) return [];
  const { proof } = stateProof(roundContext(state, context), rounds);
  const { channelId } = identity;
  const { feeSat } = claim;
  return [send('utility', { type: 'request_arbitration', channelId, proof, feeSat })];
}

/** A new block: what is ours is submitted again, and a decision that does not come in time is waited for no longer. */
function block(before: Settling, height: number, context: Context): Transition {
  const state = { ...before, height };
  if (!waitsTooLong(state)) return goTo(state, rebroadcast(state));
  const done = broadcastCommitment({ ...state, claim: null }, context);
  return {
    ...done,
    actions: [...rebroadcast(state), ...done.actions, notify({ type: 'arbitrationGivenUp', height })],
  };
}

/** At its deadline a delivery that its seller can claim must go to the chain: later its claim may not fit before the expiry. */
function waitsTooLong({ claim, spentBy, rounds, role, market, height, why, candidates }: Settling): boolean {
  if (claim === null || spentBy !== null || rounds === null || why.code === 'dataLost') return false;
  if (candidates.some(({ purpose }) => purpose === 'commitment')) return false;
  const unpaid = atStake(rounds).some(
    ({ id, seller, deadline }) =>
      seller === role && height >= deadline && market.preimages.some((known) => known.id === id),
  );
  return unpaid || height >= claim.giveUpAt;
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
function verdictTaken(
  state: Settling,
  message: MessageOf<'arbitration_verdict'>,
  context: Context,
): Transition {
  const { rounds, role, candidates } = state;
  if (rounds === null || role === 'utility') return goTo(state);
  if (candidates.some(({ purpose }) => purpose === 'penalty')) return goTo(state);
  const taken = takeVerdict({ ...state, rounds, role }, message, context);
  if (taken.ok) return complete(state, message, taken.value, []);
  if (!taken.error.contradicted || state.why.code === 'dataLost') return refuse(state, taken.error);
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

/** A case is open: we show the newest that we have. */
function caseOpened(
  state: Settling,
  { n, until }: MessageOf<'arbitration_opened'>,
  context: Context,
): Transition {
  return goTo(state, [
    notify({ type: 'arbitrationOpened', n, until }),
    ...proofAgain(state, context),
    ...lastReading(state.identity, state.market),
  ]);
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
  const remote = state.points[state.role === 'consumer' ? 'producer' : 'consumer'];
  return initialRounds(state.held, remote.first, remote.second);
}

function broadcastCommitment(state: Settling, context: Context): Transition {
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

function rebroadcast({ candidates, spentBy }: Settling) {
  return spentBy === null ? broadcasts(candidates) : [];
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

function learnSeen(state: Settling, lock: Uint8Array, preimage: Uint8Array): Market {
  const { market, height } = state;
  const delivery = deliveriesOf(state).find((each) => equalBytes(each.lock, lock));
  return delivery === undefined ? market : learnPreimage(market, delivery.id, preimage, height);
}

/** What is in flight by our data and, where that is lost, by what the utility has shown. */
function deliveriesOf({ rounds, shown }: Settling): readonly Delivery[] {
  return [...(shown?.ledger.deliveries ?? []), ...(rounds === null ? [] : atStake(rounds))];
}

function onMessage(state: Settling, from: Role, message: Message, context: Context): Transition {
  if (from === 'utility') return onUtilityMessage(state, message, context);
  switch (message.type) {
    case 'state_proof':
      return lateProof(state, from, message, context);
    case 'meter_reading':
      return lateReading(state, from, message, context);
    case 'reestablish':
      return onReestablish(state, from, message, context);
    case 'channel_ready':
      // it waits for ours to open, and cannot have it
      return goTo(
        state,
        state.utility === null && state.why.code === 'dataLost' ? [failure(state, from)] : [],
      );
    default:
      return goTo(state);
  }
}

function onUtilityMessage(state: Settling, message: Message, context: Context): Transition {
  switch (message.type) {
    case 'arbitration_verdict':
      return verdictTaken(state, message, context);
    case 'arbitration_opened':
      return caseOpened(state, message, context);
    case 'arbitration_refused':
      return arbitrationRefused(state, message, context);
    case 'attest_delivery':
    case 'refuse_delivery':
      return wordHeard(state, message, context);
    case 'state_proof':
      return onShown(state, message, context);
    case 'reveal_preimage':
      return revealed(state, message);
    default:
      return goTo(state);
  }
}

/** A state that comes late still tells the utility what to meter and which outputs are its own. */
function lateProof(
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

function lateReading(
  state: Settling,
  from: Trader,
  message: MessageOf<'meter_reading'>,
  context: Context,
): Transition {
  if (state.utility === null) return goTo(state);
  const reading = takeReading(state.identity, from, message, context);
  return reading.ok ? goTo(state, [reading.value]) : refuse(state, reading.error);
}

function decided(state: Settling, verdict: Verdict, context: Context): Transition {
  const { utility, identity } = state;
  const done = utility === null ? undefined : decideUnit(identity, utility.register, verdict, context);
  if (utility === null || done === undefined) return goTo(state);
  return goTo({ ...state, utility: { ...utility, register: done.register } }, done.actions, done.records);
}

/** An attestation that comes late still lets a seller claim. A refusal is kept for disputes. */
function wordHeard(
  state: Settling,
  message: MessageOf<'attest_delivery' | 'refuse_delivery'>,
  context: Context,
): Transition {
  const { market, identity, height } = state;
  const { unit, signed } = message;
  const delivery = deliveriesOf(state).find((each) => each.unit === unit);
  if (delivery === undefined || market.preimages.some(({ id }) => id === delivery.id)) return goTo(state);
  const statement = readStatement(signed, delivery, identity, context);
  if (!statement.ok) return refuse(state, statement.error);
  if (statement.value.verdict === 'notDelivered') {
    if (market.refused.includes(delivery.id)) return goTo(state);
    const refused = [...market.refused, delivery.id];
    return goTo(
      { ...state, market: { ...market, refused } },
      [notify({ type: 'unitRefused', unit })],
      [{ type: 'statement', unit, signed }],
    );
  }
  return goTo(
    { ...state, market: learnPreimage(market, delivery.id, statement.value.preimage, height) },
    [notify({ type: 'unitAttested', unit })],
    [{ type: 'statement', unit, signed }],
  );
}

/** No penalty on the funding output: the commitment, whose delivery outputs go to whom they belong (section 9, third way). */
function arbitrationRefused(
  state: Settling,
  { n, reason }: MessageOf<'arbitration_refused'>,
  context: Context,
): Transition {
  const told = notify({
    type: 'arbitrationRefused',
    n,
    reason: new TextDecoder().decode(reason).replace(/[^\x20-\x7e]/g, '?'),
  });
  if (state.claim === null || state.rounds?.held.ledger.n !== n) return goTo(state, [told]);
  const done = broadcastCommitment({ ...state, claim: null }, context);
  return { ...done, actions: [told, ...done.actions] };
}

/** A peer that comes back hears that it is over, and may prove that our data is old. */
function onReestablish(
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
function onShown(state: Settling, { proof }: MessageOf<'state_proof'>, context: Context): Transition {
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
