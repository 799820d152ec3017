import { invariant } from '../../base/invariant.ts';
import type { Role } from '../../base/role.ts';
import type { Message, MessageOf, TraderOpening, UtilityOpening } from '../../wire/messages.ts';
import { agree, checkOwnPart, checkPayout, checkProposal } from '../agreement.ts';
import type { ChannelError } from '../error.ts';
import type { ChannelEvent, Command } from '../event.ts';
import { initialLedger } from '../ledger.ts';
import { type HeldCommitment, heldBy, verifiesOwnCommitment } from '../rounds.ts';
import type {
  Agreement,
  AwaitingAcceptance,
  AwaitingAgreement,
  Fresh,
  Opening,
  Proposal,
  Reviewing,
  Vouched,
} from '../state.ts';
import { type Context, goTo, printable, refuse, send, type Transition, traderSigner } from '../step.ts';
import { vouch } from '../voucher.ts';
import { abort } from './abort.ts';
import { cosigned, fundingSigned, inputsGood, producerSigned } from './signing.ts';

/** From the proposal to the signed funding transaction (protocol section 8). Whatever goes wrong here ends the opening and frees the coins. */
export function opening(state: Opening, event: ChannelEvent, context: Context): Transition {
  switch (event.type) {
    case 'messageReceived':
      return event.message.type === 'error'
        ? abort(state, { code: 'refused', by: event.from, reason: printable(event.message.data) })
        : onMessage(state, event.from, event.message, context);
    case 'disconnected':
      return needs(state, event.peer)
        ? abort(state, { code: 'connectionLost', peer: event.peer })
        : goTo(state);
    case 'inputsChecked':
      if (state.type !== 'checkingInputs') return goTo(state);
      return event.problem === null ? inputsGood(state, context) : abort(state, event.problem);
    case 'openingExpired':
      return abort(state, { code: 'openingTooSlow', blocks: event.blocks });
    case 'fundingSigned':
      return state.type === 'signingFunding' ? fundingSigned(state, event.witnesses, context) : goTo(state);
    case 'connected':
    case 'block':
    case 'fundingDepth':
    case 'fundingSpent':
    case 'fundingUnspent':
    case 'breach':
    case 'preimageSeen':
    case 'resolved':
    case 'unitDecided':
    case 'fundingImpossible':
    case 'storeRestored':
      return goTo(state);
    default:
      return onCommand(state, event, context);
  }
}

function onCommand(state: Opening, command: Command, context: Context): Transition {
  if (command.type === 'propose' && state.type === 'fresh' && state.role === 'consumer')
    return propose(state, command.proposal, context);
  if (state.type === 'reviewing' && command.type === 'refuseOpening')
    return abort(state, { code: 'refused', by: state.role, reason: command.reason });
  if (state.type === 'reviewing' && command.type === 'acceptOpening')
    return acceptOpening(state, command, context);
  if (command.type === 'close' || command.type === 'forceClose')
    return abort(state, { code: 'refused', by: state.role, reason: 'closed by the application' });
  return refuse(state, { code: 'unexpectedCommand', command: command.type, state: state.type });
}

function onMessage(state: Opening, from: Role, message: Message, context: Context): Transition {
  if (from === state.role) return goTo(state);
  if (state.type === 'fresh' && message.type === 'open_channel' && from === 'consumer')
    return review(state, message, context);
  if (state.type === 'awaitingAcceptance' && message.type === 'accept_channel' && from === 'producer')
    return accepted({ ...state, producer: { opening: message.producer, voucher: message.voucher } }, context);
  if (state.type === 'awaitingAcceptance' && message.type === 'accept_utility' && from === 'utility')
    return accepted({ ...state, utility: { opening: message.utility, voucher: message.voucher } }, context);
  if (state.type === 'awaitingAgreement' && message.type === 'funding_created' && from === 'consumer')
    return state.role === 'producer'
      ? fundingCreated(state, message, context)
      : unexpected(state, from, message);
  if (state.type === 'awaitingAgreement' && message.type === 'funding_prepared' && from === 'consumer')
    return state.role === 'utility'
      ? fundingPrepared(state, message, context)
      : unexpected(state, from, message);
  if (state.type === 'awaitingFundingSigned' && message.type === 'funding_signed' && from === 'producer')
    return producerSigned(state, message, context);
  if (state.type === 'awaitingCosignature' && message.type === 'funding_cosigned' && from === 'utility')
    return cosigned(state, message);
  return unexpected(state, from, message);
}

function unexpected(state: Opening, from: Role, message: Message): Transition {
  return abort(state, { code: 'unexpectedMessage', message: message.type, from, state: state.type });
}

/** Whether the opening cannot go on without this peer. */
function needs(state: Opening, peer: Role): boolean {
  // with every signature there, the consumer needs nobody any more
  if (state.type === 'fresh' || (state.type === 'signingFunding' && state.role === 'consumer')) return false;
  return state.role === 'consumer' || peer === 'consumer';
}

