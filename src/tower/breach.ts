import { equalBytes } from '../base/bytes.ts';
import { err, ok, type Result } from '../base/result.ts';
import type { BlockTx } from '../chain/port.ts';
import type { Secp256k1 } from '../crypto/secp256k1.ts';
import { urgentFeeRate } from '../penalty/fees.ts';
import {
  buildJustice,
  JUSTICE_FEE_RATES,
  justicePayments,
  justiceSighash,
  type RevocableOutput,
  type SignedPayment,
} from '../tx/justice.ts';
import { outputScript } from '../tx/outputs.ts';
import type { Tx, Txid, TxOutput } from '../tx/transaction.ts';
import { type BlobError, type JusticeOutput, openBlob, outputsOfJustice, type TowerBlob } from './blob.ts';

/** An output of a breach that we can take for the cheated trader. */
export interface BreachOutput extends RevocableOutput {
  readonly payoutScript: Uint8Array;
  /** One for each of `JUSTICE_FEE_RATES`, as far as the output affords them. Each was verified. */
  readonly signatures: readonly Uint8Array[];
}

/** Who spent an output of a breach, in a block. */
export interface Taken {
  readonly vout: number;
  readonly by: Txid;
  readonly height: number;
  /** Whether it went to the cheated trader. */
  readonly justice: boolean;
}

/** A revoked commitment in the chain. */
export interface Breach {
  readonly txid: Txid;
  readonly height: number;
  readonly outputs: readonly BreachOutput[];
  readonly taken: readonly Taken[];
}

export type JusticeError =
  | BlobError
  /** It speaks of an output that the transaction has not. */
  | { readonly code: 'noSuchOutput' }
  | { readonly code: 'badJusticeSignature'; readonly vout: number }
  | { readonly code: 'nothingToTake' };

/** What a blob lets us take of a confirmed transaction: every signature in it must hold. Never throws. */
export function readJustice(
  secp: Secp256k1,
  { txid, tx }: BlockTx,
  blob: TowerBlob,
): Result<readonly BreachOutput[], JusticeError> {
  const opened = openBlob(txid, blob);
  if (!opened.ok) return opened;
  const { payoutScript } = opened.value;
  const outputs: BreachOutput[] = [];
  for (const each of outputsOfJustice(opened.value)) {
    const placed = placeOf(txid, tx, each);
    if (placed === undefined) return err({ code: 'noSuchOutput' });
    const { signatures } = each;
    const { vout } = placed.outpoint;
    if (!verified(secp, placed, payoutScript, signatures)) return err({ code: 'badJusticeSignature', vout });
    if (signatures.length > 0) outputs.push({ ...placed, payoutScript, signatures });
  }
  return outputs.length === 0 ? err({ code: 'nothingToTake' }) : ok(outputs);
}

/** Scripts differ in keys and locks, so a script has one place in a commitment. */
function placeOf(txid: Txid, tx: Tx, { spec }: JusticeOutput): RevocableOutput | undefined {
  const script = outputScript(spec);
  const vout = tx.outputs.findIndex((output) => equalBytes(output.script, script));
  const output = tx.outputs[vout];
  return output === undefined ? undefined : { outpoint: { txid, vout }, value: output.value, spec };
}

function verified(
  secp: Secp256k1,
  output: RevocableOutput,
  payoutScript: Uint8Array,
  signatures: readonly Uint8Array[],
): boolean {
  const payments = justicePayments(output, payoutScript);
  return signatures.every((signature, i) => {
    const payment = payments[i];
    if (payment === undefined) return false;
    return secp.verify(justiceSighash(output, payment), output.spec.revocation, signature);
  });
}

/**
 * The outputs of several blobs for one transaction, each with the most signatures that any has: who learned a blob
 * cannot hide it behind a poorer copy.
 */
