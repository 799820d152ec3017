import type { Msat } from '../../base/amount.ts';
import { type Role, TRADERS, type Trader } from '../../base/role.ts';
import { deliveryLock } from '../../crypto/deliveryLock.ts';
import type { Verdict } from '../../market/attestation.ts';
import { MAX_TARIFF_LOCKS, TARIFF, type Tariff } from '../../market/tariff.ts';
import { verifyStateProof } from '../../tx/stateProof.ts';
import type { Message, MessageOf, StateProof } from '../../wire/messages.ts';
import type { ChannelAction } from '../action.ts';
import { decideUnit, proofActions, takeReading, wordsOn } from '../attest.ts';
import { caseMessages, judge, openCase, refusalTo, whyNoCase, withProof, withReading } from '../cases.ts';
import type { ChannelEvent, Command } from '../event.ts';
import { signBody, tariffFits } from '../market.ts';
import { showProof, takeProof } from '../proofs.ts';
import type { ArbitrationCase, UtilityChannel } from '../state.ts';
import { type Context, goTo, notify, refuse, send, type Transition, utilitySigner } from '../step.ts';
import { toSettling } from './toChain.ts';

/** The utility's side: prices, locks, meters, attestations, and the end that it decides when a trader asks for it (protocol sections 8 and 9). */
export function utilityChannel(state: UtilityChannel, event: ChannelEvent, context: Context): Transition {
  const done = answer(state, event, context);
  if (done.state.type !== 'attesting') return done;
  const judged = judge(done.state, context);
  return {
    state: judged.state,
    actions: [...done.actions, ...judged.actions],
    records: [...done.records, ...judged.records],
  };
}

function answer(state: UtilityChannel, event: ChannelEvent, context: Context): Transition {
  switch (event.type) {
    case 'messageReceived':
      return onMessage(state, event.from, event.message, context);
    case 'connected':
      return event.peer === 'utility' ? goTo(state) : greet(state, event.peer, context);
    case 'block':
      return goTo({ ...state, height: event.height });
    case 'unitDecided':
      return decided(state, event.verdict, context);
    case 'fundingSpent':
      return toSettling(state, { code: 'spent', txid: event.txid, spend: event.spend });
    case 'publishTariff':
      return publish(state, event, context);
    case 'disconnected':
    case 'fundingDepth':
    case 'fundingUnspent':
    case 'breach':
    case 'preimageSeen':
    case 'resolved':
    case 'inputsChecked':
    case 'fundingSigned':
      return goTo(state);
    default:
      return refuse(state, { code: 'unexpectedCommand', command: event.type, state: state.type });
  }
}

function onMessage(state: UtilityChannel, from: Role, message: Message, context: Context): Transition {
  if (from === 'utility') return goTo(state);
  switch (message.type) {
    case 'state_proof':
      return proved(state, from, message.proof, context);
    case 'meter_reading':
      return readingShown(state, from, message, context);
    case 'request_arbitration':
      return arbitrationRequested(state, from, message, context);
    case 'channel_ready':
    case 'error':
    case 'show_secret': // of a block that we have not seen yet: it is said again
      return goTo(state);
    default:
      return refuse(state, { code: 'unexpectedMessage', message: message.type, from, state: state.type });
  }
}

/** A trader that comes back hears the prices, the words on its units and how its case stands, all of which it may have missed. */
function greet(state: UtilityChannel, peer: Trader, context: Context): Transition {
  const { identity, tariffs, register, proofs, arbitration } = state;
  return goTo(state, [
    send(peer, { type: 'channel_ready', channelId: identity.channelId }),
    ...showProof(identity, proofs, peer),
    ...tariffs.map((tariff) => tariffMessage(state, tariff, peer, context)),
    ...wordsOn(identity, register, [peer]),
    ...(arbitration === null ? [] : caseMessages(identity, arbitration, peer, context)),
  ]);
}

function tariffMessage(state: UtilityChannel, tariff: Tariff, to: Trader, context: Context): ChannelAction {
  const { channelId } = state.identity;
  return send(to, { type: 'tariff', channelId, signed: signBody(context, TARIFF, tariff) });
}

/** Tariffs that a trader hears again after a reconnect, and whose units may still be ordered. */
const KEPT_TARIFFS = 8;

