import type { Sat } from '../base/amount.ts';
import { counterpartyOf } from '../base/role.ts';
import type { Secp256k1 } from '../crypto/secp256k1.ts';
import type { Balances, Delivery } from '../tx/contract.ts';
import { arbitratedLocktime, buildPenalty, type FeeTooHigh, type Settlement } from '../tx/settlement.ts';
import { type StateProof, verifyStateProof } from '../tx/stateProof.ts';
import type { Evidence, Finding } from './evidence.ts';
import { checkReadings } from './readings.ts';
import { checkStatements, statedReadings, statementConflicts, wordOn } from './statements.ts';

/** What becomes of one delivery of the state that is judged. */
export interface DeliveryOutcome {
  readonly id: bigint;
  readonly unit: bigint;
  readonly outcome: 'delivered' | 'notDelivered';
}

export type RefusalReason =
  | { readonly code: 'forgedProof'; readonly reason: string }
  | FeeTooHigh
  | { readonly code: 'feeAboveLimit'; readonly feeSat: Sat; readonly maxFeeSat: Sat };

/** The utility's decision (protocol section 9), always with what was found on the way. */
export type ArbitrationVerdict = { readonly findings: readonly Finding[] } & (
  | Decided
  /** Not before that height; judge again then, with what was shown meanwhile. */
  | {
      readonly type: 'wait';
      readonly until: number;
      readonly reason: 'contestWindow' | 'deadline' | 'arbitrationHeight';
    }
  | { readonly type: 'refuse'; readonly reason: RefusalReason }
);

export interface Decided {
  /** `penalise` when at least one delivery is forfeited. */
  readonly type: 'settle' | 'penalise';
  /** The state that it ends: the highest that was proved. */
  readonly state: Balances;
  readonly outcomes: readonly DeliveryOutcome[];
  readonly settlement: Settlement;
}

/**
 * Blocks after a deadline in which the utility's own word on the unit may still be on its way to the case: until then
 * silence does not count as "not delivered".
 */
export const UNDECIDED_GRACE = 1;

/**
 * How a dispute ends: a function of the evidence alone, the same for the utility, the traders and anyone else. The
 * highest proved state is judged, whoever proved it. What was attested pays its seller; what was refused, or
 * is past its deadline without a word, is the utility's.
 */
export function arbitrate(secp: Secp256k1, evidence: Evidence): ArbitrationVerdict {
  const { channel, claim } = evidence;
  const forged = claimFault(secp, evidence);
  if (forged !== undefined)
    return {
      type: 'refuse',
      reason: { code: 'forgedProof', reason: forged },
      findings: [{ code: 'forgedProof', against: claim.claimant, n: claim.proof.ledger.n, reason: forged }],
    };
  const { state, findings: proofFindings } = highestState(secp, evidence);
  const statements = checkStatements(secp, channel, state, evidence.statements);
  const readings = checkReadings(secp, channel, evidence.readings, statedReadings(statements.counted));
  const judged = state.deliveries.map((delivery) => ({
    delivery,
    word: wordOn(channel, delivery, statements.counted),
  }));
  const findings: Finding[] = [
    ...proofFindings,
    ...judged.flatMap(({ delivery, word }) => claimedAgainst(evidence, delivery, word)),
    ...statements.findings,
    ...readings.findings,
    ...statementConflicts(evidence, state, statements.counted, readings.counted),
  ];
  const { feeSat, maxFeeSat, claimant } = claim;
  const refused = (reason: Extract<RefusalReason, { feeSat: Sat }>, availableSat: Sat) => ({
    type: 'refuse' as const,
    reason,
    findings: [...findings, { code: 'feeTooHigh' as const, against: claimant, feeSat, availableSat }],
  });
  if (feeSat > maxFeeSat) return refused({ code: 'feeAboveLimit', feeSat, maxFeeSat }, maxFeeSat);
  const delivered = judged.filter(({ word }) => word === 'delivered').map(({ delivery }) => delivery.id);
  const built = buildPenalty(channel.contract, state, feeSat, channel.payout, delivered);
  if (!built.ok) return refused(built.error, built.error.availableSat);
  const wait = tooEarly(evidence, judged);
  if (wait !== undefined) return { ...wait, findings };
  const outcomes = judged.map(({ delivery: { id, unit }, word }): DeliveryOutcome => {
    return { id, unit, outcome: word ?? 'notDelivered' };
  });
  const type = delivered.length < outcomes.length ? 'penalise' : 'settle';
  return { type, state, outcomes, settlement: built.value, findings };
}

/** Why the claim's own proof does not hold, if it does not. */
function claimFault(secp: Secp256k1, { channel, claim }: Evidence): string | undefined {
  if (claim.proof.broadcaster !== claim.claimant) return 'otherSide';
  const proven = verifyStateProof(secp, channel.contract, claim.proof);
  return proven.ok ? undefined : proven.error.code;
}

/** The highest state that either side proved, and who showed a lower or a forged one. Of two proofs of one number the claim's counts. */
function highestState(
  secp: Secp256k1,
  { channel, claim, proofs }: Evidence,
): { readonly state: Balances; readonly findings: readonly Finding[] } {
  const findings: Finding[] = [];
  let top: StateProof = claim.proof;
  for (const proof of proofs) {
    const proven = verifyStateProof(secp, channel.contract, proof);
    const { n } = proof.ledger;
    if (!proven.ok)
      findings.push({ code: 'forgedProof', against: proof.broadcaster, n, reason: proven.error.code });
    else if (n > top.ledger.n) top = proof;
  }
  const { n } = claim.proof.ledger;
  const highestProved = top.ledger.n;
  if (n < highestProved) findings.unshift({ code: 'staleState', against: claim.claimant, n, highestProved });
  return { state: top.ledger, findings };
}

/** A buyer that asks for the penalty on what was attested. */
function claimedAgainst(
  { claim: { claimant } }: Evidence,
  { id, unit, seller }: Delivery,
  word: string | undefined,
): readonly Finding[] {
  if (word !== 'delivered' || claimant !== counterpartyOf(seller)) return [];
  return [{ code: 'deliveryAttested', against: claimant, id, unit }];
}

interface Judged {
  readonly delivery: Delivery;
  readonly word: DeliveryOutcome['outcome'] | undefined;
}

/** The latest of the heights that a verdict waits for. A transaction with locktime T is valid in the block after it. */
function tooEarly(
  { channel: { contract }, claim, height }: Evidence,
  judged: readonly Judged[],
): Extract<ArbitrationVerdict, { type: 'wait' }> | undefined {
  const missing = judged.filter(({ word }) => word !== 'delivered');
  const waits = [
    { until: claim.openedAt + contract.params.contestWindow, reason: 'contestWindow' as const },
    ...missing.map(({ delivery: { deadline }, word }) => ({
      until: word === undefined ? deadline + UNDECIDED_GRACE : deadline,
      reason: 'deadline' as const,
    })),
    { until: arbitratedLocktime(contract), reason: 'arbitrationHeight' as const },
  ];
  const last = waits.reduce((top, each) => (each.until > top.until ? each : top));
  return height < last.until ? { type: 'wait', ...last, findings: [] } : undefined;
}
