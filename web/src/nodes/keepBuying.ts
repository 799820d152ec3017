/** When to stop. */
export type Goal =
  | { readonly type: 'units'; readonly units: number }
  | { readonly type: 'amount'; readonly msat: bigint }
  | { readonly type: 'time'; readonly until: number }
  | { readonly type: 'price'; readonly mostMsatPerWh: bigint };

/** How far it is. */
export interface Progress {
  /** Units ordered since the beginning, and what was paid or locked for them. */
  readonly ordered: number;
  readonly spentMsat: bigint;
  /** Units that the node was asked for and has not ordered yet. */
  readonly outstanding: number;
}

/** The price that holds now. */
export interface Price {
  readonly msatPerWh: bigint;
  /** Of one unit. */
  readonly unitMsat: bigint;
}

export type StopReason = 'reached' | 'tooExpensive' | 'stopped' | 'elsewhere' | 'failed';
export type Step =
  | { readonly type: 'ask'; readonly units: number }
  | { readonly type: 'wait' }
  | { readonly type: 'stop'; readonly why: StopReason };

/** The node is never asked for more at once: what it may still order when this page is closed. */
export const MOST_AT_ONCE = 10;

/**
 * What to do next. Never more units than the goal. Of an amount so little is asked for at once that it is kept even if the
 * price doubles meanwhile, until one unit is left to buy.
 */
export function nextStep(goal: Goal, progress: Progress, price: Price | null, time: number): Step {
  const { ordered, spentMsat, outstanding } = progress;
  switch (goal.type) {
    case 'units': {
      const left = goal.units - ordered;
      return left <= 0 ? REACHED : ask(left, outstanding);
    }
    case 'amount': {
      const left = goal.msat - spentMsat;
      if (price === null) return left <= 0n ? REACHED : WAIT;
      if (left < price.unitMsat) return REACHED;
      return ask(Number(max(1n, left / (2n * price.unitMsat))), outstanding);
    }
    case 'time':
      return time >= goal.until ? REACHED : ask(MOST_AT_ONCE, outstanding);
    case 'price':
      if (price === null) return WAIT;
      return price.msatPerWh > goal.mostMsatPerWh
        ? { type: 'stop', why: 'tooExpensive' }
        : ask(MOST_AT_ONCE, outstanding);
  }
}

const REACHED: Step = { type: 'stop', why: 'reached' };
const WAIT: Step = { type: 'wait' };

/** Asks for no more before all of what was asked for is ordered: so nothing is ever asked for twice. */
function ask(units: number, outstanding: number): Step {
  return outstanding > 0 ? WAIT : { type: 'ask', units: Math.min(units, MOST_AT_ONCE) };
}

function max(a: bigint, b: bigint): bigint {
  return a > b ? a : b;
}
