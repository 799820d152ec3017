import { describe, expect, it } from 'vitest';
import { ROLES } from '../../src/base/role.ts';
import { matrix } from './matrix.ts';
import { SCENARIOS } from './scenarios.ts';

/** One kill in each scenario, of each party in turn; `npm run test:crash` is all of them. */
const SAMPLE = SCENARIOS.length;

describe('three processes on a real node', () => {
  it('one killed with SIGKILL at a boundary of every scenario: nothing lost, nothing done twice', async () => {
    const lines: string[] = [];
    const report = await matrix({
      sample: SAMPLE,
      again: 0,
      two: 0,
      power: 0,
      seed: 1,
      lanes: 2,
      print: (line) => lines.push(line),
    });
    expect(report.failures, lines.join('\n')).toEqual([]);
    expect(report.runs).toBe(SAMPLE);
    expect(report.tallies.map(({ scenario, party }) => `${scenario} ${party}`)).toEqual(
      SCENARIOS.flatMap(({ name, cheater }) =>
        ROLES.filter((role) => role !== cheater).map((role) => `${name} ${role}`),
      ),
    );
    const killed = report.tallies.filter(({ kills }) => kills.boundary + kills.idle > 0);
    expect(killed.map(({ scenario }) => scenario)).toEqual(SCENARIOS.map(({ name }) => name));
    expect(new Set(killed.map(({ party }) => party))).toEqual(new Set(ROLES));
    for (const { scenario, party, boundaries } of report.tallies)
      expect(boundaries, `boundaries of the ${party} in ${scenario}`).toBeGreaterThan(6);
  });
});