export function mergeOutputs(found: readonly BreachOutput[]): readonly BreachOutput[] {
  const best = new Map<number, BreachOutput>();
  for (const output of found) {
    const known = best.get(output.outpoint.vout);
    if (known === undefined || known.signatures.length < output.signatures.length)
      best.set(output.outpoint.vout, output);
  }
  return [...best.values()].sort((a, b) => a.outpoint.vout - b.outpoint.vout);
}

/** A transaction that takes outputs of a breach. */
export interface Answer {
  readonly breach: Txid;
  readonly tx: Tx;
  readonly vouts: readonly number[];
  /** Which of `JUSTICE_FEE_RATES` it pays. */
  readonly feeRate: bigint;
  /** The same outputs, each in a transaction of its own: for a mempool that refuses them together. */
  readonly apart: readonly Tx[];
}

/** What a watchtower may be told of its answers. */
export interface AnswerTerms {
  /** Deliveries that are somebody else's, by their lock. Default: none. */
  readonly leave?: (lock: Uint8Array) => boolean;
  /**
   * Blocks in which the cheated trader may answer itself, which is cheaper; at most a quarter of the cheater's delay.
   * Default 0.
   */
  readonly patience?: number;
}

/**
 * What takes a breach's outputs that nobody has taken yet: all that can pay the wanted rate in one transaction, what
 * cannot apart, the highest rate first. The same arguments give the same transactions.
 *
 * @param tip height of the last block
 * @param feeRate satoshi per 1,000 virtual bytes, never under the mempool's minimum; it rises as the deadline nears
 */
export function answerBreach(
  breach: Breach,
  tip: number,
  feeRate: bigint,
  { leave = () => false, patience = 0 }: AnswerTerms = {},
): readonly Answer[] {
  const open = breach.outputs.filter(
    ({ outpoint, spec }) =>
      !breach.taken.some(({ vout }) => vout === outpoint.vout) &&
      !(spec.type === 'sellerDelivery' && leave(spec.lock)) &&
      tip - breach.height >= Math.min(patience, Math.floor(spec.delay / 4)),
  );
  const byTier = new Map<number, BreachOutput[]>();
  for (const output of open) {
    const tier = tierFor(output, urgentFeeRate(feeRate, deadlineOf(breach, output) - tip));
    byTier.set(tier, [...(byTier.get(tier) ?? []), output]);
  }
  return [...byTier].sort(([a], [b]) => b - a).map(([tier, outputs]) => answerOf(breach.txid, tier, outputs));
}

/** Last block in which the cheater cannot take the output yet. */
export function deadlineOf({ height }: Pick<Breach, 'height'>, { spec }: Pick<BreachOutput, 'spec'>): number {
  return height + spec.delay - 1;
}

/** The lowest signed rate that is not under the wanted one, else the highest that the output affords. */
function tierFor({ signatures }: BreachOutput, wanted: bigint): number {
  const enough = JUSTICE_FEE_RATES.findIndex((rate) => rate >= wanted);
  const last = signatures.length - 1;
  return enough < 0 || enough > last ? last : enough;
}

function answerOf(breach: Txid, tier: number, outputs: readonly BreachOutput[]): Answer {
  const parts = outputs.map((output): SignedPayment => {
    const { payoutScript, signatures } = output;
    const payment = justicePayments(output, payoutScript)[tier] as TxOutput;
    return { output, payment, signature: signatures[tier] as Uint8Array };
  });
  return {
    breach,
    tx: buildJustice(parts),
    vouts: outputs.map(({ outpoint }) => outpoint.vout),
    feeRate: JUSTICE_FEE_RATES[tier] as bigint,
    apart: parts.length === 1 ? [] : parts.map((part) => buildJustice([part])),
  };
}

/** Whether input `index` of a confirmed transaction pays an output of a breach to its rightful owner. */
export function isJustice({ payoutScript }: BreachOutput, tx: Tx, index: number): boolean {
  const paid = tx.outputs[index];
  return paid !== undefined && equalBytes(paid.script, payoutScript);
}
