import type { Msat } from '../../base/amount.ts';
import { type Role, TRADERS, type Trader } from '../../base/role.ts';
import { deliveryLock } from '../../crypto/deliveryLock.ts';
import type { Verdict } from '../../market/attestation.ts';
import { DELIVERY_STATEMENT, deliveryStatement } from '../../market/deliveryStatement.ts';
import { METER_READING, verifyReading } from '../../market/meter.ts';
import { decodeSigned } from '../../market/statement.ts';
import { MAX_TARIFF_LOCKS, TARIFF, type Tariff } from '../../market/tariff.ts';
import type { Delivery } from '../../tx/contract.ts';
import { buildPenalty } from '../../tx/settlement.ts';
import type { Message, MessageOf, StateProof } from '../../wire/messages.ts';
import type { ChannelAction, ChannelRecord } from '../action.ts';
import type { ChannelEvent, Command } from '../event.ts';
import { signBody } from '../market.ts';
import { checkProof, takeProof } from '../proofs.ts';
import type { RegisteredUnit } from '../register.ts';
import type { UtilityChannel } from '../state.ts';
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
      return reading(state, from, message, context);
    case 'request_arbitration':
      return arbitrationRequested(state, from, message, context);
    case 'channel_ready':
    case 'error':
      return goTo(state);
    default:
      return refuse(state, { code: 'unexpectedMessage', message: message.type, from, state: state.type });
  }
}

/** A trader that comes back hears the prices and the words on its units that it may have missed. */
function greet(state: UtilityChannel, peer: Trader, context: Context): Transition {
  const { channelId } = state.identity;
  return goTo(state, [
    send(peer, { type: 'channel_ready', channelId }),
    ...state.tariffs.map((tariff) => tariffMessage(state, tariff, peer, context)),
    ...state.register.flatMap((unit) => statementTo(state, unit, [peer])),
  ]);
}

function tariffMessage(state: UtilityChannel, tariff: Tariff, to: Trader, context: Context): ChannelAction {
  const { channelId } = state.identity;
  return send(to, { type: 'tariff', channelId, signed: signBody(context, TARIFF, tariff) });
}

/** Tariffs that a trader hears again after a reconnect. */
const KEPT_TARIFFS = 4;

function publish(
  state: UtilityChannel,
  command: Extract<Command, { type: 'publishTariff' }>,
  context: Context,
): Transition {
  const { slot, from, until, msatPerWh, unitEnergyWh, units } = command;
  const last = state.tariffs.at(-1);
  if (units < 1 || units > MAX_TARIFF_LOCKS) return refuse(state, { code: 'badTariff', reason: 'units' });
  const firstUnit = last === undefined ? 0n : last.firstUnit + BigInt(last.locks.length);
  const { channelId } = state.identity;
  const signer = utilitySigner(context);
  const locks = Array.from({ length: units }, (_, i) =>
    deliveryLock(signer.preimage(channelId, firstUnit + BigInt(i))),
  );
  const tariff: Tariff = { channelId, slot, from, until, msatPerWh, unitEnergyWh, firstUnit, locks };
  const problem = TARIFF.check(tariff);
  if (problem !== undefined) return refuse(state, { code: 'badTariff', reason: problem.code });
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
  if (!taken.value.newest) return goTo(next);
  return goTo(next, [
    ...taken.value.ordered.map((delivery) => orderUnit(next, delivery)),
    ...next.register.flatMap((unit) => statementTo(next, unit, [from])),
    ...exposureWarning(next, proof),
  ]);
}

