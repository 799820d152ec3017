import { invariant } from '../base/invariant.ts';

/**
 * What a simulated network does to raw frames, below the layer that keeps their order. Probabilities
 * (0 to 1) are of one frame. A frame that is lost, repeated or overtaken breaks its connection, as the
 * nonces of BOLT 8 make it.
 */
export interface Faults {
  /** Milliseconds that a frame is under way, evenly spread from the first to the second. Delays alone keep the order. */
  readonly delayMs: readonly [min: number, max: number];
  /** The frame never arrives. */
  readonly drop: number;
  /** The frame arrives twice. */
  readonly duplicate: number;
  /** The frame is held back and the one after it overtakes it. */
  readonly reorder: number;
}

export const NO_FAULTS: Faults = { delayMs: [0, 0], drop: 0, duplicate: 0, reorder: 0 };

/** `faults` with none where it says nothing. Throws `InvariantError` for what is no probability and no interval. */
export function checkedFaults(faults: Partial<Faults>): Faults {
  const whole = { ...NO_FAULTS, ...faults };
  const [min, max] = whole.delayMs;
  invariant(
    min >= 0 && min <= max && max < Number.POSITIVE_INFINITY,
    `no interval of delays: ${min} to ${max}`,
  );
  for (const probability of [whole.drop, whole.duplicate, whole.reorder])
    invariant(probability >= 0 && probability <= 1, `no probability: ${probability}`);
  return whole;
}