function publish(
  state: UtilityChannel,
  command: Extract<Command, { type: 'publishTariff' }>,
  context: Context,
): Transition {
  const { slot, from, until, msatPerWh, unitEnergyWh, units } = command;
  const last = state.tariffs.at(-1);
  if (!Number.isSafeInteger(units) || units < 1 || units > MAX_TARIFF_LOCKS)
    return refuse(state, { code: 'badTariff', reason: 'units' });
  const firstUnit = last === undefined ? 0n : last.firstUnit + BigInt(last.locks.length);
  const { channelId } = state.identity;
  const signer = utilitySigner(context);
  const locks = Array.from({ length: units }, (_, i) =>
    deliveryLock(signer.preimage(channelId, firstUnit + BigInt(i))),
  );
  const tariff: Tariff = { channelId, slot, from, until, msatPerWh, unitEnergyWh, firstUnit, locks };
  const problem = TARIFF.check(tariff);
  if (problem !== undefined) return refuse(state, { code: 'badTariff', reason: problem.code });
  if (!tariffFits(tariff)) return refuse(state, { code: 'badTariff', reason: 'outOfRange' });
  const next = { ...state, tariffs: [...state.tariffs, tariff].slice(-KEPT_TARIFFS) };
  return goTo(next, [
    notify({ type: 'tariff', tariff }),
    ...TRADERS.map((trader) => tariffMessage(next, tariff, trader, context)),
  ]);
}

/** A trader shows its newest state: units in flight are registered with the meters, and known words said again. */
function proved(before: UtilityChannel, from: Trader, proof: StateProof, context: Context): Transition {
  const { arbitration } = before;
  const taken = takeProof(before, before.identity, from, proof, context);
  const state =
    arbitration === null || (!taken.ok && isSigned(before, proof, context))
      ? before
      : { ...before, arbitration: withProof(arbitration, from, proof) };
  if (!taken.ok) return refuse(state, taken.error);
  const next: UtilityChannel = { ...state, ...taken.value.book };
  const { newest, records } = taken.value;
  if (!newest) return goTo(next, [], records);
  const actions = [...proofActions(state.identity, taken.value, from), ...exposureWarning(next, proof)];
  return goTo(next, actions, records);
}

/** Whether the other side signed it. One that we refuse all the same lies in what no signature covers, and no case may rest on it. */
function isSigned({ identity }: UtilityChannel, proof: StateProof, { secp }: Context): boolean {
  return verifyStateProof(secp, identity.contract, proof).ok;
}

/** More of its own coins in the traders' hands than agreed: it asks them to close. */
function exposureWarning({ identity }: UtilityChannel, { ledger }: StateProof): ChannelAction[] {
  const { channelId, contract } = identity;
  const exposureMsat = ledger.utilityMsat as Msat;
  if (exposureMsat <= contract.params.utilityMaxExposureMsat) return [];
  return [
    notify({ type: 'closeRequested', exposureMsat }),
    ...TRADERS.map((trader) => send(trader, { type: 'close_request', channelId, exposureMsat })),
  ];
}

/** A reading counts for the meter's ledger if it holds, and for an open case in any case. */
function readingShown(
  before: UtilityChannel,
  from: Trader,
  message: MessageOf<'meter_reading'>,
  context: Context,
): Transition {
  const { arbitration } = before;
  const state =
    arbitration === null
      ? before
      : { ...before, arbitration: withReading(arbitration, from, message.signed) };
  const reading = takeReading(state.identity, from, message, context);
  return reading.ok ? goTo(state, [reading.value]) : refuse(state, reading.error);
}

/** A unit that a verdict forfeited is decided for good: its preimage stays secret. */
function decided(state: UtilityChannel, verdict: Verdict, context: Context): Transition {
  const outcomes = state.arbitration?.verdict?.statement.outcomes ?? [];
  if (outcomes.some(({ unit, outcome }) => unit === verdict.unit && outcome !== verdict.verdict))
    return goTo(state);
  const done = decideUnit(state.identity, state.register, verdict, context);
  return done === undefined
    ? goTo(state)
    : goTo({ ...state, register: done.register }, done.actions, done.records);
}

/** A trader wants the utility to decide: the other side gets its time to prove a higher state. */
function arbitrationRequested(
  state: UtilityChannel,
  from: Trader,
  message: MessageOf<'request_arbitration'>,
  context: Context,
): Transition {
  const { identity, arbitration } = state;
  if (arbitration !== null) return contested(state, arbitration, from, message, context);
  const { n } = message.proof.ledger;
  const reason = whyNoCase(state, from, message, context);
  if (reason !== undefined) return goTo(state, refusalTo(identity, from, n, reason));
  const taken = proved(state, from, message.proof, context);
  if (taken.state.type !== 'attesting') return taken;
  const opened = openCase(state, from, message, context);
  return goTo({ ...taken.state, arbitration: opened }, [
    ...taken.actions,
    ...TRADERS.flatMap((trader) => caseMessages(identity, opened, trader, context)),
    notify({ type: 'arbitrationOpened', n, until: opened.until }),
  ]);
}

/** One case at a time: a request while it is open is an answer to it, and the one that asks hears how it stands. */
function contested(
  state: UtilityChannel,
  arbitration: ArbitrationCase,
  from: Trader,
  message: MessageOf<'request_arbitration'>,
  context: Context,
): Transition {
  const stands = caseMessages(state.identity, arbitration, from, context);
  const done = proved(state, from, message.proof, context);
  return { ...done, actions: [...done.actions, ...stands] };
}
