import { equalBytes } from '../base/bytes.ts';
import {
  type AnchorChild,
  anchorChildVbytes,
  buildAnchorChild,
  type FeeCoin,
  MAX_ANCHOR_CHILD_VBYTES,
} from '../tx/anchor.ts';
import { buildCommitment, type CommitmentOutput } from '../tx/commitment.ts';
import { fundingValueSat } from '../tx/contract.ts';
import { ANCHOR_SAT, ANCHOR_SCRIPT } from '../tx/outputs.ts';
import { type OutPoint, type Tx, txid, vsize } from '../tx/transaction.ts';
import { feeRateFor } from './fees.ts';
import { type Knowledge, knownPreimage } from './knowledge.ts';

/** A commitment of ours that is in no block yet: what it pays, what hangs on it, and until when. */
export interface WaitingCommitment {
  readonly anchor: OutPoint;
  readonly vbytes: number;
  readonly feeSat: bigint;
  /** What is ours in it, satoshi. */
  readonly stakeSat: bigint;
  /** The last block in which it is in time. */
  readonly deadline: number;
  readonly dustLimitSat: bigint;
}

/** The anchor of a commitment transaction. */
export function anchorOf(tx: Tx): OutPoint | undefined {
  const vout = tx.outputs.findIndex(({ script }) => equalBytes(script, ANCHOR_SCRIPT));
  return vout < 0 ? undefined : { txid: txid(tx), vout };
}

/** What there is to know of our own signed commitment before it confirms; `undefined` when it is not our newest. */
export function waitingCommitment(knowledge: Knowledge, tx: Tx): WaitingCommitment | undefined {
  const { contract, role, commitments } = knowledge;
  const anchor = anchorOf(tx);
  const own = commitments.find(({ standing }) => standing === 'own');
  if (own === undefined || anchor === undefined || role === 'utility') return undefined;
  const { outputs, tx: unsigned } = buildCommitment(contract, own.balances, role, own.revocationKey);
  if (txid(unsigned) !== anchor.txid) return undefined;
  const ours = outputs.filter((output) => isOurs(knowledge, output));
  const lastBlocks = ours.flatMap((output) =>
    output.kind === 'delivery' && knownPreimage(knowledge, output.delivery.lock) !== undefined
      ? [output.delivery.expiry - contract.params.toSelfDelay[role]]
      : [],
  );
  return {
    anchor,
    vbytes: vsize(tx),
    feeSat: fundingValueSat(contract) - sum(outputs),
    stakeSat: sum(ours),
    deadline: Math.min(contract.params.settlementHeight, ...lastBlocks),
    dustLimitSat: contract.params.dustLimitSat,
  };
}

/** Our balance, and what we sold: its preimage may still come. */
function isOurs({ role }: Knowledge, output: CommitmentOutput): boolean {
  return output.kind === 'toBroadcaster' || (output.kind === 'delivery' && output.delivery.seller === role);
}

function sum(outputs: readonly CommitmentOutput[]): bigint {
  return outputs.reduce((total, { value }) => total + value, 0n);
}

/** The coins do not reach for the rate that the fee function asks for. */
export interface CoinsShort {
  readonly neededSat: bigint;
  readonly availableSat: bigint;
}

export interface AnchorPlan {
  /** The child to send; `null` when none is worth sending. */
  readonly child: AnchorChild | null;
  readonly short: CoinsShort | null;
}

const NO_CHILD: AnchorPlan = { child: null, short: null };

/**
 * The child that lifts a commitment to what the fee function asks for in the block after `height`, from as few of
 * `coins` as reach, in their order. Where they do not reach it pays what they allow. None when the commitment pays
 * enough itself, or what is ours in it is not worth one.
 *
 * @param estimate satoshi per 1,000 virtual bytes, never under the mempool's minimum
 */
export function planAnchorChild(
  waiting: WaitingCommitment,
  coins: readonly FeeCoin[],
  changeScript: Uint8Array,
  estimate: bigint,
  height: number,
): AnchorPlan {
  if (waiting.stakeSat <= waiting.dustLimitSat) return NO_CHILD;
  const blocksLeft = waiting.deadline - height;
  const rateFor = (vbytes: number) =>
    feeRateFor(estimate, blocksLeft, {
      vbytes: waiting.vbytes + vbytes,
      valueSat: waiting.stakeSat + waiting.feeSat,
      dustLimitSat: waiting.dustLimitSat,
    });
  const leastWanted = rateFor(anchorChildVbytes(coins.slice(0, 1), changeScript));
  if (leastWanted <= ownRate(waiting)) return NO_CHILD;
  let best: AnchorChild | null = null;
  let short: CoinsShort = { neededSat: neededSat(waiting, leastWanted, changeScript), availableSat: 0n };
  for (let count = 1; count <= coins.length; count++) {
    const taken = coins.slice(0, count);
    const size = anchorChildVbytes(taken, changeScript);
    if (size > MAX_ANCHOR_CHILD_VBYTES) break;
    const built = build(waiting, taken, changeScript, rateFor(size));
    if (built.ok) return { child: built.value, short: null };
    if (built.error.code === 'anchorCoinsShort') short = built.error;
    const affordable = affordableRate(waiting, taken, size);
    if (affordable <= ownRate(waiting)) continue;
    const lesser = build(waiting, taken, changeScript, affordable);
    if (lesser.ok && (best === null || lesser.value.feeSat > best.feeSat)) best = lesser.value;
  }
  return { child: best, short };
}

function build(
  { anchor, vbytes, feeSat, dustLimitSat }: WaitingCommitment,
  coins: readonly FeeCoin[],
  changeScript: Uint8Array,
  rate: bigint,
) {
  const parent = { vbytes, feeSat: feeSat as FeeCoin['value'] };
  return buildAnchorChild(anchor, parent, coins, changeScript, rate, dustLimitSat as FeeCoin['value']);
}

/** The rate at which these coins are used up but for the dust limit. */
function affordableRate(
  { vbytes, feeSat, dustLimitSat }: WaitingCommitment,
  coins: readonly FeeCoin[],
  size: number,
): bigint {
  const spare = coins.reduce((total, { value }) => total + value, ANCHOR_SAT) - dustLimitSat;
  return spare <= 0n ? 0n : ((spare + feeSat) * 1000n) / BigInt(vbytes + size);
}

/** What the commitment pays alone, satoshi per 1,000 virtual bytes. */
function ownRate({ vbytes, feeSat }: WaitingCommitment): bigint {
  return (feeSat * 1000n) / BigInt(vbytes);
}

function neededSat(
  { vbytes, feeSat, dustLimitSat }: WaitingCommitment,
  rate: bigint,
  changeScript: Uint8Array,
): bigint {
  const size = anchorChildVbytes([], changeScript);
  return (BigInt(vbytes + size) * rate) / 1000n - feeSat + dustLimitSat;
}
