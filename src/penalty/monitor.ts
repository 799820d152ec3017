import { type Sat, sat } from '../base/amount.ts';
import { equalBytes } from '../base/bytes.ts';
import { invariant } from '../base/invariant.ts';
import type { PerRole, Role } from '../base/role.ts';
import type { Block, BlockRef, BlockTx } from '../chain/port.ts';
import { claimVbytes } from '../tx/claim.ts';
import type { OutPoint, Tx, TxInput, Txid, TxOutput } from '../tx/transaction.ts';
import { LOWEST_FEE_RATE } from './fees.ts';
import { type FundingSpend, identify } from './identify.ts';
import { type Knowledge, knownPreimage } from './knowledge.ts';
import { type FollowedOutput, outputsOf } from './outputs.ts';
import { type Confirmed, rightTo } from './rights.ts';
import { readWitness, type Taking, type Way } from './witness.ts';

/** Blocks on top of everything before a channel is forgotten, unless the node asks for another number (protocol section 12). */
export const RESOLVED_DEPTH = 100;

/** The confirmed transaction that spent the funding output, whole. */
export interface ConfirmedSpend {
  readonly txid: Txid;
  readonly tx: Tx;
  readonly height: number;
}

/** A confirmed spend of an output of {@link ConfirmedSpend}. */
export interface TakenOutput extends Taking {
  readonly outpoint: OutPoint;
  readonly txid: Txid;
  readonly height: number;
}

/**
 * What the best chain did with the funding output and the outputs of the transaction that spent it. Only facts of
 * the chain: what they mean is worked out from them and the {@link Knowledge} of the moment, so that knowledge which
 * comes late (a preimage, a proof) counts for what was confirmed early, and a block is undone by dropping what
 * stands at its height. Plain data, comes back equal from `base/json.ts`.
 */
export interface Monitor {
  readonly funding: OutPoint;
  /** The block up to which the chain was followed. */
  readonly tip: BlockRef;
  readonly confirmedAt: number | null;
  /** The funding transaction, while a reorganisation has taken it out of the chain: to be sent again. */
  readonly undoneFunding: Tx | null;
  readonly spend: ConfirmedSpend | null;
  readonly taken: readonly TakenOutput[];
  /** The height at which there was nothing left for us, as deep as the node asks. */
  readonly resolvedAt: number | null;
}

export type MonitorNotice =
  | { readonly type: 'fundingConfirmed'; readonly height: number }
  | { readonly type: 'fundingReorganised' }
  | {
      readonly type: 'fundingSpent';
      readonly spend: FundingSpend;
      readonly txid: Txid;
      readonly height: number;
    }
  | { readonly type: 'fundingSpendReorganised'; readonly txid: Txid }
  /** The seller showed the preimage of a delivery that we did not know. */
  | { readonly type: 'preimageSeen'; readonly lock: Uint8Array; readonly preimage: Uint8Array }
  | {
      readonly type: 'outputSpent';
      readonly outpoint: OutPoint;
      readonly by: Role | null;
      readonly how: Way;
      readonly txid: Txid;
      readonly height: number;
    }
  | { readonly type: 'outputSpendReorganised'; readonly outpoint: OutPoint; readonly txid: Txid }
  | {
      readonly type: 'resolved';
      readonly spend: FundingSpend;
      readonly amounts: FinalAmounts;
      readonly height: number;
    };

export interface MonitorStep {
  readonly monitor: Monitor;
  readonly notices: readonly MonitorNotice[];
}

/**
 * Follows `funding` from the block after `tip` on. Start it at a block that cannot hold the funding transaction:
 * one from before it was sent.
 */
export function startMonitor(funding: OutPoint, tip: BlockRef): Monitor {
  const { height, hash } = tip;
  return {
    funding,
    tip: { height, hash },
    confirmedAt: null,
    undoneFunding: null,
    spend: null,
    taken: [],
    resolvedAt: null,
  };
}

/** The next block of the best chain. Throws `InvariantError` on any other: ordering blocks is the caller's part. */
export function connectBlock(
  monitor: Monitor,
  block: Block,
  knowledge: Knowledge,
  resolvedDepth = RESOLVED_DEPTH,
): MonitorStep {
  const { height, hash, previousHash } = block;
  invariant(
    height === monitor.tip.height + 1 && previousHash === monitor.tip.hash,
    `block ${height} ${hash} does not follow ${monitor.tip.height} ${monitor.tip.hash}`,
  );
  const notices: MonitorNotice[] = [];
  let next: Monitor = { ...monitor, tip: { height, hash } };
  for (const confirmed of block.transactions) {
    const step = connectTx(next, confirmed, knowledge);
    next = step.monitor;
    notices.push(...step.notices);
  }
  const resolved = next.resolvedAt === null ? resolution(next, knowledge, resolvedDepth) : undefined;
  if (resolved !== undefined) {
    next = { ...next, resolvedAt: height };
    notices.push(resolved);
  }
  return { monitor: next, notices };
}

