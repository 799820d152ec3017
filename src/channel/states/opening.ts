import { equalBytes, toHex } from '../../base/bytes.ts';
import { assertNever, invariant } from '../../base/invariant.ts';
import { err, ok, type Result } from '../../base/result.ts';
import { ROLES, type Role, type Trader } from '../../base/role.ts';
import { type ChannelKeys, type Contract, channelIdOf } from '../../tx/contract.ts';
import { buildFunding, type FundingPart, proveInputs } from '../../tx/funding.ts';
import { OPENER } from '../../tx/settlement.ts';
import { type Tx, withWitness } from '../../tx/transaction.ts';
import {
  MAX_PREVIOUS_TX,
  type Message,
  type MessageOf,
  type TraderOpening,
  type UtilityOpening,
} from '../../wire/messages.ts';
import type { ChannelError } from '../error.ts';
import type { ChannelEvent, Command } from '../event.ts';
import { initialLedger } from '../ledger.ts';
import { checkParams } from '../params.ts';
import { type HeldCommitment, verifiesOwnCommitment } from '../rounds.ts';
import type {
  Agreement,
  AwaitingAcceptance,
  AwaitingAgreement,
  AwaitingCosignature,
  AwaitingFunding,
  AwaitingFundingSigned,
  CheckingInputs,
  Fresh,
  Identity,
  Opening,
  Proposal,
  Reviewing,
  SigningFunding,
  Vouched,
  Witnesses,
} from '../state.ts';
import {
  type Context,
  errorMessage,
  goTo,
  notify,
  refuse,
  send,
  type Transition,
  traderSigner,
} from '../step.ts';
import { isVouched, vouch } from '../voucher.ts';

