import { parseMinutes, parsePrice, parseUnits } from '../../market/typed.ts';
import type { BuyingState } from '../../nodes/buying.ts';
import type { Goal } from '../../nodes/keepBuying.ts';
import { msatText, parseAmount, priceText } from '../../text/amounts.ts';
import { grouped, type Parsed } from '../../text/numbers.ts';
import { clockText } from '../../text/times.ts';

export const GOAL_OPTIONS = [
  { value: 'units', text: 'a number of units is bought' },
  { value: 'amount', text: 'an amount is spent' },
  { value: 'time', text: 'a time has passed' },
  { value: 'price', text: 'the price rises above' },
] as const;
export type GoalType = (typeof GOAL_OPTIONS)[number]['value'];

export const GOAL_FIELDS: Readonly<
  Record<GoalType, { readonly label: string; readonly unit: string; readonly usual: string }>
> = {
  units: { label: 'How many', unit: 'units', usual: '50' },
  amount: { label: 'How much', unit: 'sat', usual: '10 000' },
  time: { label: 'How long', unit: 'minutes', usual: '10' },
  price: { label: 'Highest price', unit: 'sat/kWh', usual: '500' },
};

/** The goal that a person typed. `time`: now, Unix seconds. */
export function parseGoal(type: GoalType, text: string, time: number): Parsed<Goal> {
  if (type === 'amount') {
    return mapped(parseAmount(text), (sat) => ({ type, msat: sat * 1000n }));
  }
  if (type === 'units') {
    return mapped(parseUnits(text), (units) => ({ type, units }));
  }
  if (type === 'time') {
    return mapped(parseMinutes(text), (minutes) => ({ type, until: time + 60 * minutes }));
  }
  return mapped(parsePrice(text, 1), (price) => ({ type, mostMsatPerWh: BigInt(price) }));
}

function mapped<T>(parsed: Parsed<T>, goal: (value: T) => Goal): Parsed<Goal> {
  return parsed.problem === null ? { value: goal(parsed.value), problem: null } : parsed;
}

/** After “Buying until ”. */
export function goalText(goal: Goal): string {
  switch (goal.type) {
    case 'units':
      return `${grouped(goal.units)} units are bought`;
    case 'amount':
      return `${msatText(goal.msat)} sat are spent`;
    case 'time':
      return `${clockText(goal.until)} UTC`;
    case 'price':
      return `the price is above ${priceText(goal.mostMsatPerWh)}`;
  }
}

/** Why the buying ended. */
export const STOP_TEXTS: Readonly<Record<Exclude<BuyingState['status'], 'running'>, string>> = {
  reached: 'Done.',
  tooExpensive: 'Stopped: the price rose above your limit.',
  stopped: 'Stopped by you.',
  elsewhere: 'Stopped: another program changed what this node buys, or another channel is in view.',
  failed: 'Stopped: the node could not be asked.',
};
