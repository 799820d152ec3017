import type { Sat } from '../base/amount.ts';
import { err, ok, type Result } from '../base/result.ts';
import { absoluteLock, type Spend, sequenceOf, witnessWeight } from './spending.ts';
import { type OutPoint, type Tx, type TxOutput, unsignedInput } from './transaction.ts';
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

/** Somebody else's part of what a claim brings: as much of it as leaves us what is ours, and nothing that is dust. */
export interface ClaimShare {
  readonly script: Uint8Array;
  readonly wantedSat: Sat;
  /** What is left to us first. */
  readonly keepSat: Sat;
}

/**
 * A transaction that gathers `inputs` into one output (protocol section 5, claims), and a second one for a share of it:
 * version 2, replaceable; locktime and sequences as the paths ask.
 *
 * @param feeRate satoshi per 1,000 virtual bytes
 * @param dustLimitSat what the output must at least come to
 */
export function buildClaim(
  inputs: readonly ClaimInput[],
  script: Uint8Array,
  feeRate: bigint,
  dustLimitSat: Sat,
  share?: ClaimShare,
): Result<Claim, ClaimBelowDust> {
  const valueSat = inputs.reduce((sum, input) => sum + input.value, 0n) as Sat;
  const shared = share === undefined ? undefined : shareOut(inputs, script, feeRate, dustLimitSat, share);
  const feeSat = shared?.feeSat ?? feeOf(inputs, [script], feeRate);
  if (valueSat < feeSat + dustLimitSat) return err({ code: 'claimBelowDust', valueSat, feeSat });
  const tx: Tx = {
    version: 2,
    inputs: inputs.map(({ outpoint, spend }) => unsignedInput(outpoint, sequenceOf(spend))),
    outputs: shared?.outputs ?? [{ value: (valueSat - feeSat) as Sat, script }],
    locktime: Math.max(0, ...inputs.map(({ spend }) => absoluteLock(spend))),
  };
  return ok({ tx, inputs, feeSat });
}

/** Both outputs and the fee, or `undefined` when the share would be dust. */
function shareOut(
  inputs: readonly ClaimInput[],
  script: Uint8Array,
  feeRate: bigint,
  dustLimitSat: Sat,
  { script: other, wantedSat, keepSat }: ClaimShare,
): { readonly outputs: readonly TxOutput[]; readonly feeSat: Sat } | undefined {
  const valueSat = inputs.reduce((sum, input) => sum + input.value, 0n);
  const feeSat = feeOf(inputs, [script, other], feeRate);
  const free = valueSat - feeSat - (keepSat > dustLimitSat ? keepSat : dustLimitSat);
  const paid = free < wantedSat ? free : wantedSat;
  if (paid < dustLimitSat) return undefined;
  const own = { value: (valueSat - feeSat - paid) as Sat, script };
  return { outputs: [own, { value: paid as Sat, script: other }], feeSat };
}

function feeOf(inputs: readonly ClaimInput[], scripts: readonly Uint8Array[], feeRate: bigint): Sat {
  return ((BigInt(sizeOf(inputs, scripts)) * feeRate + 999n) / 1000n) as Sat;
}

/** Declared size of a claim with one output, in virtual bytes. */
export function claimVbytes(inputs: readonly ClaimInput[], script: Uint8Array): number {
  return sizeOf(inputs, [script]);
}

function sizeOf(inputs: readonly ClaimInput[], scripts: readonly Uint8Array[]): number {
  const outputs = scripts.reduce((sum, script) => sum + outputWeight(script), TX_OVERHEAD_WEIGHT);
  return vbytes(inputs.reduce((sum, { spend }) => sum + INPUT_BASE_WEIGHT + witnessWeight(spend), outputs));
}
