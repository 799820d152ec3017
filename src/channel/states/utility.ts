import type { Msat } from '../../base/amount.ts';
import { type Role, TRADERS, type Trader } from '../../base/role.ts';
import { deliveryLock } from '../../crypto/deliveryLock.ts';
import type { Verdict } from '../../market/attestation.ts';
import { MAX_TARIFF_LOCKS, TARIFF, type Tariff } from '../../market/tariff.ts';
import { buildPenalty } from '../../tx/settlement.ts';
import type { Message, MessageOf, StateProof } from '../../wire/messages.ts';
import type { ChannelAction } from '../action.ts';
import { decideUnit, proofActions, takeReading, wordsOn } from '../attest.ts';
import type { ChannelEvent, Command } from '../event.ts';
import { signBody, tariffFits } from '../market.ts';
import { checkProof, showProof, takeProof } from '../proofs.ts';
import type { ArbitrationCase, Identity, UtilityChannel } from '../state.ts';
import { type Context, goTo, notify, refuse, send, type Transition, utilitySigner } from '../step.ts';
import { toSettling } from './settling.ts';

/** The utility's side: prices, locks, meters, attestations, and the penalty when a trader asks for it (protocol sections 8 and 9). */
export function utilityChannel(state: UtilityChannel, event: ChannelEvent, context: Context): Transition {
  switch (event.type) {
    case 'messageReceived':
      return onMessage(state, event.from, event.message, context);
    case 'connected':
      return event.peer === 'utility' ? goTo(state) : greet(state, event.peer, context);
    case 'block':
      return goTo({ ...state, height: event.height });
    case 'unitDecided':
      return decided(state, event.verdict, context);
    case 'arbitrated':
      return arbitrated(state, event.outcome, context);
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
    case 'meter_reading': {
      const reading = takeReading(state.identity, from, message, context);
      return reading.ok ? goTo(state, [reading.value]) : refuse(state, reading.error);
    }
    case 'request_arbitration':
      return arbitrationRequested(state, from, message, context);
    case 'channel_ready':
    case 'error':
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
function proved(state: UtilityChannel, from: Trader, proof: StateProof, context: Context): Transition {
  const taken = takeProof(state, state.identity, from, proof, context);
  if (!taken.ok) return refuse(state, taken.error);
  const next: UtilityChannel = { ...state, ...taken.value.book };
  const { newest, records } = taken.value;
  if (!newest) return goTo(next, [], records);
  const actions = [...proofActions(state.identity, taken.value, from), ...exposureWarning(next, proof)];
  return goTo(next, actions, records);
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

function decided(state: UtilityChannel, verdict: Verdict, context: Context): Transition {
  const done = decideUnit(state.identity, state.register, verdict, context);
  return done === undefined
    ? goTo(state)
    : goTo({ ...state, register: done.register }, done.actions, done.records);
}

/** A trader wants the penalty: the other side gets its time to prove a higher state. */
function arbitrationRequested(
  state: UtilityChannel,
  from: Trader,
  message: MessageOf<'request_arbitration'>,
  context: Context,
): Transition {
  const { identity, arbitration } = state;
  const { proof, feeSat } = message;
  const { n } = proof.ledger;
  if (arbitration !== null && isSameCase(arbitration, from, message))
    return goTo(state, caseMessages(identity, arbitration, from, context));
  const reason = whyNot(state, from, message, context);
  if (reason !== undefined) return goTo(state, refusalTo(identity, from, n, reason));
  const taken = proved(state, from, proof, context);
  if (taken.state.type !== 'attesting') return taken;
  const until = state.height + identity.contract.params.contestWindow;
  const opened = { claimant: from, proof, feeSat, until, stage: 'contest' } as const;
  return goTo({ ...taken.state, arbitration: opened }, [
    ...taken.actions,
    ...TRADERS.flatMap((trader) => caseMessages(identity, opened, trader, context)),
    notify({ type: 'arbitrationOpened', n, until }),
  ]);
}

/** Why no case is opened. One that is open is never touched by another request: it runs to its verdict. */
function whyNot(
  state: UtilityChannel,
  from: Trader,
  { proof, feeSat }: MessageOf<'request_arbitration'>,
  context: Context,
): string | undefined {
  const { identity, arbitration } = state;
  if (arbitration !== null) return 'another case is open';
  const fault = checkProof(state, identity, from, proof, context);
  if (fault !== undefined) return fault.code === 'badStateProof' ? fault.reason : fault.code;
  if (proof.ledger.deliveries.length === 0) return 'nothing in flight';
  if (!buildPenalty(identity.contract, proof.ledger, feeSat, identity.payout).ok)
    return 'the fee is more than what is forfeited';
  return undefined;
}

function isSameCase(
  { claimant, proof, feeSat }: ArbitrationCase,
  from: Trader,
  message: MessageOf<'request_arbitration'>,
): boolean {
  return claimant === from && proof.ledger.n === message.proof.ledger.n && feeSat === message.feeSat;
}

/** How a case stands, for one of the two: until when it can be contested, or our signature for the claimant. */
function caseMessages(
  { channelId, contract, payout }: Identity,
  { claimant, proof, feeSat, until, stage }: ArbitrationCase,
  to: Trader,
  context: Context,
): ChannelAction[] {
  const { n } = proof.ledger;
  if (stage === 'contest') return [send(to, { type: 'arbitration_opened', channelId, n, until })];
  if (to !== claimant) return [];
  const signature = utilitySigner(context).signPenalty(contract, proof.ledger, feeSat, payout);
  return [send(claimant, { type: 'arbitration_signed', channelId, n, feeSat, signature })];
}

function refusalTo({ channelId }: Identity, to: Trader, n: bigint, reason: string): ChannelAction[] {
  const data = new TextEncoder().encode(reason).slice(0, 256);
  return [
    send(to, { type: 'arbitration_refused', channelId, n, reason: data }),
    notify({ type: 'arbitrationRefused', n, reason }),
  ];
}

function arbitrated(
  state: UtilityChannel,
  outcome: Extract<ChannelEvent, { type: 'arbitrated' }>['outcome'],
  context: Context,
): Transition {
  const { arbitration, identity } = state;
  if (arbitration === null) return goTo(state);
  const { claimant, proof } = arbitration;
  if (outcome.type === 'refuse')
    return goTo(
      { ...state, arbitration: null },
      refusalTo(identity, claimant, proof.ledger.n, outcome.reason),
    );
  const signed = { ...arbitration, stage: 'signed' } as const;
  return goTo({ ...state, arbitration: signed }, caseMessages(identity, signed, claimant, context));
}
