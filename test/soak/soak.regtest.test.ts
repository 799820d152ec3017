import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { regtestChain } from '../support/world.ts';
import { planOf, runPlan } from './schedule.ts';
import type { Theme } from './setting.ts';
import { realSoakChain } from './soakChain.ts';

/** Schedules of one seed that between them put every property to the test. */
const SCHEDULES: readonly (readonly [properties: string, theme: Theme, schedule: number, ending: RegExp])[] =
  [
    ['a breach, its deliveries and its balances (1, 2, 3, 4)', 'breach', 0, /^breach$/],
    [
      'a seller that is not paid, and a utility that takes what it attested (5, 6, 7, 10)',
      'race',
      0,
      /^commitment$/,
    ],
    ['a victim that is not there, and its watchtower (3, 4)', 'tower', 0, /^breach$/],
    ['faults, crashes and closes among the honest (1, 8, 9, 10)', 'any', 0, /./],
  ];

describe('random schedules on a real node', () => {
  let regtest: Awaited<ReturnType<typeof regtestChain>>;
  beforeAll(async () => {
    regtest = await regtestChain();
  });
  afterAll(() => regtest.stop());

  it.each(SCHEDULES)('%s: the ten properties hold', async (_, theme, schedule, ending) => {
    const report = await runPlan(planOf(1, schedule, theme), realSoakChain(regtest));
    expect(report.violations).toEqual([]);
    expect(report.ending).toMatch(ending);
  });
});
