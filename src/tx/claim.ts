import type { Sat } from '../base/amount.ts';
import { err, ok, type Result } from '../base/result.ts';
import { absoluteLock, type Spend, sequenceOf, witnessWeight } from './spending.ts';
import { type OutPoint, type Tx, unsignedInput } from './transaction.ts';
import { INPUT_BASE_WEIGHT, outputWeight, TX_OVERHEAD_WEIGHT, vbytes } from './weights.ts';

/** An output of a confirmed commitment (or of the funding) that one of its paths lets us take. */
export interface ClaimInput {
  readonly outpoint: OutPoint;
  readonly value: Sat;
  readonly spend: Spend;
}

/** A claim without signatures: input i of `tx` is `inputs[i]`. */
export interface Claim {
  readonly tx: Tx;
  readonly inputs: readonly ClaimInput[];
  readonly feeSat: Sat;
}

export interface ClaimBelowDust {
  readonly code: 'claimBelowDust';
  readonly valueSat: Sat;
  readonly feeSat: Sat;
}

/**
 * A transaction that gathers `inputs` into one output (protocol section 5, claims): version 2, replaceable;
 * locktime and sequences as the paths ask.
 *
 * @param feeRate satoshi per 1,000 virtual bytes
 * @param dustLimitSat what the output must at least come to
 */
export function buildClaim(
  inputs: readonly ClaimInput[],
  script: Uint8Array,
  feeRate: bigint,
  dustLimitSat: Sat,
): Result<Claim, ClaimBelowDust> {
  const valueSat = inputs.reduce((sum, input) => sum + input.value, 0n) as Sat;
  const feeSat = ((BigInt(claimVbytes(inputs, script)) * feeRate + 999n) / 1000n) as Sat;
  if (valueSat < feeSat + dustLimitSat) return err({ code: 'claimBelowDust', valueSat, feeSat });
  const tx: Tx = {
    version: 2,
    inputs: inputs.map(({ outpoint, spend }) => unsignedInput(outpoint, sequenceOf(spend))),
    outputs: [{ value: (valueSat - feeSat) as Sat, script }],
    locktime: Math.max(0, ...inputs.map(({ spend }) => absoluteLock(spend))),
  };
  return ok({ tx, inputs, feeSat });
}

/** Declared size of a claim, in virtual bytes. */
export function claimVbytes(inputs: readonly ClaimInput[], script: Uint8Array): number {
  const weight = inputs.reduce(
    (sum, { spend }) => sum + INPUT_BASE_WEIGHT + witnessWeight(spend),
    TX_OVERHEAD_WEIGHT + outputWeight(script),
  );
  return vbytes(weight);
}
