import { equalBytes } from '../base/bytes.ts';
import type { PerTrader, Role, Trader } from '../base/role.ts';
import type { Balances, Contract } from '../tx/contract.ts';
import type { Txid } from '../tx/transaction.ts';

/** A commitment transaction that we can rebuild. */
export interface KnownCommitment {
  readonly broadcaster: Trader;
  /**
   * `own`: ours to broadcast. `peerLatest`: the peer's current one. `peerNext`: signed by us in a round that is not
   * over. `proved`: shown to the utility with the other side's signature. `revoked`: from the records, of a number that
   * is revoked.
   */
  readonly standing: 'own' | 'peerLatest' | 'peerNext' | 'proved' | 'revoked';
  readonly balances: Balances;
  /** Revocation public key of that version, 33 bytes. */
  readonly revocationKey: Uint8Array;
}

/** What the channel tells the monitor of it. Replaced as a whole whenever it changes. */
export interface Knowledge {
  readonly role: Role;
  readonly contract: Contract;
  /** Where everything that we claim goes. */
  readonly payoutScript: Uint8Array;
  /** Where a justice transaction pays what the utility is owed. */
  readonly utilityPayout: Uint8Array;
  readonly commitments: readonly KnownCommitment[];
  readonly preimages: readonly { readonly lock: Uint8Array; readonly preimage: Uint8Array }[];
  /** Locks of the units that the utility attested; it never claims those. */
  readonly attestedLocks: readonly Uint8Array[];
  /**
   * Locks of deliveries in a revoked state that are the utility's: forfeited in a later state, or refused and not ended
   * otherwise.
   */
  readonly forfeitedLocks: readonly Uint8Array[];
  /** Transactions on the funding output that we signed besides commitments. */
  readonly settlements: readonly { readonly txid: Txid; readonly kind: 'close' | 'arbitrated' }[];
  /** Commitments of that broadcaster with a number below this are revoked, unless we know them for its newest. */
  readonly minimumRevokedBelow: PerTrader<bigint>;
}

export function knownPreimage({ preimages }: Knowledge, lock: Uint8Array): Uint8Array | undefined {
  return preimages.find((known) => equalBytes(known.lock, lock))?.preimage;
}

export function isForfeited({ forfeitedLocks }: Knowledge, lock: Uint8Array): boolean {
  return forfeitedLocks.some((forfeited) => equalBytes(forfeited, lock));
}

export function isAttested({ attestedLocks }: Knowledge, lock: Uint8Array): boolean {
  return attestedLocks.some((attested) => equalBytes(attested, lock));
}
