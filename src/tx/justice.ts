import type { Sat } from '../base/amount.ts';
import { claimVbytes } from './claim.ts';
import type { Commitment } from './commitment.ts';
import { type OutputSpec, witnessScript } from './outputs.ts';
import { witnessOf } from './spending.ts';
import {
  type OutPoint,
  SIGHASH_SINGLE_ANYONECANPAY,
  sighashV0,
  type Tx,
  type TxOutput,
  txid,
  unsignedInput,
} from './transaction.ts';

/** A script that the revocation key opens at once. */
export type RevocableSpec = Extract<OutputSpec, { revocation: Uint8Array }>;

/** An output of a revoked commitment that belongs to the cheated trader. */
export interface RevocableOutput {
  readonly outpoint: OutPoint;
  readonly value: Sat;
  readonly spec: RevocableSpec;
}

/**
 * Fee rates at which a watchtower's part of an output is signed, satoshi per 1,000 virtual bytes, growing. Each pays
 * enough more than the one before it to take its place in any mempool.
 */
export const JUSTICE_FEE_RATES: readonly bigint[] = [2_000n, 8_000n, 32_000n, 128_000n];

/** Least value that a justice output may have, satoshi: no usual script's output is dust from here on. */
const LEAST_PAYMENT_SAT = 330n;

/** What the revocation key takes of a commitment, in the order of its outputs. */
export function revocableOutputs({ tx, outputs }: Commitment): readonly RevocableOutput[] {
  const id = txid(tx);
  return outputs.flatMap((output, vout) => {
    if (output.kind === 'anchor' || !('revocation' in output.spec)) return [];
    return [{ outpoint: { txid: id, vout }, value: output.value, spec: output.spec }];
  });
}

/** What an output pays to `payoutScript` at each of {@link JUSTICE_FEE_RATES}, as far as it can afford them. */
export function justicePayments(output: RevocableOutput, payoutScript: Uint8Array): readonly TxOutput[] {
  const { outpoint, value, spec } = output;
  const input = { outpoint, value, spend: { path: 'revocation', spec } } as const;
  const vbytes = BigInt(claimVbytes([input], payoutScript));
  return JUSTICE_FEE_RATES.map((rate) => value - (vbytes * rate + 999n) / 1000n)
    .filter((left) => left >= LEAST_PAYMENT_SAT)
    .map((left) => ({ value: left as Sat, script: payoutScript }));
}

/** What the revocation key signs for one payment: SIGHASH_SINGLE|ANYONECANPAY, so that payments combine freely. */
export function justiceSighash({ outpoint, value, spec }: RevocableOutput, payment: TxOutput): Uint8Array {
  const alone = justiceTx([{ outpoint, payment }]);
  return sighashV0(alone, 0, witnessScript(spec), value, SIGHASH_SINGLE_ANYONECANPAY);
}

/** One output with its payment and the signature (compact, 64 bytes) that allows it. */
export interface SignedPayment {
  readonly output: RevocableOutput;
  readonly payment: TxOutput;
  readonly signature: Uint8Array;
}

/** Takes these outputs in one transaction: version 2, replaceable, payment i for input i. */
export function buildJustice(parts: readonly SignedPayment[]): Tx {
  const unsigned = justiceTx(parts.map(({ output, payment }) => ({ outpoint: output.outpoint, payment })));
  const inputs = unsigned.inputs.map((input, index) => {
    const { output, signature } = parts[index] as SignedPayment;
    const spend = { path: 'revocation', spec: output.spec } as const;
    return { ...input, witness: witnessOf(spend, [signature], SIGHASH_SINGLE_ANYONECANPAY) };
  });
  return { ...unsigned, inputs };
}

function justiceTx(parts: readonly { readonly outpoint: OutPoint; readonly payment: TxOutput }[]): Tx {
  return {
    version: 2,
    inputs: parts.map(({ outpoint }) => unsignedInput(outpoint)),
    outputs: parts.map(({ payment }) => payment),
    locktime: 0,
  };
}