function connectTx(monitor: Monitor, { txid, tx }: BlockTx, knowledge: Knowledge): MonitorStep {
  const { funding, spend } = monitor;
  if (txid === funding.txid) return confirmFunding(monitor);
  if (tx.inputs.some((input) => input.txid === funding.txid && input.vout === funding.vout))
    return spendFunding(monitor, { txid, tx, height: monitor.tip.height }, knowledge);
  if (spend === null) return { monitor, notices: [] };
  return takeOutputs(monitor, spend, { txid, tx }, knowledge);
}

function confirmFunding(monitor: Monitor): MonitorStep {
  const { height } = monitor.tip;
  return {
    monitor: { ...monitor, confirmedAt: height, undoneFunding: null },
    notices: [{ type: 'fundingConfirmed', height }],
  };
}

function spendFunding(monitor: Monitor, spend: ConfirmedSpend, knowledge: Knowledge): MonitorStep {
  invariant(monitor.spend === null, 'funding output spent twice');
  const { txid, height } = spend;
  return {
    monitor: { ...monitor, spend },
    notices: [{ type: 'fundingSpent', spend: identify(knowledge, spend.tx), txid, height }],
  };
}

function takeOutputs(
  monitor: Monitor,
  spend: ConfirmedSpend,
  { txid, tx }: BlockTx,
  knowledge: Knowledge,
): MonitorStep {
  const { height } = monitor.tip;
  const taken: TakenOutput[] = [];
  const notices: MonitorNotice[] = [];
  for (const input of tx.inputs) {
    if (input.txid !== spend.txid) continue;
    const taking = takingOf(knowledge, spend.tx.outputs[input.vout], input);
    const { by, how, revealed } = taking;
    const outpoint = { txid: input.txid, vout: input.vout };
    taken.push({ ...taking, outpoint, txid, height });
    notices.push({ type: 'outputSpent', outpoint, by, how, txid, height });
    if (revealed !== null && knownPreimage(knowledge, revealed.lock) === undefined)
      notices.push({ type: 'preimageSeen', ...revealed });
  }
  if (taken.length === 0) return { monitor, notices };
  return { monitor: { ...monitor, taken: [...monitor.taken, ...taken] }, notices };
}

/** Who took an output: by the witness, and what an end pays to a wallet of ours or the utility's by its script. */
function takingOf(
  { contract, role, payoutScript, utilityPayout }: Knowledge,
  output: TxOutput | undefined,
  { witness }: TxInput,
): Taking {
  const taking = readWitness(contract, witness);
  if (taking.how !== 'unknown' || output === undefined) return taking;
  if (equalBytes(output.script, payoutScript)) return { by: role, how: 'payout', revealed: null };
  if (equalBytes(output.script, utilityPayout)) return { by: 'utility', how: 'payout', revealed: null };
  return taking;
}

/** Undoes the tip, which is no longer in the best chain. Throws `InvariantError` when `block` is not the tip. */
export function disconnectBlock(monitor: Monitor, block: Block): MonitorStep {
  const { height, hash, previousHash } = block;
  invariant(hash === monitor.tip.hash, `block ${height} ${hash} is not the tip ${monitor.tip.hash}`);
  const { confirmedAt, undoneFunding, spend, taken, resolvedAt } = monitor;
  const notices: MonitorNotice[] = taken
    .filter((each) => each.height === height)
    .map(({ outpoint, txid }) => ({ type: 'outputSpendReorganised' as const, outpoint, txid }))
    .reverse();
  if (spend?.height === height) notices.push({ type: 'fundingSpendReorganised', txid: spend.txid });
  if (confirmedAt === height) notices.push({ type: 'fundingReorganised' });
  return {
    monitor: {
      ...monitor,
      tip: { height: height - 1, hash: previousHash },
      confirmedAt: confirmedAt === height ? null : confirmedAt,
      undoneFunding: confirmedAt === height ? fundingIn(block, monitor) : undoneFunding,
      spend: spend?.height === height ? null : spend,
      taken: taken.filter((each) => each.height !== height),
      resolvedAt: resolvedAt === height ? null : resolvedAt,
    },
    notices,
  };
}

