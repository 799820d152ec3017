import { expect, it, describe as suite } from 'vitest';
import { describe } from '../../bench/report.ts';
import { runBench } from '../../bench/run.ts';
import { SCENARIOS } from '../../bench/scenario.ts';

suite('the bench, with few rounds', () => {
  const measured = runBench({ repetitions: 2, roundsInRow: 2, warmUp: 1 });

  it('every scenario and backend: rounds, their operations, their bytes', async () => {
    const { rounds } = await measured;
    expect(rounds.map(({ scenario }) => scenario)).toEqual(
      expect.arrayContaining(SCENARIOS.map(({ name }) => name)),
    );
    for (const { measuredRounds, operations, messages, floorMicros } of rounds) {
      expect(measuredRounds).toBe(4);
      expect(floorMicros).toBeGreaterThan(0);
      const count = (name: string) => operations.find(({ operation }) => operation === name)?.perRound;
      expect([count('sign'), count('verify')]).toEqual([2, 2]);
      expect(messages.map(({ type }) => type)).toEqual(
        expect.arrayContaining(['propose_update', 'accept_update', 'revoke', 'state_proof']),
      );
    }
  });

  it('every transaction: no larger than declared', async () => {
    const { sizes } = await measured;
    expect(sizes.length).toBeGreaterThan(10);
    for (const { transaction, vbytes, declaredVbytes } of sizes)
      expect(vbytes, transaction).toBeLessThanOrEqual(declaredVbytes);
  });

  it('the report: a line for each scenario and each transaction', async () => {
    const report = await measured;
    const text = describe(report).join('\n');
    for (const { name } of SCENARIOS) expect(text).toContain(name);
    for (const { transaction } of report.sizes) expect(text).toContain(transaction);
    expect(JSON.parse(JSON.stringify(report))).toEqual(report);
  });
});
