import type { BuyingState } from '../../nodes/buying.ts';
import type { Goal } from '../../nodes/keepBuying.ts';
import { AMOUNT_PROBLEMS, grouped, msatText, parseSat } from '../../text/amounts.ts';
import { clockText } from '../../text/times.ts';
import { MOST_U32, parseWhole } from './parse.ts';

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

const MOST_MINUTES = 60 * 24 * 366;

/** The goal that a person typed, or what is wrong with it. `time`: now, Unix seconds. */
export function parseGoal(type: GoalType, text: string, time: number): Goal | string {
  if (type === 'amount') {
    const parsed = parseSat(text);
    return 'sat' in parsed ? { type, msat: parsed.sat * 1000n } : AMOUNT_PROBLEMS[parsed.problem];
  }
  if (type === 'units') {
    const { value, problem } = parseWhole(text, 'units', 1, MOST_U32);
    return value === null ? problem : { type, units: value };
  }
  if (type === 'time') {
    const { value, problem } = parseWhole(text, 'minutes', 1, MOST_MINUTES);
    return value === null ? problem : { type, until: time + 60 * value };
  }
  const { value, problem } = parseWhole(text, 'satoshi per kWh', 1, Number.MAX_SAFE_INTEGER);
  return value === null ? problem : { type, mostMsatPerWh: BigInt(value) };
}

/** After “Buying until ”. */
export function goalText(goal: Goal): string {
  switch (goal.type) {
    case 'units':
      return `${grouped(String(goal.units))} units are bought`;
    case 'amount':
      return `${msatText(goal.msat)} sat are spent`;
    case 'time':
      return `${clockText(goal.until)} UTC`;
    case 'price':
      return `the price is above ${grouped(String(goal.mostMsatPerWh))} sat/kWh`;
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
