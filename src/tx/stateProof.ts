import type { Msat } from '../base/amount.ts';
import { msatToSatFloor } from '../base/amount.ts';
import { err, ok, type Result } from '../base/result.ts';
import { counterpartyOf, type Trader } from '../base/role.ts';
import { taggedHash } from '../crypto/hash.ts';
import { revocationPublicKey } from '../crypto/revocation.ts';
import type { Secp256k1 } from '../crypto/secp256k1.ts';
import { MAX_COMMITMENT_NUMBER } from '../crypto/shachain.ts';
import { buildCommitment, type Commitment, fundingWitnessScript } from './commitment.ts';
import { type Balances, type Contract, capacityMsat, fundingValueSat } from './contract.ts';
import { sighashV0, type Tx } from './transaction.ts';

/** A channel state, and the signature of the broadcaster's counterparty on the broadcaster's commitment to it: {@link stateHash}. */
export interface StateProof {
  readonly broadcaster: Trader;
  readonly ledger: Balances;
  /** The broadcaster's per-commitment point of that state, 33 bytes. */
  readonly point: Uint8Array;
  /** Compact ECDSA, 64 bytes. */
  readonly signature: Uint8Array;
}

export type StateProofError =
  | { readonly code: 'notConserved'; readonly totalMsat: bigint; readonly capacityMsat: Msat }
  | { readonly code: 'numberOutOfRange'; readonly n: bigint }
  | { readonly code: 'tooManyDeliveries'; readonly count: number; readonly limit: number }
  /** Two deliveries with one id or one unit: no state has that, and words on one would count for both. */
  | { readonly code: 'deliveryTwice'; readonly id: bigint }
  | { readonly code: 'deliveryBelowDust'; readonly id: bigint; readonly valueMsat: bigint }
  | {
      readonly code: 'wrongDeadline';
      readonly id: bigint;
      readonly deadline: number;
      readonly expected: number;
    }
  | { readonly code: 'badPoint' }
  | { readonly code: 'badSignature' };

export interface ProvenState {
  /** The commitment that the signature is on. */
  readonly commitment: Commitment;
  /** The revocation public key of that version, 33 bytes. */
  readonly revocationKey: Uint8Array;
}

/**
 * Whether the other side signed this state (protocol section 9): rebuilds the broadcaster's commitment and
 * verifies the counterparty's signature on it.
 *
 * The signature covers whole satoshi, sellers, locks and expiries. What it does not cover is checked against
 * the rules that it follows from: the sum against the capacity, each deadline against its expiry. The split of
 * an output between payment and bond, the unit numbers and what is under a satoshi or trimmed stay the
 * prover's word; no verdict rests on them.
 */
export function verifyStateProof(
  secp: Secp256k1,
  contract: Contract,
  proof: StateProof,
): Result<ProvenState, StateProofError> {
  const fault = checkLedger(contract, proof.ledger);
  if (fault !== undefined) return err(fault);
  if (!secp.isPublicKey(proof.point)) return err({ code: 'badPoint' });
  const signer = contract.keys[counterpartyOf(proof.broadcaster)];
  const revocationKey = revocationPublicKey(secp, signer.revocation, proof.point);
  const commitment = buildCommitment(contract, proof.ledger, proof.broadcaster, revocationKey);
  if (
    proof.signature.length !== 64 ||
    !secp.verify(stateHash(contract, commitment.tx), signer.funding, proof.signature)
  )
    return err({ code: 'badSignature' });
  return ok({ commitment, revocationKey });
}

/**
 * The 32 bytes that a state proof's signature is on, by the funding key. Under `afterHeight` what the commitment itself is
 * signed by: it does the utility no good, whose key does not count in a commitment. Under `immediate` any two of the
 * three signatures make a commitment valid, so the utility must never see one of them: there it is a tagged hash of that.
 */
export function stateHash(contract: Contract, commitment: Tx): Uint8Array {
  const hash = sighashV0(commitment, 0, fundingWitnessScript(contract), fundingValueSat(contract));
  return provesApart(contract) ? taggedHash('wattlane/state', hash) : hash;
}

/** Whether the state needs a signature of its own beside the commitment's. */
export function provesApart({ params }: Contract): boolean {
  return params.arbitration.type === 'immediate';
}

function checkLedger(contract: Contract, ledger: Balances): StateProofError | undefined {
  const { maxInFlight } = contract.params;
  if (ledger.n < 0n || ledger.n > MAX_COMMITMENT_NUMBER) return { code: 'numberOutOfRange', n: ledger.n };
  if (ledger.deliveries.length > maxInFlight)
    return { code: 'tooManyDeliveries', count: ledger.deliveries.length, limit: maxInFlight };
  const capacity = capacityMsat(contract.contributions);
  const totalMsat = ledger.deliveries.reduce(
    (sum, each) => sum + each.paymentMsat + each.bondMsat,
    ledger.consumerMsat + ledger.producerMsat + ledger.utilityMsat,
  );
  if (totalMsat !== capacity) return { code: 'notConserved', totalMsat, capacityMsat: capacity };
  for (const [i, delivery] of ledger.deliveries.entries()) {
    const earlier = ledger.deliveries.slice(0, i);
    if (earlier.some(({ id, unit }) => id === delivery.id || unit === delivery.unit))
      return { code: 'deliveryTwice', id: delivery.id };
    const fault = checkDelivery(contract, delivery);
    if (fault !== undefined) return fault;
  }
  return undefined;
}

function checkDelivery(
  { params }: Contract,
  { id, seller, paymentMsat, bondMsat, deadline, expiry }: Balances['deliveries'][number],
): StateProofError | undefined {
  const valueMsat = (paymentMsat + bondMsat) as Msat;
  if (msatToSatFloor(valueMsat) < params.dustLimitSat) return { code: 'deliveryBelowDust', id, valueMsat };
  const expected = expiry - params.toSelfDelay[seller] - params.resolutionMargin;
  return deadline === expected ? undefined : { code: 'wrongDeadline', id, deadline, expected };
}
