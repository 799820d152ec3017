import type { Sat } from '../base/amount.ts';
import { err, ok, type Result } from '../base/result.ts';
import { ANCHOR_SAT } from './outputs.ts';
import { type OutPoint, type Tx, unsignedInput } from './transaction.ts';
import {
  ANCHOR_INPUT_WEIGHT,
  INPUT_BASE_WEIGHT,
  outputWeight,
  P2TR_INPUT_WEIGHT,
  P2WPKH_INPUT_WEIGHT,
  TX_OVERHEAD_WEIGHT,
  vbytes,
} from './weights.ts';

/** The most that BIP431 lets a version-3 child of an unconfirmed parent weigh, in virtual bytes. */
export const MAX_ANCHOR_CHILD_VBYTES = 1000;

/** A wallet coin that pays for a child. */
export interface FeeCoin {
  readonly outpoint: OutPoint;
  readonly value: Sat;
  readonly script: Uint8Array;
}

export type AnchorChildError =
  | { readonly code: 'anchorCoinsShort'; readonly neededSat: Sat; readonly availableSat: Sat }
  | { readonly code: 'anchorChildTooLarge'; readonly vbytes: number };

/** The child without signatures: input 0 spends the anchor, input i+1 `coins[i]`. */
export interface AnchorChild {
  readonly tx: Tx;
  readonly feeSat: Sat;
}

/**
 * The child that pays for an unconfirmed commitment (protocol section 5): version 3, spends the anchor and
 * wallet coins, and lifts the two together to `feeRate`.
 *
 * @param parent the commitment's size in virtual bytes and the fee it pays itself
 * @param feeRate satoshi per 1,000 virtual bytes, for the package
 */
export function buildAnchorChild(
  anchor: OutPoint,
  parent: { readonly vbytes: number; readonly feeSat: Sat },
  coins: readonly FeeCoin[],
  changeScript: Uint8Array,
  feeRate: bigint,
  dustLimitSat: Sat,
): Result<AnchorChild, AnchorChildError> {
  const size = anchorChildVbytes(coins, changeScript);
  if (size > MAX_ANCHOR_CHILD_VBYTES) return err({ code: 'anchorChildTooLarge', vbytes: size });
  const packageFee = (BigInt(parent.vbytes + size) * feeRate + 999n) / 1000n;
  const least = (BigInt(size) * feeRate + 999n) / 1000n;
  const feeSat = (packageFee - parent.feeSat > least ? packageFee - parent.feeSat : least) as Sat;
  const availableSat = coins.reduce((sum, coin) => sum + coin.value, ANCHOR_SAT) as Sat;
  if (availableSat < feeSat + dustLimitSat)
    return err({ code: 'anchorCoinsShort', neededSat: (feeSat + dustLimitSat) as Sat, availableSat });
  const tx: Tx = {
    version: 3,
    inputs: [unsignedInput(anchor), ...coins.map((coin) => unsignedInput(coin.outpoint))],
    outputs: [{ value: (availableSat - feeSat) as Sat, script: changeScript }],
    locktime: 0,
  };
  return ok({ tx, feeSat });
}

/** Declared size of a child, in virtual bytes. */
export function anchorChildVbytes(
  coins: readonly Pick<FeeCoin, 'script'>[],
  changeScript: Uint8Array,
): number {
  return vbytes(
    coins.reduce(
      (sum, { script }) => sum + coinInputWeight(script),
      TX_OVERHEAD_WEIGHT + ANCHOR_INPUT_WEIGHT + outputWeight(changeScript),
    ),
  );
}

function coinInputWeight(script: Uint8Array): number {
  return script.length === 22 ? P2WPKH_INPUT_WEIGHT : P2TR_INPUT_WEIGHT;
}

/** Two signatures of 72 bytes, an empty item and the larger of the two funding scripts. */
const FUNDING_WITNESS_WEIGHT = 1 + 2 * 73 + 1 + 1 + 124;
const P2WSH_OUTPUT_WEIGHT = 4 * (8 + 1 + 34);
const ANCHOR_OUTPUT_WEIGHT = 4 * (8 + 1 + 4);

/** At least the size of any commitment with that many deliveries in flight, in virtual bytes. */
export function largestCommitmentVbytes(maxInFlight: number): number {
  const outputs = ANCHOR_OUTPUT_WEIGHT + (3 + maxInFlight) * P2WSH_OUTPUT_WEIGHT;
  return vbytes(TX_OVERHEAD_WEIGHT + INPUT_BASE_WEIGHT + FUNDING_WITNESS_WEIGHT + outputs);
}

/**
 * What a trader sets aside for the anchor of its own commitment (protocol section 5): what its largest commitment
 * and a child with one coin pay at `feeRate`, satoshi per 1,000 virtual bytes.
 */
export function anchorReserveSat(maxInFlight: number, feeRate: bigint): Sat {
  const child = TX_OVERHEAD_WEIGHT + ANCHOR_INPUT_WEIGHT + P2TR_INPUT_WEIGHT + P2WSH_OUTPUT_WEIGHT;
  return feeOf(largestCommitmentVbytes(maxInFlight) + vbytes(child), feeRate);
}

/** What coins are worth to a child at `feeRate`: each but the first pays for its own input. */
export function coinsWorthSat(coins: readonly FeeCoin[], feeRate: bigint): Sat {
  return coins.reduce((sum, { value, script }, index) => {
    const worth = value - (index === 0 ? 0n : feeOf(vbytes(coinInputWeight(script)), feeRate));
    return worth > 0n ? sum + worth : sum;
  }, 0n) as Sat;
}

function feeOf(size: number, feeRate: bigint): Sat {
  return ((BigInt(size) * feeRate + 999n) / 1000n) as Sat;
}
