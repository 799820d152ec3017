import type { Sat } from '../base/amount.ts';
import type { Trader } from '../base/role.ts';
import type { Claim } from '../tx/claim.ts';
import type { Balances, Contract, TraderKeys, UtilityKeys } from '../tx/contract.ts';
import type { PayoutScripts } from '../tx/settlement.ts';
import type { Tx } from '../tx/transaction.ts';

/** A trader's word on a state: what the other side publishes it with, and what it shows the utility. */
export interface CommitmentSignatures {
  /** On the commitment. */
  readonly signature: Uint8Array;
  /** On its `stateHash`; `null` where that is what `signature` is on. */
  readonly stateSignature: Uint8Array | null;
}

/**
 * Holds the keys of one channel and signs what it is told the meaning of: it builds every transaction
 * itself, so that a signer in another process or a device can hold its own view and refuse. Answers are
 * functions of the arguments alone (RFC 6979), hence a message that is sent again has the same bytes.
 * Signatures are compact, 64 bytes.
 */
export interface TraderSigner {
  readonly keys: TraderKeys;
  /** The point of our commitment `n`. */
  point(n: bigint): Uint8Array;
  /** The secret of our commitment `n`: gives that commitment up for good. */
  releaseSecret(n: bigint): Uint8Array;
  /** Signs the counterparty's version of the commitment to `balances`. `point` is the counterparty's for that number. */
  signCommitment(
    contract: Contract,
    balances: Balances,
    broadcaster: Trader,
    point: Uint8Array,
  ): CommitmentSignatures;
  /** Our own version, complete with the counterparty's signature. */
  completeCommitment(contract: Contract, balances: Balances, remoteSignature: Uint8Array): Tx;
  signClose(
    contract: Contract,
    balances: Balances,
    closer: Trader,
    feeSat: Sat,
    payout: PayoutScripts,
  ): Uint8Array;
  /** The arbitrated end; `delivered` are the ids that it pays to their sellers. */
  signPenalty(
    contract: Contract,
    balances: Balances,
    feeSat: Sat,
    payout: PayoutScripts,
    delivered: readonly bigint[],
  ): Uint8Array;
  /**
   * For a watchtower: signatures on what it may take of the counterparty's revoked commitment to `balances`, one for each
   * of `justicePayments` to `payoutScript`, for each of `revocableOutputs` in their order. They spend nothing else.
   */
  signJustice(
    contract: Contract,
    balances: Balances,
    remoteSecret: Uint8Array,
    payoutScript: Uint8Array,
  ): readonly (readonly Uint8Array[])[];
  /**
   * The claim with its witnesses. Throws `InvariantError` when an input asks for a key that is not ours.
   *
   * @param revealed the counterparty's secret of its revoked commitment, when the claim takes outputs of one with the
   * revocation key
   */
  signClaim(claim: Claim, revealed?: Uint8Array): Tx;
}

/** The utility's part of it, and the secrets of the deliveries that it attests. */
export interface UtilitySigner {
  readonly keys: UtilityKeys;
  /** The preimage of `unit`: only for a unit that was delivered. */
  preimage(channelId: Uint8Array, unit: bigint): Uint8Array;
  /** The arbitrated end; `delivered` are the ids that it pays to their sellers. */
  signPenalty(
    contract: Contract,
    balances: Balances,
    feeSat: Sat,
    payout: PayoutScripts,
    delivered: readonly bigint[],
  ): Uint8Array;
  signClaim(claim: Claim): Tx;
}

/** What a node signs with its own name: the statements of docs/market.md. */
export interface IdentitySigner {
  /** Node id, 33 bytes. */
  readonly nodeId: Uint8Array;
  /** BIP340 over a tagged hash. */
  signStatement(tag: string, body: Uint8Array): Uint8Array;
}