/** The consumer begins. */
function propose(state: Fresh, proposal: Proposal, context: Context): Transition {
  const fault = checkProposal(proposal, context) ?? checkOwnPart('consumer', proposal.consumer.part);
  if (fault !== undefined) return abort(state, fault);
  const message = { type: 'open_channel', ...proposal } as const;
  return goTo({ type: 'awaitingAcceptance', role: 'consumer', proposal, producer: null, utility: null }, [
    send('producer', message),
    send('utility', message),
  ]);
}

/** Producer and utility look at what they are asked for. */
function review(state: Fresh, message: MessageOf<'open_channel'>, context: Context): Transition {
  const { type: _type, ...proposal } = message;
  invariant(state.role !== 'consumer', 'an opening is proposed by the consumer');
  const reviewing: Reviewing = { type: 'reviewing', role: state.role, proposal };
  const fault = checkProposal(proposal, context);
  return fault === undefined
    ? goTo(reviewing, [{ type: 'reviewOpening', proposal }])
    : abort(reviewing, fault);
}

function acceptOpening(
  state: Reviewing,
  command: Extract<Command, { type: 'acceptOpening' }>,
  context: Context,
): Transition {
  const { proposal, role } = state;
  const { temporaryId } = proposal;
  const { part, payoutScript } = command;
  const fault = checkOwnPart(role, part) ?? checkPayout(role, payoutScript);
  if (fault !== undefined) return refuse(state, fault);
  const nodeId = context.identity.nodeId;
  if (role === 'utility') {
    invariant(context.signer.role === 'utility', 'the utility signs as a utility');
    const utility: UtilityOpening = { keys: context.signer.signer.keys, part, payoutScript, nodeId };
    const own = { opening: utility, voucher: vouch(context.identity, proposal, utility) };
    const message = { type: 'accept_utility', temporaryId, utility, voucher: own.voucher } as const;
    return goTo({ type: 'awaitingAgreement', role, proposal, own }, [send('consumer', message)]);
  }
  if (!context.secp.isPublicKey(command.meter))
    return refuse(state, { code: 'badKey', from: role, field: 'meter' });
  const signer = traderSigner(context);
  const producer: TraderOpening = {
    keys: signer.keys,
    firstPoint: signer.point(0n),
    secondPoint: signer.point(1n),
    part,
    payoutScript,
    nodeId,
    meter: command.meter,
  };
  const own = { opening: producer, voucher: vouch(context.identity, proposal, producer) };
  const message = { type: 'accept_channel', temporaryId, producer, voucher: own.voucher } as const;
  return goTo({ type: 'awaitingAgreement', role, proposal, own }, [send('consumer', message)]);
}

/** The consumer has an answer; with both it can build the funding transaction. */
function accepted(state: AwaitingAcceptance, context: Context): Transition {
  const { proposal, producer, utility } = state;
  if (producer === null || utility === null) return goTo(state);
  const agreed = agree(proposal, producer, utility, context);
  if (!agreed.ok) return abort(state, agreed.error);
  return checkInputs('consumer', agreed.value, null);
}

/** The producer hears who the utility is, and gets its commitment 0. */
function fundingCreated(
  state: AwaitingAgreement,
  message: MessageOf<'funding_created'>,
  context: Context,
): Transition {
  const utility = { opening: message.utility, voucher: message.voucher };
  const agreed = agree(state.proposal, state.own as Vouched<TraderOpening>, utility, context);
  if (!agreed.ok) return abort(state, agreed.error);
  const { contract, channelId } = agreed.value;
  if (contract.funding.txid !== message.fundingTxid)
    return abort(state, mismatch(contract.funding.txid, message.fundingTxid));
  const round = {
    secp: context.secp,
    signer: traderSigner(context),
    contract,
    channelId,
    role: 'producer',
  } as const;
  const ledger = initialLedger(contract);
  if (!verifiesOwnCommitment(round, ledger, message))
    return abort(state, { code: 'badCommitmentSignature', n: 0n });
  return checkInputs('producer', agreed.value, heldBy(ledger, message));
}

/** The utility hears who the producer is; the traders have exchanged their commitments. */
function fundingPrepared(
  state: AwaitingAgreement,
  message: MessageOf<'funding_prepared'>,
  context: Context,
): Transition {
  const producer = { opening: message.producer, voucher: message.voucher };
  const agreed = agree(state.proposal, producer, state.own as Vouched<UtilityOpening>, context);
  if (!agreed.ok) return abort(state, agreed.error);
  if (agreed.value.contract.funding.txid !== message.fundingTxid)
    return abort(state, mismatch(agreed.value.contract.funding.txid, message.fundingTxid));
  return checkInputs('utility', agreed.value, null);
}

function mismatch(expected: string, received: string): ChannelError {
  return { code: 'fundingMismatch', expected, received };
}

function checkInputs(role: Role, agreement: Agreement, held: HeldCommitment | null): Transition {
  const foreign = agreement.funding.inputs.filter((input) => input.owner !== role);
  return goTo({ type: 'checkingInputs', role, agreement, held }, [{ type: 'checkInputs', inputs: foreign }]);
}
