import { describe, expect, it } from 'vitest';
import { planOf, runPlan } from './schedule.ts';
import { soak } from './soak.ts';
import { simulatedSoakChain } from './soakChain.ts';

describe('random schedules over three nodes', () => {
  it('honest and hostile parties, faults, crashes and reorganisations: the ten properties hold', async () => {
    const lines: string[] = [];
    const failures = await soak({ seed: 1, schedules: 12, print: (line) => lines.push(line) });
    expect(failures, lines.join('\n')).toEqual([]);
  }, 400_000);

  it('the same seed: the same schedule, with the same end', async () => {
    const plan = planOf(7, 3);
    const [first, second] = [
      await runPlan(plan, simulatedSoakChain()),
      await runPlan(planOf(7, 3), simulatedSoakChain()),
    ];
    expect(second).toEqual(first);
  });
});