function fundingIn({ transactions }: Block, { funding }: Monitor): Tx | null {
  return transactions.find(({ txid }) => txid === funding.txid)?.tx ?? null;
}

/** Confirmations of the funding transaction; 0 when it is in no block. */
export function fundingDepth({ tip, confirmedAt }: Monitor): number {
  return confirmedAt === null ? 0 : tip.height - confirmedAt + 1;
}

/** What the confirmed spend of the funding output is by what we know now; `null` while there is none. */
export function fundingSpendOf({ spend }: Monitor, knowledge: Knowledge): FundingSpend | null {
  return spend === null ? null : identify(knowledge, spend.tx);
}

/**
 * Whether the channel can be forgotten: the funding output's spend is `depth` blocks deep, and so is the spend of
 * each output that we could still have had. What would not pay for its own claim at the lowest fee rate does not count.
 */
export function isResolved(monitor: Monitor, knowledge: Knowledge, depth = RESOLVED_DEPTH): boolean {
  const { spend, taken, tip } = monitor;
  const isDeep = (height: number) => tip.height - height + 1 >= depth;
  if (spend === null || !isDeep(spend.height)) return false;
  const kind = identify(knowledge, spend.tx);
  return outputsOf(knowledge, kind, spend.tx).every((output) => {
    const taking = taken.find((each) => each.outpoint.vout === output.vout);
    if (taking !== undefined && isDeep(taking.height)) return true;
    return !concernsUs(knowledge, { kind, height: spend.height }, output);
  });
}

function concernsUs(knowledge: Knowledge, confirmed: Confirmed, output: FollowedOutput): boolean {
  const { role, contract, payoutScript } = knowledge;
  const { kind } = confirmed;
  if (output.kind === 'anchor') return false;
  // what a revoked commitment holds besides is ours as soon as we can rebuild it
  if (output.kind === 'unrecognised')
    return kind.kind === 'revoked' && role !== 'utility' && kind.broadcaster !== role;
  const right = rightTo(knowledge, output.spec, confirmed);
  if (right.type !== 'claim') return right.type === 'awaitsPreimage';
  const input = { outpoint: { txid: '', vout: output.vout }, value: output.value, spend: right.spend };
  const fee = (BigInt(claimVbytes([input], payoutScript)) * LOWEST_FEE_RATE + 999n) / 1000n;
  return output.value >= fee + contract.params.dustLimitSat;
}

/** Where the coins of the funding output are, satoshi, before the fees of claims. */
export interface FinalAmounts {
  /** By who took the output; of a close or an arbitrated settlement only our own, by its script. */
  readonly taken: PerRole<Sat>;
  /** Outputs of a commitment that nobody has taken. */
  readonly untaken: Sat;
  /** Anchors that were spent, outputs that someone unknown took, and others' outputs of a settlement. */
  readonly elsewhere: Sat;
}

/** Who has what by now; `null` while the funding output is unspent. */
export function finalAmounts(monitor: Monitor, knowledge: Knowledge): FinalAmounts | null {
  const { spend } = monitor;
  if (spend === null) return null;
  const { kind } = identify(knowledge, spend.tx);
  const settled = kind === 'close' || kind === 'arbitrated';
  const sums = { consumer: 0n, producer: 0n, utility: 0n, untaken: 0n, elsewhere: 0n };
  for (const [vout, { value, script }] of spend.tx.outputs.entries()) {
    const taking = monitor.taken.find((each) => each.outpoint.vout === vout);
    if (settled) sums[equalBytes(script, knowledge.payoutScript) ? knowledge.role : 'elsewhere'] += value;
    else sums[taking === undefined ? 'untaken' : (taking.by ?? 'elsewhere')] += value;
  }
  const { consumer, producer, utility, untaken, elsewhere } = sums;
  return {
    taken: { consumer: sat(consumer), producer: sat(producer), utility: sat(utility) },
    untaken: sat(untaken),
    elsewhere: sat(elsewhere),
  };
}

function resolution(monitor: Monitor, knowledge: Knowledge, depth: number): MonitorNotice | undefined {
  const spend = fundingSpendOf(monitor, knowledge);
  const amounts = finalAmounts(monitor, knowledge);
  if (spend === null || amounts === null || !isResolved(monitor, knowledge, depth)) return undefined;
  return { type: 'resolved', spend, amounts, height: monitor.tip.height };
}
