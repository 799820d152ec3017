/**
 * Declared weights, in weight units: upper bounds that the builders of this folder never exceed (a test
 * compares each with transactions that were signed). Signatures count with their largest size, 72 bytes.
 */

/** Version, marker and flag, counts of one byte each, locktime. */
export const TX_OVERHEAD_WEIGHT = 4 * (4 + 1 + 1 + 4) + 2;
/** Outpoint, empty scriptSig, sequence. */
export const INPUT_BASE_WEIGHT = 4 * (36 + 1 + 4);
/** An input that spends P2WPKH: two items, signature and key. */
export const P2WPKH_INPUT_WEIGHT = INPUT_BASE_WEIGHT + 1 + 1 + 72 + 1 + 33;
/** An input that spends P2TR by its key: one 64-byte signature. */
export const P2TR_INPUT_WEIGHT = INPUT_BASE_WEIGHT + 1 + 1 + 64;
/** An input that spends the anchor: no witness. */
export const ANCHOR_INPUT_WEIGHT = INPUT_BASE_WEIGHT + 1;

export function outputWeight(script: Uint8Array): number {
  return 4 * (8 + 1 + script.length);
}

/** Virtual bytes of a weight, rounded up (BIP141). */
export function vbytes(weight: number): number {
  return Math.ceil(weight / 4);
}
