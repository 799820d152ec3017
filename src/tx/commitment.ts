import { type Msat, msatToSatFloor, type Sat } from '../base/amount.ts';
import { compareBytes, concat, readUintBE } from '../base/bytes.ts';
import { newestRemembered, remembered } from '../base/remembered.ts';
import { counterpartyOf, type PerTrader, type Trader } from '../base/role.ts';
import { sha256 } from '../crypto/hash.ts';
import type { Balances, Contract, Delivery } from './contract.ts';
import {
  ANCHOR_SAT,
  ANCHOR_SCRIPT,
  type FundingSpec,
  type OutputSpec,
  outputScript,
  witnessScript,
} from './outputs.ts';
import { type Tx, type TxInput, unsignedInput } from './transaction.ts';

/** One output of a commitment transaction, at the index it has there. */
export type CommitmentOutput =
  | { readonly kind: 'anchor'; readonly value: Sat; readonly script: Uint8Array }
  | {
      readonly kind: 'toBroadcaster' | 'toCounterparty' | 'toUtility';
      readonly value: Sat;
      readonly script: Uint8Array;
      readonly spec: OutputSpec;
    }
  | {
      readonly kind: 'delivery';
      readonly value: Sat;
      readonly script: Uint8Array;
      readonly spec: OutputSpec;
      readonly delivery: Delivery;
    };

/** A commitment transaction without signatures, and what each of its outputs means. */
export interface Commitment {
  readonly broadcaster: Trader;
  readonly n: bigint;
  readonly tx: Tx;
  readonly outputs: readonly CommitmentOutput[];
}

/** What is the same in every commitment of a contract. */
interface FixedParts {
  readonly mask: bigint;
  /** The one input, by its sequence: the same for 16 million commitments. */
  readonly inputs: (sequence: number) => readonly TxInput[];
  readonly toCounterparty: PerTrader<PaidScript>;
  readonly toUtility: PaidScript;
  /** The script of a delivery in the buyer's commitment, which holds no revocation key. */
  readonly bought: (delivery: Delivery) => PaidScript;
}

interface PaidScript {
  readonly spec: OutputSpec;
  readonly script: Uint8Array;
}

const fixedParts = remembered((contract: Contract): FixedParts => {
  const { consumer, producer, utility } = contract.keys;
  const toCounterparty = (payment: Uint8Array) => paidScript({ type: 'toCounterparty', payment });
  return {
    mask: obscuringMask(contract),
    inputs: newestRemembered((sequence: number) => [unsignedInput(contract.funding, sequence)]),
    toCounterparty: {
      consumer: toCounterparty(consumer.payment),
      producer: toCounterparty(producer.payment),
    },
    toUtility: paidScript({ type: 'toUtility', payment: utility.payment }),
    bought: remembered((delivery: Delivery) => paidScript(boughtSpec(contract, delivery))),
  };
});

function paidScript(spec: OutputSpec): PaidScript {
  return { spec, script: outputScript(spec) };
}

/** The witness script of a contract's funding output. */
export const fundingWitnessScript = remembered((contract: Contract) => witnessScript(fundingSpec(contract)));

export function fundingSpec(contract: Pick<Contract, 'keys' | 'params'>): FundingSpec {
  const { consumer, producer, utility } = contract.keys;
  return {
    type: 'funding',
    keys: { consumer: consumer.funding, producer: producer.funding, utility: utility.funding },
    arbitration: contract.params.arbitration,
  };
}

/**
 * The broadcaster's version of the commitment to `state` (protocol section 5): version 3, an anchor, what
 * each party has, and one output for each delivery in flight. Amounts are rounded down and outputs under the
 * dust limit left out; both become fee.
 *
 * @param revocationKey the revocation public key of this version, see `revocationPublicKey`
 */
