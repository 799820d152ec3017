import type { Sat } from '../base/amount.ts';
import { compareBytes, equalBytes, fromHex, toHex } from '../base/bytes.ts';
import { choice, encode, hash, list, satCodec, struct, u32, u64 } from '../base/codec.ts';
import { err, ok, type Result } from '../base/result.ts';
import type { Role, Trader } from '../base/role.ts';
import { sha256 } from '../crypto/hash.ts';
import { type Secp256k1, xOnly } from '../crypto/secp256k1.ts';
import { DELIVERY_STATEMENT } from '../market/deliveryStatement.ts';
import { METER_READING } from '../market/meter.ts';
import {
  type BadSignature,
  type Signed,
  type StatementKind,
  signedCodec,
  verifyStatement,
} from '../market/statement.ts';
import type { Balances } from '../tx/contract.ts';
import { buildPenalty, type FeeTooHigh, type Settlement } from '../tx/settlement.ts';
import { txid } from '../tx/transaction.ts';
import { stateProofCodec } from '../wire/messages.ts';
import type { Decided, DeliveryOutcome } from './arbitrate.ts';
import type { DisputedChannel, Evidence, FindingCode } from './evidence.ts';

/** The utility's signed decision of a dispute, and what it rests on: whoever has the evidence can judge again. */
export interface VerdictStatement {
  /** 32 bytes. */
  readonly channelId: Uint8Array;
  /** Number of the state that it ends. */
  readonly n: bigint;
  readonly claimant: Trader;
  readonly feeSat: Sat;
  /** One for each delivery in flight, by rising id. */
  readonly outcomes: readonly DeliveryOutcome[];
  /** What was found, by code and whose fault it is. */
  readonly findings: readonly { readonly code: FindingCode; readonly against: Role }[];
  /** Of the settlement, 32 bytes in display order. */
  readonly txid: Uint8Array;
  /** Height at which it was judged. */
  readonly height: number;
  /** SHA256 of each piece of evidence ({@link evidenceHashes}), sorted, each once. */
  readonly evidence: readonly Uint8Array[];
}

export type VerdictProblem = { readonly code: 'outcomesNotRising' | 'evidenceNotRising' };

/** Most findings and pieces of evidence that a verdict names. */
export const MAX_VERDICT_ITEMS = 512;

const FINDING_CODES = [
  'staleState',
  'forgedProof',
  'deliveryAttested',
  'feeTooHigh',
  'forgedReading',
  'replayedReading',
  'readingBackwards',
  'readingAboveCapacity',
  'forgedStatement',
  'statementAgainstReadings',
  'contradictoryStatements',
  'refusalContradicted',
  'attestedTwice',
] as const satisfies readonly FindingCode[];

const outcome = struct({ id: u64, unit: u64, outcome: choice('notDelivered', 'delivered') });

export const VERDICT: StatementKind<VerdictStatement, VerdictProblem> = {
  tag: 'wattlane/verdict',
  codec: struct({
    channelId: hash,
    n: u64,
    claimant: choice('consumer', 'producer'),
    feeSat: satCodec,
    outcomes: list(outcome, 100),
    findings: list(
      struct({ code: choice(...FINDING_CODES), against: choice('consumer', 'producer', 'utility') }),
      MAX_VERDICT_ITEMS,
    ),
    txid: hash,
    height: u32,
    evidence: list(hash, MAX_VERDICT_ITEMS),
  }),
  check: ({ outcomes, evidence }) => {
    if (outcomes.some(({ id }, i) => i > 0 && id <= (outcomes[i - 1]?.id ?? id)))
      return { code: 'outcomesNotRising' };
    if (evidence.some((each, i) => i > 0 && compareBytes(evidence[i - 1] ?? each, each) >= 0))
      return { code: 'evidenceNotRising' };
    return undefined;
  },
};

/** What the utility says of its decision. */
export function verdictStatement(
  evidence: Evidence,
  { state, outcomes, settlement }: Decided,
  findings: readonly { readonly code: FindingCode; readonly against: Role }[],
): VerdictStatement {
  const { channel, claim, height } = evidence;
  return {
    channelId: channel.channelId,
    n: state.n,
    claimant: claim.claimant,
    feeSat: claim.feeSat,
    outcomes: [...outcomes].sort((a, b) => (a.id < b.id ? -1 : 1)),
    findings: findings.slice(0, MAX_VERDICT_ITEMS).map(({ code, against }) => ({ code, against })),
    txid: fromHex(txid(settlement.tx)),
    height,
    evidence: evidenceHashes(evidence),
  };
}

/** SHA256 of the canonical bytes of each proof, reading and statement, sorted, each once. */
export function evidenceHashes({
  claim,
  proofs,
  readings,
  statements,
}: Pick<Evidence, 'claim' | 'proofs' | 'readings' | 'statements'>): readonly Uint8Array[] {
  const reading = signedCodec(METER_READING);
  const statement = signedCodec(DELIVERY_STATEMENT);
  const pieces = [
    ...[claim.proof, ...proofs].map((each) => encode(stateProofCodec, each)),
    ...readings.map(({ signed }) => encode(reading, signed)),
    ...statements.map((each) => encode(statement, each)),
  ];
  const distinct = new Map(pieces.map((bytes) => sha256(bytes)).map((each) => [toHex(each), each]));
  return [...distinct.values()].sort(compareBytes);
}

export type VerdictError =
  | BadSignature
  | VerdictProblem
  | FeeTooHigh
  | { readonly code: 'otherChannel' }
  | { readonly code: 'otherState'; readonly n: bigint }
  | { readonly code: 'otherOutcomes' }
  | { readonly code: 'otherTransaction'; readonly txid: string };

/**
 * The transaction that a verdict stands for, rebuilt from `state`, if the utility signed the verdict and it fits that
 * state: its channel, its number, one outcome for each delivery in flight, and the id of the transaction.
 */
export function verdictSettlement(
  secp: Secp256k1,
  channel: Pick<DisputedChannel, 'channelId' | 'nodeIds' | 'contract' | 'payout'>,
  state: Balances,
  signed: Signed<VerdictStatement>,
): Result<Settlement, VerdictError> {
  const verified = verifyStatement(secp, VERDICT, signed, xOnly(channel.nodeIds.utility));
  if (!verified.ok) return verified;
  const { channelId, n, outcomes, feeSat } = verified.value;
  if (!equalBytes(channelId, channel.channelId)) return err({ code: 'otherChannel' });
  if (n !== state.n) return err({ code: 'otherState', n });
  const fits =
    outcomes.length === state.deliveries.length &&
    state.deliveries.every(({ id, unit }) => outcomes.some((each) => each.id === id && each.unit === unit));
  if (!fits) return err({ code: 'otherOutcomes' });
  const built = buildPenalty(channel.contract, state, feeSat, channel.payout, deliveredIn(verified.value));
  if (!built.ok) return built;
  const id = txid(built.value.tx);
  return id === toHex(verified.value.txid) ? ok(built.value) : err({ code: 'otherTransaction', txid: id });
}

/** Ids of the deliveries that a verdict pays to their sellers. */
export function deliveredIn({ outcomes }: Pick<VerdictStatement, 'outcomes'>): readonly bigint[] {
  return outcomes.filter(({ outcome }) => outcome === 'delivered').map(({ id }) => id);
}
