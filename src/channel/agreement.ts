import { equalBytes, toHex } from '../base/bytes.ts';
import { err, ok, type Result } from '../base/result.ts';
import { ROLES, type Role, type Trader } from '../base/role.ts';
import { type ChannelKeys, type Contract, channelIdOf } from '../tx/contract.ts';
import { buildFunding, type FundingPart, proveInputs } from '../tx/funding.ts';
import { OPENER } from '../tx/settlement.ts';
import { type Tx, withWitness } from '../tx/transaction.ts';
import { MAX_PREVIOUS_TX, type TraderOpening, type UtilityOpening } from '../wire/messages.ts';
import type { ChannelError } from './error.ts';
import { checkParams } from './params.ts';
import type { Agreement, Identity, Proposal, Vouched, Witnesses } from './state.ts';
import type { Context } from './step.ts';
import { isVouched } from './voucher.ts';

/** The funding transaction and the channel's fixed data, from what all three brought. */
export function agree(
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

/** What is wrong with a proposal that anybody could see, if anything is. */
export function checkProposal(proposal: Proposal, context: Context): ChannelError | undefined {
  return (
    checkParams(proposal.params, proposal.contributions, context.chainHash, context.height) ??
    checkOpening('consumer', proposal.consumer, context)
  );
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

/** What our own wallet brings, before it is said: the others would refuse it, or no message could carry it. */
export function checkOwnPart(owner: Role, part: FundingPart): ChannelError | undefined {
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

/** One witness for each of the inputs that a party brought. */
export function checkWitnesses(
  { funding }: Agreement,
  from: Role,
  witnesses: Witnesses,
): ChannelError | undefined {
  const expected = funding.inputs.filter((input) => input.owner === from).length;
  if (witnesses.length === expected) return undefined;
  return { code: 'wrongWitnessCount', from, count: witnesses.length, expected };
}

/** The funding transaction with everybody's witnesses. */
export function completeFunding({ funding }: Agreement, witnesses: { readonly [R in Role]: Witnesses }): Tx {
  const next = { consumer: 0, producer: 0, utility: 0 };
  return funding.inputs.reduce((tx, { owner }, index) => {
    const witness = witnesses[owner][next[owner]++];
    return witness === undefined ? tx : withWitness(tx, index, witness);
  }, funding.tx);
}