function orderUnit({ identity }: UtilityChannel, delivery: Delivery): ChannelAction {
  const { unit, energyWh, deadline, seller } = delivery;
  return {
    type: 'orderUnit',
    order: { channelId: identity.channelId, unit, energyWh: Number(energyWh), deadline },
    meter: identity.meters[seller],
  };
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

function reading(
  state: UtilityChannel,
  from: Trader,
  message: MessageOf<'meter_reading'>,
  context: Context,
): Transition {
  const meter = state.identity.meters[from];
  const signed = decodeSigned(METER_READING, message.signed);
  const verified = signed.ok ? verifyReading(context.secp, signed.value, meter) : signed;
  if (!verified.ok) return refuse(state, { code: 'badReading', reason: verified.error.code });
  return goTo(state, [{ type: 'meterRead', reading: verified.value, meter }]);
}

/** The meters have decided a unit: the utility says so, signed, to both, and reveals the preimage only of a delivered one. */
function decided(state: UtilityChannel, verdict: Verdict, context: Context): Transition {
  const index = state.register.findIndex((each) => each.delivery.unit === verdict.unit);
  const unit = state.register[index];
  if (unit === undefined || unit.type !== 'ordered') return goTo(state);
  const signer = utilitySigner(context);
  const said = deliveryStatement(verdict, (channelId, unit) => signer.preimage(channelId, unit));
  const statement = signBody(context, DELIVERY_STATEMENT, said);
  const word: RegisteredUnit = { type: verdict.verdict, delivery: unit.delivery, statement };
  const next = { ...state, register: state.register.with(index, word) };
  const record: ChannelRecord = { type: 'statement', unit: verdict.unit, signed: statement };
  const notice =
    verdict.verdict === 'delivered'
      ? notify({ type: 'unitAttested', unit: verdict.unit })
      : notify({ type: 'unitRefused', unit: verdict.unit });
  return goTo(next, [...statementTo(next, word, TRADERS), notice], [record]);
}

function statementTo(state: UtilityChannel, unit: RegisteredUnit, to: readonly Trader[]): ChannelAction[] {
  if (unit.type === 'ordered') return [];
  const type = unit.type === 'delivered' ? 'attest_delivery' : 'refuse_delivery';
  const { channelId } = state.identity;
  return to.map((trader) =>
    send(trader, { type, channelId, unit: unit.delivery.unit, signed: unit.statement }),
  );
}

/** A trader wants the penalty: the other side gets its time to prove a higher state. */
function arbitrationRequested(
  state: UtilityChannel,
  from: Trader,
  message: MessageOf<'request_arbitration'>,
  context: Context,
): Transition {
  const { proof, feeSat } = message;
  const { n } = proof.ledger;
  const refusal = (reason: string) => refuseArbitration(state, from, n, reason);
  const fault = checkProof(state.identity, from, proof, context);
  if (fault !== undefined) return refusal(fault.code === 'badStateProof' ? fault.reason : fault.code);
  if (proof.ledger.deliveries.length === 0) return refusal('nothing in flight');
  if (!buildPenalty(state.identity.contract, proof.ledger, feeSat, state.identity.payout).ok)
    return refusal('the fee is more than what is forfeited');
  const taken = proved(state, from, proof, context);
  if (taken.state.type !== 'attesting') return taken;
  const until = state.height + state.identity.contract.params.contestWindow;
  const { channelId } = state.identity;
  const opened = {
    ...taken.state,
    arbitration: { claimant: from, proof, feeSat, until, stage: 'contest' } as const,
  };
  return goTo(opened, [
    ...taken.actions,
    ...TRADERS.map((trader) => send(trader, { type: 'arbitration_opened', channelId, n, until })),
    notify({ type: 'arbitrationOpened', n, until }),
  ]);
}

function refuseArbitration(state: UtilityChannel, to: Trader, n: bigint, reason: string): Transition {
  const { channelId } = state.identity;
  const data = new TextEncoder().encode(reason).slice(0, 256);
  return goTo({ ...state, arbitration: null }, [
    send(to, { type: 'arbitration_refused', channelId, n, reason: data }),
    notify({ type: 'arbitrationRefused', n, reason }),
  ]);
}

function arbitrated(
  state: UtilityChannel,
  outcome: Extract<ChannelEvent, { type: 'arbitrated' }>['outcome'],
  context: Context,
): Transition {
  const { arbitration, identity } = state;
  if (arbitration === null) return goTo(state);
  const { claimant, proof, feeSat } = arbitration;
  const { n } = proof.ledger;
  if (outcome.type === 'refuse') return refuseArbitration(state, claimant, n, outcome.reason);
  const { contract, payout, channelId } = identity;
  const signature = utilitySigner(context).signPenalty(contract, proof.ledger, feeSat, payout);
  const message = { type: 'arbitration_signed', channelId, n, feeSat, signature } as const;
  return goTo({ ...state, arbitration: { ...arbitration, stage: 'signed' } }, [send(claimant, message)]);
}
