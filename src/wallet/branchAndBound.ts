/** A search for a subset of `values` whose sum lies in `target … target + tolerance`. */
export interface MatchRequest {
  /** All positive. */
  readonly values: readonly bigint[];
  readonly target: bigint;
  readonly tolerance: bigint;
}

/** Steps after which the search takes the best it has, as Bitcoin Core does. */
const MAX_STEPS = 100_000;

/**
 * The indices of the subset that overshoots least, by branch and bound (M. Erhardt, "An Evaluation of Coin
 * Selection Strategies", 2016); `undefined` when none was found.
 *
 * Depth first over values in falling order: take a value or leave it; a branch ends when its sum is over the
 * window, or when all that is left would not reach the target. Deterministic.
 */
export function changelessMatch({ values, target, tolerance }: MatchRequest): readonly number[] | undefined {
  const order = values
    .map((_, index) => index)
    .sort((a, b) => compare(valueAt(values, b), valueAt(values, a)));
  const sorted = order.map((index) => valueAt(values, index));
  let best: readonly number[] | undefined;
  let bestSum = target + tolerance + 1n;
  let sum = 0n;
  let rest = sorted.reduce((all, value) => all + value, 0n);
  let next = 0;
  const taken: number[] = [];
  for (let step = 0; step < MAX_STEPS; step++) {
    const done = sum >= target;
    if (done && sum < bestSum && taken.length > 0) {
      best = [...taken];
      bestSum = sum;
    }
    if (bestSum === target) break;
    if (!done && sum + rest >= target && next < sorted.length) {
      const value = sorted[next] as bigint;
      rest -= value;
      // after leaving a value out, taking an equal one only repeats that branch
      if (next === 0 || taken.at(-1) === next - 1 || sorted[next - 1] !== value) {
        taken.push(next);
        sum += value;
      }
      next++;
      continue;
    }
    const last = taken.pop();
    if (last === undefined) break;
    sum -= sorted[last] as bigint;
    while (next > last + 1) {
      next--;
      rest += sorted[next] as bigint;
    }
  }
  return best?.map((position) => order[position] as number);
}

function valueAt(values: readonly bigint[], index: number): bigint {
  return values[index] as bigint;
}

function compare(a: bigint, b: bigint): number {
  return a < b ? -1 : a > b ? 1 : 0;
}
