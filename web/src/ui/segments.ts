/** A part of a whole, with its amount in any unit. */
export interface Part<K extends string> {
  readonly key: K;
  /** Not negative. */
  readonly amount: bigint;
}

/** Where a part is drawn: `from` the left, `width` wide, both whole units of the frame. */
export interface Segment<K extends string> extends Part<K> {
  readonly from: number;
  readonly width: number;
}

/**
 * The parts side by side in a frame of `width` units, in their order. Parts of nothing are left out, every other part has
 * at least `least` units so that it can be seen, and together they fill the frame to the last unit: each ends where the
 * sum up to it ends, so that the last takes the rest.
 */
export function segments<K extends string>(
  parts: readonly Part<K>[],
  width: number,
  least = 0,
): readonly Segment<K>[] {
  const shown = parts.filter(({ amount }) => amount > 0n);
  const total = shown.reduce((sum, { amount }) => sum + amount, 0n);
  const shared = BigInt(width - least * shown.length);
  let sum = 0n;
  let from = 0;
  return shown.map((part, index) => {
    sum += part.amount;
    const end = least * (index + 1) + Number((sum * shared) / total);
    const segment = { ...part, from, width: end - from };
    from = end;
    return segment;
  });
}
