import { regtestChain } from '../support/world.ts';
import { minimise } from './minimise.ts';
import { type Plan, planOf, type Report, runPlan } from './schedule.ts';
import type { Theme } from './setting.ts';
import { realSoakChain, type SoakChain, simulatedSoakChain } from './soakChain.ts';
import { summary, Tally } from './tally.ts';

export interface SoakOptions {
  readonly seed: number;
  /** How long to go on; the schedule under way is finished. */
  readonly minutes?: number;
  /** How many schedules at most. */
  readonly schedules?: number;
  /** One schedule alone. */
  readonly only?: number;
  /** On a bitcoind of our own that all schedules share. */
  readonly real?: boolean;
  /** What every schedule is steered to; default it is drawn. */
  readonly theme?: Theme;
  /** Stops at the first failure and does not make it smaller. */
  readonly first?: boolean;
  /** After so many failures it stops: there is something to repair first. Default 5. */
  readonly maxFailures?: number;
  readonly print?: (line: string) => void;
}

/** A schedule that broke a property, as small as it could be made. */
export interface Failure {
  readonly schedule: number;
  readonly plan: Plan;
  readonly report: Report;
}

/** Runs schedules until time or number are up. Returns those that broke a property. */
export async function soak(options: SoakOptions): Promise<readonly Failure[]> {
  const { seed, only, real = false, maxFailures = 5, first = false, print = () => {} } = options;
  const regtest = real ? await regtestChain() : undefined;
  const makeChain = (): SoakChain => (regtest === undefined ? simulatedSoakChain() : realSoakChain(regtest));
  const tally = new Tally();
  const failures: Failure[] = [];
  const end =
    options.minutes === undefined ? Number.POSITIVE_INFINITY : Date.now() + options.minutes * 60_000;
  const last = options.schedules ?? Number.POSITIVE_INFINITY;
  try {
    for (let schedule = only ?? 0; schedule < last || schedule === only; schedule++) {
      const plan = planOf(seed, schedule, options.theme);
      const report = await runPlan(plan, makeChain());
      tally.add(plan, report);
      if (report.violations.length > 0) {
        print(`schedule ${schedule} of seed ${seed}: ${describe(report)}`);
        if (first) return [{ schedule, plan, report }];
        const small = await minimise(plan, report, (each) => runPlan(each, makeChain()));
        failures.push({ schedule, ...small });
        print(story(seed, schedule, small.plan, small.report));
      }
      if (Date.now() >= end || schedule === only || failures.length >= maxFailures) break;
    }
  } finally {
    await regtest?.stop();
  }
  print(summary(tally));
  return failures;
}

function describe({ violations }: Report): string {
  return violations.map(({ property, text }) => `property ${property}: ${text}`).join('; ');
}

/** The theme was drawn or asked for: named, it is the same in both cases. */
function themed({ theme }: Plan['setting']): string {
  return ` --theme ${theme}`;
}

function story(seed: number, schedule: number, { setting, steps }: Plan, report: Report): string {
  const plain = (value: unknown) =>
    JSON.stringify(value, (_, each) => (typeof each === 'bigint' ? String(each) : each));
  return [
    `  seed ${seed}, schedule ${schedule}, minimised to ${steps.length} steps; again: npm run test:soak -- --seed ${seed} --schedule ${schedule}${themed(setting)}`,
    `  ${describe(report)}`,
    `  setting ${plain(setting)}`,
    ...steps.map((step) => `  ${plain(step)}`),
  ].join('\n');
}
