import { type Msat, msatToSatFloor, type Sat } from '../base/amount.ts';
import { compareBytes, concat, readUintBE } from '../base/bytes.ts';
import { counterpartyOf, type Trader } from '../base/role.ts';
import { sha256 } from '../crypto/hash.ts';
import type { Balances, Contract, Delivery } from './contract.ts';
import { ANCHOR_SAT, ANCHOR_SCRIPT, type FundingSpec, type OutputSpec, outputScript } from './outputs.ts';
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
  const counterparty = counterpartyOf(broadcaster);
  const outputs: CommitmentOutput[] = [
    { kind: 'anchor', value: ANCHOR_SAT as Sat, script: ANCHOR_SCRIPT },
    paid('toBroadcaster', balanceOf(state, broadcaster), {
      type: 'toBroadcaster',
      revocation: revocationKey,
      delayed: keys[broadcaster].delayed,
      delay: params.toSelfDelay[broadcaster],
    }),
    paid('toCounterparty', balanceOf(state, counterparty), {
      type: 'toCounterparty',
      payment: keys[counterparty].payment,
    }),
    paid('toUtility', state.utilityMsat, { type: 'toUtility', payment: keys.utility.payment }),
    ...state.deliveries.map((delivery) => deliveryOutput(contract, delivery, broadcaster, revocationKey)),
  ];
  const kept = outputs
    .filter((output) => output.kind === 'anchor' || output.value >= params.dustLimitSat)
    .sort(compareCommitmentOutputs);
  const tx: Tx = {
    version: 3,
    inputs: [fundingInput(contract, state.n)],
    outputs: kept.map(({ value, script }) => ({ value, script })),
    locktime: (0x20 << 24) | Number(obscured(contract, state.n) & 0xffffffn),
  };
  return { broadcaster, n: state.n, tx, outputs: kept };
}

export function balanceOf(state: Balances, trader: Trader): Msat {
  return trader === 'consumer' ? state.consumerMsat : state.producerMsat;
}

function paid(
  kind: 'toBroadcaster' | 'toCounterparty' | 'toUtility',
  amount: Msat,
  spec: OutputSpec,
): CommitmentOutput {
  return { kind, value: msatToSatFloor(amount), script: outputScript(spec), spec };
}

function deliveryOutput(
  contract: Contract,
  delivery: Delivery,
  broadcaster: Trader,
  revocationKey: Uint8Array,
): CommitmentOutput {
  const spec = deliverySpec(contract, delivery, broadcaster, revocationKey);
  const value = msatToSatFloor((delivery.paymentMsat + delivery.bondMsat) as Msat);
  return { kind: 'delivery', value, script: outputScript(spec), spec, delivery };
}

function deliverySpec(
  { keys, params }: Contract,
  { seller, lock, expiry }: Delivery,
  broadcaster: Trader,
  revocationKey: Uint8Array,
): OutputSpec {
  const shared = { utility: keys.utility.payment, lock, expiry };
  if (seller !== broadcaster)
    return { type: 'buyerDelivery', sellerPayment: keys[seller].payment, ...shared };
  return {
    type: 'sellerDelivery',
    revocation: revocationKey,
    sellerDelayed: keys[seller].delayed,
    delay: params.toSelfDelay[seller],
    ...shared,
  };
}

/** Value, then script, then expiry (BOLT 3's order with the delivery's expiry as its CLTV). */
function compareCommitmentOutputs(a: CommitmentOutput, b: CommitmentOutput): number {
  if (a.value !== b.value) return a.value < b.value ? -1 : 1;
  return compareBytes(a.script, b.script) || expiryOf(a) - expiryOf(b);
}

function expiryOf(output: CommitmentOutput): number {
  return output.kind === 'delivery' ? output.delivery.expiry : 0;
}

function fundingInput(contract: Contract, n: bigint): TxInput {
  return unsignedInput(contract.funding, (0x80000000 | Number(obscured(contract, n) >> 24n)) >>> 0);
}

function obscured(contract: Contract, n: bigint): bigint {
  return n ^ obscuringMask(contract);
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
  return hidden ^ obscuringMask(contract);
}
