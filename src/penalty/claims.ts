import type { Sat } from '../base/amount.ts';
import { toHex } from '../base/bytes.ts';
import type { Result } from '../base/result.ts';
import {
  buildClaim,
  type Claim,
  type ClaimBelowDust,
  type ClaimInput,
  type ClaimShare,
  claimVbytes,
} from '../tx/claim.ts';
import { absoluteLock, relativeLock, type Spend } from '../tx/spending.ts';
import type { OutPoint } from '../tx/transaction.ts';
import { feeRateFor, type Stake } from './fees.ts';
import type { FundingSpend } from './identify.ts';
import { utilitysShare } from './justice.ts';
import type { Knowledge } from './knowledge.ts';
import { fundingSpendOf, type Monitor } from './monitor.ts';
import { type FollowedOutput, outputsOf, type RecognisedOutput } from './outputs.ts';
import { type Confirmed, rightTo, type SigningKey } from './rights.ts';

/** A claim to sign and to send again on each block until it confirms. */
export interface PlannedClaim {
  readonly claim: Claim;
  /** The key of our role for each input. */
  readonly signWith: readonly SigningKey[];
  /** The outputs it takes, for people. */
  readonly purpose: string;
  /** Last block in which nobody else can take any of it; `null` when nobody ever can. */
  readonly deadline: number | null;
}

/** An output that is ours to take, but costs more than it brings at this fee rate. */
export interface LeftOutput extends ClaimBelowDust {
  readonly outpoint: OutPoint;
  readonly purpose: string;
}

export interface ClaimPlan {
  readonly due: readonly PlannedClaim[];
  readonly left: readonly LeftOutput[];
}

/** An output that we may take, with the first block that may hold its claim. */
interface Claimable extends ClaimInput {
  readonly signWith: SigningKey;
  readonly purpose: string;
  readonly deadline: number | null;
  readonly dueAt: number;
}

/**
 * The claims that are valid in block `height + 1`, all of them to our payout script. The same arguments give the
 * same transactions, and a claim stays as it is while others become due beside it.
 *
 * @param feeRateSatPerKvB for claims without hurry; it rises as a deadline nears
 */
export function claimsDue(
  monitor: Monitor,
  knowledge: Knowledge,
  feeRateSatPerKvB: bigint,
  height: number,
): readonly PlannedClaim[] {
  return planClaims(monitor, knowledge, feeRateSatPerKvB, height).due;
}

/** {@link claimsDue}, and the outputs that are left where they are because of the fee. */
export function planClaims(
  monitor: Monitor,
  knowledge: Knowledge,
  feeRateSatPerKvB: bigint,
  height: number,
): ClaimPlan {
  const spend = fundingSpendOf(monitor, knowledge);
  if (spend === null) return { due: [], left: [] };
  const due = claimables(monitor, knowledge, spend).filter((each) => each.dueAt <= height + 1);
  const justice = due.filter(isJustice);
  const contested = due.filter((each) => each.deadline !== null && !isJustice(each));
  const safe = due.filter((each) => each.deadline === null);
  const share = justice.length === 0 ? undefined : utilitysShare(monitor, knowledge, spend);
  const plans = [
    ...contestedClaims(knowledge, justice, feeRateSatPerKvB, height, share),
    ...contestedClaims(knowledge, contested, feeRateSatPerKvB, height),
    safeClaims(knowledge, safe, feeRateSatPerKvB),
  ];
  return { due: plans.flatMap((plan) => plan.due), left: plans.flatMap((plan) => plan.left) };
}

function isJustice({ signWith }: Claimable): boolean {
  return signWith.key === 'revocation';
}

/** Our outputs that nobody has taken yet, due or not. */
function claimables(monitor: Monitor, knowledge: Knowledge, kind: FundingSpend): readonly Claimable[] {
  const { spend, taken } = monitor;
  if (spend === null) return [];
  return outputsOf(knowledge, kind, spend.tx)
    .filter((output) => !taken.some((each) => each.outpoint.vout === output.vout))
    .flatMap((output) => claimable(knowledge, { ...spend, kind }, output) ?? []);
}

function claimable(
  knowledge: Knowledge,
  confirmed: Confirmed & { readonly txid: string },
  output: FollowedOutput,
): Claimable | undefined {
  if (output.kind === 'anchor' || output.kind === 'unrecognised') return undefined;
  const right = rightTo(knowledge, output.spec, confirmed);
  if (right.type !== 'claim') return undefined;
  const { spend, signWith, deadline } = right;
  const { vout, value } = output;
  const { txid, height } = confirmed;
  const dueAt = Math.max(height + relativeLock(spend), absoluteLock(spend) + 1);
  return {
    outpoint: { txid, vout },
    value,
    spend,
    signWith,
    purpose: purposeOf(output, spend),
    deadline,
    dueAt,
  };
}

const NAME = { toBroadcaster: 'to_broadcaster', toCounterparty: 'to_counterparty', toUtility: 'to_utility' };

function purposeOf(output: RecognisedOutput, { path }: Spend): string {
  if (output.kind !== 'delivery') return NAME[output.kind];
  const { unit, lock } = output.delivery;
  if (path === 'revocation') return `delivery of unit ${unit}`;
  return `delivery of unit ${unit} (${toHex(lock).slice(0, 8)}) by ${path}`;
}

