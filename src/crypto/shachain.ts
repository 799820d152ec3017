import { equalBytes } from '../base/bytes.ts';
import { invariant } from '../base/invariant.ts';
import { err, ok, type Result } from '../base/result.ts';
import { sha256 } from './hash.ts';

/** Number of bits in an index; the largest commitment number is `2^48 - 1`. */
const BITS = 48;
export const MAX_COMMITMENT_NUMBER = 2n ** 48n - 1n;

/** Commitments count up, the indices of BOLT 3 count down: this is the only place that knows. */
export function shachainIndex(commitmentNumber: bigint): bigint {
  invariant(
    commitmentNumber >= 0n && commitmentNumber <= MAX_COMMITMENT_NUMBER,
    'commitment number out of range',
  );
  return MAX_COMMITMENT_NUMBER - commitmentNumber;
}

/** BOLT 3 `generate_from_seed`: the 32-byte secret at `index` (0 to 2^48 - 1). */
export function generateFromSeed(seed: Uint8Array, index: bigint): Uint8Array {
  return derive(seed, BITS, index);
}

/** BOLT 3 `derive_secret`: flips and hashes for each of the lowest `bits` bits that is set, highest first. */
function derive(base: Uint8Array, bits: number, index: bigint): Uint8Array {
  let value = base;
  for (let bit = bits - 1; bit >= 0; bit--) if ((index >> BigInt(bit)) & 1n) value = child(value, bit);
  return value;
}

function child(value: Uint8Array, bit: number): Uint8Array {
  const flipped = value.slice();
  flipped[bit >> 3] = (flipped[bit >> 3] as number) ^ (1 << (bit & 7));
  return sha256(flipped);
}

/**
 * `generateFromSeed` that remembers the path to the last index: neighbouring indices share all but their
 * lowest bits, so a run of them costs about two hashes each instead of up to 48.
 */
export function secretGenerator(seed: Uint8Array): (index: bigint) => Uint8Array {
  let lastIndex: bigint | undefined;
  // path[b] is the value after the bits 47..b of lastIndex were followed
  const path: Uint8Array[] = new Array(BITS + 1);
  path[BITS] = seed;
  return (index) => {
    const changed = lastIndex === undefined ? BITS : (index ^ lastIndex).toString(2).length;
    for (let bit = changed - 1; bit >= 0; bit--) {
      const parent = path[bit + 1] as Uint8Array;
      path[bit] = (index >> BigInt(bit)) & 1n ? child(parent, bit) : parent;
    }
    lastIndex = index;
    return path[0] as Uint8Array;
  };
}

/** A secret received from the peer and its index, as kept in {@link SecretStore}. */
export interface StoredSecret {
  readonly index: bigint;
  readonly secret: Uint8Array;
}

/** The compact storage of BOLT 3: at most 49 secrets, from which every earlier one derives. Slot b holds an index with b trailing zeros. */
export type SecretStore = readonly StoredSecret[];

export const EMPTY_SECRETS: SecretStore = [];

export interface WrongSecret {
  readonly code: 'wrongSecret';
  readonly index: bigint;
}

/**
 * The store with one more secret, or `wrongSecret` when an earlier one does not derive from it. Indices come
 * one after the other, from 2^48 - 1 down; a gap is an `InvariantError`.
 */
export function insertSecret(
  store: SecretStore,
  index: bigint,
  secret: Uint8Array,
): Result<SecretStore, WrongSecret> {
  const slot = trailingZeros(index);
  invariant(slot <= store.length, `secret ${index} before earlier ones`);
  for (const known of store.slice(0, slot)) {
    if (!equalBytes(derive(secret, slot, known.index), known.secret))
      return err({ code: 'wrongSecret', index });
  }
  const next = store.slice();
  next[slot] = { index, secret };
  return ok(next);
}

/** The secret at `index`, or `undefined` when it was not revealed yet. */
export function lookupSecret(store: SecretStore, index: bigint): Uint8Array | undefined {
  for (const [slot, known] of store.entries()) {
    const mask = (1n << BigInt(slot)) - 1n;
    if ((index & ~mask) === known.index) return derive(known.secret, slot, index);
  }
  return undefined;
}

function trailingZeros(index: bigint): number {
  let count = 0;
  while (count < BITS && !((index >> BigInt(count)) & 1n)) count++;
  return count;
}
