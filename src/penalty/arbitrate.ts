import type { Sat } from '../base/amount.ts';
import { equalBytes } from '../base/bytes.ts';
import type { Secp256k1 } from '../crypto/secp256k1.ts';
import type { Balances, Contract } from '../tx/contract.ts';
import {
  arbitratedLocktime,
  buildPenalty,
  type FeeTooHigh,
  type PayoutScripts,
  type Settlement,
} from '../tx/settlement.ts';
import { type StateProof, type StateProofError, verifyStateProof } from '../tx/stateProof.ts';

/** What the utility knows of the channel itself. */
export interface UtilityLedger {
  /** Locks of the units that it attested. */
  readonly attestedLocks: readonly Uint8Array[];
  /** The highest state number that either side has proved, `null` before the first. */
  readonly highestProved: bigint | null;
}

/** A dispute as the utility sees it at one moment (protocol section 9). */
export interface Evidence {
  readonly contract: Contract;
  readonly ledger: UtilityLedger;
  /** The state that the other side of the dispute was told of. */
  readonly proof: StateProof;
  /** The height at which it was told. */
  readonly openedAt: number;
  /** The utility's tip. */
  readonly height: number;
  readonly feeSat: Sat;
  readonly payout: PayoutScripts;
}

export type Refusal =
  | StateProofError
  | { readonly code: 'staleState'; readonly n: bigint; readonly highestProved: bigint }
  | { readonly code: 'deliveryAttested'; readonly id: bigint; readonly unit: bigint }
  | {
      readonly code: 'deadlineNotReached';
      readonly id: bigint;
      readonly deadline: number;
      readonly height: number;
    }
  | FeeTooHigh;

export type Verdict =
  /** Every delivery in flight is forfeited: co-sign this. */
  | { readonly type: 'penalise'; readonly n: bigint; readonly settlement: Settlement }
  /** Nothing in flight: co-sign this, which pays the state as it is. */
  | { readonly type: 'settle'; readonly n: bigint; readonly settlement: Settlement }
  /** Not before that height; judge again then, with what was proved meanwhile. */
  | {
      readonly type: 'wait';
      readonly until: number;
      readonly reason: 'arbitrationHeight' | 'contestWindow';
    }
  | { readonly type: 'refuse'; readonly reason: Refusal };

/**
 * Whether the utility co-signs the end of a channel on the word of one side (protocol section 9). A penalty forfeits
 * every delivery in flight, so each of them must be unattested and past its deadline; a seller that delivered goes
 * on-chain with the preimage instead.
 */
export function arbitrate(secp: Secp256k1, evidence: Evidence): Verdict {
  const { contract, proof, ledger, feeSat, payout } = evidence;
  const state = proof.ledger;
  const proven = verifyStateProof(secp, contract, proof);
  if (!proven.ok) return { type: 'refuse', reason: proven.error };
  const refusal = outdated(state, ledger) ?? unforfeitable(state, evidence);
  if (refusal !== undefined) return { type: 'refuse', reason: refusal };
  const wait = tooEarly(evidence);
  if (wait !== undefined) return wait;
  const settlement = buildPenalty(contract, state, feeSat, payout);
  if (!settlement.ok) return { type: 'refuse', reason: settlement.error };
  const type = state.deliveries.length === 0 ? 'settle' : 'penalise';
  return { type, n: state.n, settlement: settlement.value };
}

function outdated({ n }: Balances, { highestProved }: UtilityLedger): Refusal | undefined {
  if (highestProved === null || n >= highestProved) return undefined;
  return { code: 'staleState', n, highestProved };
}

function unforfeitable({ deliveries }: Balances, { ledger, height }: Evidence): Refusal | undefined {
  for (const { id, unit, lock, deadline } of deliveries) {
    if (ledger.attestedLocks.some((attested) => equalBytes(attested, lock)))
      return { code: 'deliveryAttested', id, unit };
    if (height < deadline) return { code: 'deadlineNotReached', id, deadline, height };
  }
  return undefined;
}

/** The utility's key counts from `T` on: a transaction with that locktime is valid in the block after it. */
function tooEarly({ contract, openedAt, height }: Evidence): Verdict | undefined {
  const contested = openedAt + contract.params.contestWindow;
  if (height < contested) return { type: 'wait', until: contested, reason: 'contestWindow' };
  const locktime = arbitratedLocktime(contract);
  if (height < locktime) return { type: 'wait', until: locktime, reason: 'arbitrationHeight' };
  return undefined;
}
