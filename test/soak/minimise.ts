import type { Plan, Report } from './schedule.ts';

/** Runs of a failing schedule that its minimising may take. */
const MAX_RUNS = 60;

/** Leaves out steps as long as the same property still breaks: halves first, then single steps. */
export async function minimise(
  plan: Plan,
  report: Report,
  run: (plan: Plan) => Promise<Report>,
): Promise<{ readonly plan: Plan; readonly report: Report }> {
  const wanted = report.violations[0]?.property;
  let best = { plan, report };
  let runs = 0;
  for (let size = Math.ceil(plan.steps.length / 2); size >= 1; size = Math.floor(size / 2)) {
    for (let at = 0; at < best.plan.steps.length && runs < MAX_RUNS; runs++) {
      const steps = [...best.plan.steps.slice(0, at), ...best.plan.steps.slice(at + size)];
      const smaller = { ...best.plan, steps };
      const outcome = await run(smaller);
      if (outcome.violations.some(({ property }) => property === wanted))
        best = { plan: smaller, report: outcome };
      else at += size;
    }
  }
  return best;
}