/** From the proposal to the signed funding transaction (protocol section 8). Whatever goes wrong here ends the opening and frees the coins. */
export function opening(state: Opening, event: ChannelEvent, context: Context): Transition {
  switch (event.type) {
    case 'messageReceived':
      return event.message.type === 'error'
        ? abort(state, { code: 'refused', by: event.from, reason: errorText(event.message) })
        : onMessage(state, event.from, event.message, context);
    case 'disconnected':
      return needs(state, event.peer)
        ? abort(state, { code: 'connectionLost', peer: event.peer })
        : goTo(state);
    case 'inputsChecked':
      if (state.type !== 'checkingInputs') return goTo(state);
      return event.problem === null ? inputsGood(state, context) : abort(state, event.problem);
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

function checkProposal(proposal: Proposal, context: Context): ChannelError | undefined {
  return (
    checkParams(proposal.params, proposal.contributions, context.chainHash, context.height) ??
    checkOpening('consumer', proposal.consumer, context)
  );
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

/** What our own wallet brings, before it is said: the others would refuse it, or no message could carry it. */
function checkOwnPart(owner: Role, part: FundingPart): ChannelError | undefined {
  const proven = proveInputs(owner, part);
  if (!proven.ok) return proven.error;
  const sizes = part.inputs.map(({ previousTx }) => previousTx.length);
  const index = sizes.findIndex(
    (size, i) => size > MAX_PREVIOUS_TX || sizes.slice(0, i + 1).reduce((sum, each) => sum + each) > MAX_PART,
  );
  if (index >= 0) return { code: 'badPreviousTx', owner, index, reason: 'too long for a message' };
  return part.change === null ? undefined : checkPayout(owner, part.change.script);
}

/** Bytes of previous transactions that a party's inputs may bring, so that its opening fits one message. */
const MAX_PART = 60_000;

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
  if (!verifiesOwnCommitment(round, initialLedger(contract), message.signature))
    return abort(state, { code: 'badCommitmentSignature', n: 0n });
  return checkInputs('producer', agreed.value, message.signature);
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

function checkInputs(role: Role, agreement: Agreement, remoteSignature: Uint8Array | null): Transition {
  const foreign = agreement.funding.inputs.filter((input) => input.owner !== role);
  return goTo({ type: 'checkingInputs', role, agreement, remoteSignature }, [
    { type: 'checkInputs', inputs: foreign },
  ]);
}

function inputsGood(state: CheckingInputs, context: Context): Transition {
  const { role, agreement } = state;
  if (role !== 'consumer') {
    const held =
      role === 'producer' && state.remoteSignature !== null
        ? { ledger: initialLedger(agreement.contract), remoteSignature: state.remoteSignature }
        : null;
    return signFunding(role, agreement, held, { producer: [], utility: [] });
  }
  const { contract, proposal, utility, producer, vouchers } = agreement;
  const signature = traderSigner(context).signCommitment(
    contract,
    initialLedger(contract),
    'producer',
    producer.firstPoint,
  );
  const message = {
    type: 'funding_created',
    temporaryId: proposal.temporaryId,
    utility,
    voucher: vouchers.utility,
    fundingTxid: contract.funding.txid,
    signature,
  } as const;
  return goTo({ type: 'awaitingFundingSigned', role, agreement }, [send('producer', message)]);
}

/** The consumer has its own commitment 0: now, and not before, the utility is asked to sign. */
function producerSigned(
  state: AwaitingFundingSigned,
  message: MessageOf<'funding_signed'>,
  context: Context,
): Transition {
  const { agreement } = state;
  const { contract, channelId, proposal, producer, vouchers } = agreement;
  const ledger = initialLedger(contract);
  const round = {
    secp: context.secp,
    signer: traderSigner(context),
    contract,
    channelId,
    role: 'consumer',
  } as const;
  if (!verifiesOwnCommitment(round, ledger, message.signature))
    return abort(state, { code: 'badCommitmentSignature', n: 0n });
  const fault = checkWitnesses(agreement, 'producer', message.witnesses);
  if (fault !== undefined) return abort(state, fault);
  const prepared = {
    type: 'funding_prepared',
    temporaryId: proposal.temporaryId,
    producer,
    voucher: vouchers.producer,
    fundingTxid: contract.funding.txid,
  } as const;
  return goTo(
    {
      type: 'awaitingCosignature',
      role: 'consumer',
      agreement,
      held: { ledger, remoteSignature: message.signature },
      producerWitnesses: message.witnesses,
    },
    [send('utility', prepared)],
  );
}

function cosigned(state: AwaitingCosignature, message: MessageOf<'funding_cosigned'>): Transition {
  const { agreement, held, producerWitnesses } = state;
  const fault = checkWitnesses(agreement, 'utility', message.witnesses);
  if (fault !== undefined) return abort(state, fault);
  return signFunding('consumer', agreement, held, {
    producer: producerWitnesses,
    utility: message.witnesses,
  });
}

function signFunding(
  role: Role,
  agreement: Agreement,
  held: HeldCommitment | null,
  witnesses: SigningFunding['witnesses'],
): Transition {
  return goTo({ type: 'signingFunding', role, agreement, held, witnesses }, [
    { type: 'signFunding', funding: agreement.funding },
  ]);
}

/** Our own inputs are signed. With the state stored, the signatures may go out. */
function fundingSigned(state: SigningFunding, own: Witnesses, context: Context): Transition {
  const { role, agreement, held } = state;
  const { temporaryId } = agreement.proposal;
  const fault = checkWitnesses(agreement, role, own);
  invariant(fault === undefined, 'the wallet signs each of its inputs');
  if (role === 'utility') {
    const message = { type: 'funding_cosigned', temporaryId, witnesses: own } as const;
    return goTo(waiting(state, null, context), [{ type: 'watchFunding' }, send('consumer', message)]);
  }
  invariant(held !== null, 'a trader holds its commitment 0 before it signs the funding');
  if (role === 'producer') {
    const { contract, proposal } = agreement;
    const signature = traderSigner(context).signCommitment(
      contract,
      held.ledger,
      'consumer',
      proposal.consumer.firstPoint,
    );
    const message = { type: 'funding_signed', temporaryId, signature, witnesses: own } as const;
    return goTo(waiting(state, null, context), [{ type: 'watchFunding' }, send('consumer', message)]);
  }
  const tx = completeFunding(agreement, { ...state.witnesses, consumer: own });
  return goTo(waiting(state, tx, context), [
    { type: 'watchFunding' },
    { type: 'broadcast', tx, purpose: 'funding' },
  ]);
}

function waiting(state: SigningFunding, fundingTx: Tx | null, context: Context): AwaitingFunding {
  const { role, agreement, held } = state;
  const { producer } = agreement;
  const { consumer } = agreement.proposal;
  return {
    type: 'awaitingFunding',
    role,
    identity: identityOf(agreement),
    held,
    points: {
      consumer: { first: consumer.firstPoint, second: consumer.secondPoint },
      producer: { first: producer.firstPoint, second: producer.secondPoint },
    },
    fundingTx,
    depth: 0,
    height: context.height,
    since: context.height,
    readyFrom: [],
  };
}

/** What stays the same of a channel, from the moment on which its three parties agree. */
export function identityOf({ contract, channelId, proposal, producer, utility }: Agreement): Identity {
  const { consumer } = proposal;
  return {
    channelId,
    contract,
    payout: {
      consumer: consumer.payoutScript,
      producer: producer.payoutScript,
      utility: utility.payoutScript,
    },
    nodeIds: { consumer: consumer.nodeId, producer: producer.nodeId, utility: utility.nodeId },
    meters: { consumer: consumer.meter, producer: producer.meter },
  };
}

function completeFunding({ funding }: Agreement, witnesses: { readonly [R in Role]: Witnesses }): Tx {
  const next = { consumer: 0, producer: 0, utility: 0 };
  return funding.inputs.reduce((tx, { owner }, index) => {
    const witness = witnesses[owner][next[owner]++];
    return witness === undefined ? tx : withWitness(tx, index, witness);
  }, funding.tx);
}

function checkWitnesses({ funding }: Agreement, from: Role, witnesses: Witnesses): ChannelError | undefined {
  const expected = funding.inputs.filter((input) => input.owner === from).length;
  if (witnesses.length === expected) return undefined;
  return { code: 'wrongWitnessCount', from, count: witnesses.length, expected };
}

/** The funding transaction and the channel's fixed data, from what all three brought. */
function agree(
  proposal: Proposal,
  producer: Vouched<TraderOpening>,
  utility: Vouched<UtilityOpening>,
  context: Context,
): Result<Agreement, ChannelError> {
  const fault =
    checkOpening('producer', producer.opening, context) ??
    checkUtilityOpening(utility.opening, context) ??
    checkVoucher('producer', proposal, producer, context) ??
    checkVoucher('utility', proposal, utility, context);
  return fault === undefined ? agreementOf(proposal, producer, utility) : err(fault);
}

/** A party's opening is its own: of the node that the consumer named, and vouched for by it. */
function checkVoucher(
  from: 'producer' | 'utility',
  proposal: Proposal,
  { opening, voucher }: Vouched<TraderOpening | UtilityOpening>,
  { secp }: Context,
): ChannelError | undefined {
  const named = from === 'producer' ? proposal.producerNodeId : proposal.utilityNodeId;
  if (!equalBytes(opening.nodeId, named)) return { code: 'wrongNodeId', from };
  return isVouched(secp, proposal, opening, voucher) ? undefined : { code: 'badVoucher', from };
}

function agreementOf(
  proposal: Proposal,
  vouchedProducer: Vouched<TraderOpening>,
  vouchedUtility: Vouched<UtilityOpening>,
): Result<Agreement, ChannelError> {
  const { params, contributions, consumer, feeRateSatPerKvB } = proposal;
  const { opening: producer } = vouchedProducer;
  const { opening: utility } = vouchedUtility;
  const keys: ChannelKeys = { consumer: consumer.keys, producer: producer.keys, utility: utility.keys };
  const duplicate = findDuplicateKey(keys);
  if (duplicate !== undefined) return err(duplicate);
  const parts: { readonly [R in Role]: FundingPart } = {
    consumer: consumer.part,
    producer: producer.part,
    utility: utility.part,
  };
  const funding = buildFunding({ params, keys, contributions, opener: OPENER, feeRateSatPerKvB, parts });
  if (!funding.ok) return funding;
  const contract: Contract = { params, keys, contributions, funding: funding.value.outpoint };
  const channelId = channelIdOf(contract.funding);
  const vouchers = { producer: vouchedProducer.voucher, utility: vouchedUtility.voucher };
  return ok({ proposal, producer, utility, contract, channelId, funding: funding.value, vouchers });
}

function checkOpening(from: Trader, opening: TraderOpening, context: Context): ChannelError | undefined {
  const { keys, firstPoint, secondPoint, nodeId, meter, payoutScript } = opening;
  return (
    checkKeys(from, { ...keys, firstPoint, secondPoint, nodeId, meter }, context) ??
    checkPayout(from, payoutScript)
  );
}

function checkUtilityOpening(
  { keys, nodeId, payoutScript }: UtilityOpening,
  context: Context,
): ChannelError | undefined {
  return checkKeys('utility', { ...keys, nodeId }, context) ?? checkPayout('utility', payoutScript);
}

function checkKeys(
  from: Role,
  keys: Readonly<Record<string, Uint8Array>>,
  { secp }: Context,
): ChannelError | undefined {
  for (const [field, key] of Object.entries(keys))
    if (!secp.isPublicKey(key)) return { code: 'badKey', from, field };
  return undefined;
}

function findDuplicateKey(keys: ChannelKeys): ChannelError | undefined {
  const seen = new Set<string>();
  for (const from of ROLES)
    for (const [field, key] of Object.entries(keys[from])) {
      if (seen.has(toHex(key))) return { code: 'duplicateKey', from, field };
      seen.add(toHex(key));
    }
  return undefined;
}

/** P2WPKH, P2WSH or P2TR: the outputs whose dust limit is at most 330 sat. */
export function checkPayout(from: Role, script: Uint8Array): ChannelError | undefined {
  const good =
    (script.length === 22 && script[0] === 0 && script[1] === 20) ||
    (script.length === 34 && (script[0] === 0 || script[0] === 0x51) && script[1] === 32);
  return good ? undefined : { code: 'badPayoutScript', from, script: toHex(script) };
}

/** Whether the opening cannot go on without this peer. */
function needs(state: Opening, peer: Role): boolean {
  // with every signature there, the consumer needs nobody any more
  if (state.type === 'fresh' || (state.type === 'signingFunding' && state.role === 'consumer')) return false;
  return state.role === 'consumer' || peer === 'consumer';
}

function abort(state: Opening, error: ChannelError): Transition {
  const own = { type: 'aborted', role: state.role, why: error } as const;
  const release = [{ type: 'releaseCoins' }, notify({ type: 'aborted', why: error })] as const;
  const temporaryId = temporaryIdOf(state);
  const told = state.role === 'consumer' ? (['producer', 'utility'] as const) : (['consumer'] as const);
  if (temporaryId === undefined) return goTo(own, release);
  return goTo(own, [...told.map((role) => send(role, errorMessage(temporaryId, error))), ...release]);
}

function temporaryIdOf(state: Opening): Uint8Array | undefined {
  switch (state.type) {
    case 'fresh':
      return undefined;
    case 'reviewing':
    case 'awaitingAcceptance':
    case 'awaitingAgreement':
      return state.proposal.temporaryId;
    case 'checkingInputs':
    case 'awaitingFundingSigned':
    case 'awaitingCosignature':
    case 'signingFunding':
      return state.agreement.proposal.temporaryId;
    default:
      return assertNever(state);
  }
}

function errorText(message: MessageOf<'error'>): string {
  return new TextDecoder().decode(message.data).replace(/[^\x20-\x7e]/g, '?');
}
