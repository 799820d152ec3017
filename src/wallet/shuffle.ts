import { readUintBE, uintBE } from '../base/bytes.ts';
import { hmacSha256 } from '../crypto/hash.ts';

/** The items in an order drawn by `seed` (Fisher-Yates): the same seed, the same order. */
export function shuffled<T>(items: readonly T[], seed: Uint8Array): readonly T[] {
  const order = [...items];
  for (let i = order.length - 1; i > 0; i--) {
    // 64 random bits over at most a few thousand places: the bias is far below anything observable
    const draw = readUintBE(hmacSha256(seed, uintBE(i, 4)).subarray(0, 8));
    const j = Number(draw % BigInt(i + 1));
    [order[i], order[j]] = [order[j] as T, order[i] as T];
  }
  return order;
}