export function buildCommitment(
  contract: Contract,
  state: Balances,
  broadcaster: Trader,
  revocationKey: Uint8Array,
): Commitment {
  const { params, keys } = contract;
  const { mask, inputs, toCounterparty, toUtility } = fixedParts(contract);
  const counterparty = counterpartyOf(broadcaster);
  const toBroadcaster = paidScript({
    type: 'toBroadcaster',
    revocation: revocationKey,
    delayed: keys[broadcaster].delayed,
    delay: params.toSelfDelay[broadcaster],
  });
  const outputs: CommitmentOutput[] = [
    { kind: 'anchor', value: ANCHOR_SAT as Sat, script: ANCHOR_SCRIPT },
    paid('toBroadcaster', balanceOf(state, broadcaster), toBroadcaster),
    paid('toCounterparty', balanceOf(state, counterparty), toCounterparty[counterparty]),
    paid('toUtility', state.utilityMsat, toUtility),
    ...state.deliveries.map((delivery) => deliveryOutput(contract, delivery, broadcaster, revocationKey)),
  ];
  const kept = outputs
    .filter((output) => output.kind === 'anchor' || output.value >= params.dustLimitSat)
    .sort(compareCommitmentOutputs);
  const obscured = state.n ^ mask;
  const tx: Tx = {
    version: 3,
    inputs: inputs((0x80000000 | Number(obscured >> 24n)) >>> 0),
    outputs: kept.map(({ value, script }) => ({ value, script })),
    locktime: (0x20 << 24) | Number(obscured & 0xffffffn),
  };
  return { broadcaster, n: state.n, tx, outputs: kept };
}

export function balanceOf(state: Balances, trader: Trader): Msat {
  return trader === 'consumer' ? state.consumerMsat : state.producerMsat;
}

function paid(
  kind: 'toBroadcaster' | 'toCounterparty' | 'toUtility',
  amount: Msat,
  { spec, script }: PaidScript,
): CommitmentOutput {
  return { kind, value: msatToSatFloor(amount), script, spec };
}

function deliveryOutput(
  contract: Contract,
  delivery: Delivery,
  broadcaster: Trader,
  revocationKey: Uint8Array,
): CommitmentOutput {
  const { spec, script } =
    delivery.seller === broadcaster
      ? paidScript(soldSpec(contract, delivery, revocationKey))
      : fixedParts(contract).bought(delivery);
  const value = msatToSatFloor((delivery.paymentMsat + delivery.bondMsat) as Msat);
  return { kind: 'delivery', value, script, spec, delivery };
}

function boughtSpec({ keys }: Contract, { seller, lock, expiry }: Delivery): OutputSpec {
  const utility = keys.utility.payment;
  return { type: 'buyerDelivery', sellerPayment: keys[seller].payment, utility, lock, expiry };
}

function soldSpec(
  { keys, params }: Contract,
  { seller, lock, expiry }: Delivery,
  revocation: Uint8Array,
): OutputSpec {
  const sellerDelayed = keys[seller].delayed;
  const delay = params.toSelfDelay[seller];
  const utility = keys.utility.payment;
  return { type: 'sellerDelivery', revocation, sellerDelayed, delay, utility, lock, expiry };
}

/** Value, then script, then expiry (BOLT 3's order with the delivery's expiry as its CLTV). */
function compareCommitmentOutputs(a: CommitmentOutput, b: CommitmentOutput): number {
  if (a.value !== b.value) return a.value < b.value ? -1 : 1;
  return compareBytes(a.script, b.script) || expiryOf(a) - expiryOf(b);
}

function expiryOf(output: CommitmentOutput): number {
  return output.kind === 'delivery' ? output.delivery.expiry : 0;
}

/** The low 48 bits of `SHA256(consumer's payment basepoint || producer's)`: hides how often the channel was used. */
function obscuringMask({ keys }: Contract): bigint {
  const hash = sha256(concat(keys.consumer.payment, keys.producer.payment));
  return readUintBE(hash.subarray(26, 32));
}

/** The commitment number that a spend of the funding output carries, or `undefined` when it is not shaped like a commitment. */
export function commitmentNumberOf(contract: Contract, tx: Tx): bigint | undefined {
  const [input] = tx.inputs;
  if (input === undefined || tx.inputs.length !== 1) return undefined;
  if (input.sequence >>> 24 !== 0x80 || tx.locktime >>> 24 !== 0x20) return undefined;
  const hidden = (BigInt(input.sequence & 0xffffff) << 24n) | BigInt(tx.locktime & 0xffffff);
  return hidden ^ fixedParts(contract).mask;
}