/**
 * Outputs that someone else can take after their deadline: one transaction for each deadline, so that a claim which
 * comes too late for one of them does not hold up the rest. They pay by the fee function, up to all that they bring.
 */
function contestedClaims(
  knowledge: Knowledge,
  claimables: readonly Claimable[],
  feeRate: bigint,
  height: number,
  share?: ClaimShare,
): readonly ClaimPlan[] {
  return groupedBy(claimables, (each) => each.deadline ?? 0).map(([deadline, group]) =>
    contestedClaim(knowledge, group, feeRate, deadline - height, share),
  );
}

/** What is not worth its input beside the others is claimed apart, for what it is worth itself. */
function contestedClaim(
  knowledge: Knowledge,
  group: readonly Claimable[],
  feeRate: bigint,
  blocksLeft: number,
  share?: ClaimShare,
): ClaimPlan {
  const { plan, unclaimed, left } = gather(
    knowledge,
    group,
    feeRateFor(feeRate, blocksLeft, stakeOf(knowledge, group)),
    share,
  );
  if (plan === undefined || unclaimed.length === 0) return { due: plan === undefined ? [] : [plan], left };
  const apart = contestedClaim(knowledge, unclaimed, feeRate, blocksLeft);
  return { due: [plan, ...apart.due], left: apart.left };
}

function stakeOf({ payoutScript, contract }: Knowledge, group: readonly Claimable[]): Stake {
  return {
    vbytes: claimVbytes(group, payoutScript),
    valueSat: group.reduce((sum, each) => sum + each.value, 0n),
    dustLimitSat: contract.params.dustLimitSat,
  };
}

/**
 * Outputs that only we can take: one transaction for each block at which some became due, so that what was sent stays
 * valid and unchanged. What does not pay for itself waits for the next of them.
 */
function safeClaims(knowledge: Knowledge, claimables: readonly Claimable[], feeRate: bigint): ClaimPlan {
  const due: PlannedClaim[] = [];
  let waiting: readonly Claimable[] = [];
  let left: readonly LeftOutput[] = [];
  for (const [, group] of groupedBy(claimables, (each) => each.dueAt)) {
    const gathered = gather(knowledge, [...waiting, ...group], feeRate);
    left = gathered.left;
    waiting = gathered.unclaimed;
    if (gathered.plan !== undefined) due.push(gathered.plan);
  }
  return { due, left };
}

function groupedBy<T>(items: readonly T[], key: (item: T) => number): readonly [number, readonly T[]][] {
  const groups = new Map<number, T[]>();
  for (const item of items) groups.set(key(item), [...(groups.get(key(item)) ?? []), item]);
  return [...groups].sort(([a], [b]) => a - b);
}

interface Gathered {
  readonly plan: PlannedClaim | undefined;
  readonly unclaimed: readonly Claimable[];
  /** The same outputs, with why. */
  readonly left: readonly LeftOutput[];
}

/** One transaction of the outputs that are worth their input's fee, if together they are worth the transaction. */
function gather(
  knowledge: Knowledge,
  group: readonly Claimable[],
  feeRate: bigint,
  share?: ClaimShare,
): Gathered {
  const poor = group.filter((each) => each.value <= inputFee(knowledge, each, feeRate));
  const rich = group.filter((each) => !poor.includes(each));
  const poorLeft = poor.map((each) => left(each, inputFee(knowledge, each, feeRate), each.value));
  if (rich.length === 0) return { plan: undefined, unclaimed: poor, left: poorLeft };
  const built = build(knowledge, rich, feeRate, share);
  if (built.ok) return { plan: planned(built.value, rich), unclaimed: poor, left: poorLeft };
  const { feeSat, valueSat } = built.error;
  const richLeft = rich.map((each) => left(each, feeSat, valueSat));
  return { plan: undefined, unclaimed: group, left: [...poorLeft, ...richLeft] };
}

function build(
  { payoutScript, contract }: Knowledge,
  group: readonly Claimable[],
  feeRate: bigint,
  share?: ClaimShare,
): Result<Claim, ClaimBelowDust> {
  const inputs = group.map(({ outpoint, value, spend }) => ({ outpoint, value, spend }));
  return buildClaim(inputs, payoutScript, feeRate, contract.params.dustLimitSat, share);
}

function planned(claim: Claim, group: readonly Claimable[]): PlannedClaim {
  const deadlines = group.flatMap(({ deadline }) => deadline ?? []);
  return {
    claim,
    signWith: group.map((each) => each.signWith),
    purpose: purposeOfAll(group),
    deadline: deadlines.length === 0 ? null : Math.min(...deadlines),
  };
}

function purposeOfAll(group: readonly Claimable[]): string {
  const outputs = group.map((each) => each.purpose).join(', ');
  return group.some(isJustice) ? `justice: ${outputs}` : outputs;
}

function left({ outpoint, purpose }: Claimable, feeSat: Sat, valueSat: Sat): LeftOutput {
  return { code: 'claimBelowDust', outpoint, purpose, feeSat, valueSat };
}

/** What an input adds to a transaction's fee. */
function inputFee({ payoutScript }: Knowledge, input: ClaimInput, feeRate: bigint): Sat {
  const size = claimVbytes([input], payoutScript) - claimVbytes([], payoutScript);
  return ((BigInt(size) * feeRate + 999n) / 1000n) as Sat;
}
