import { expect, it, describe as suite } from 'vitest';
import { describeNodes } from '../../bench/nodes/report.ts';
import { runNodes } from '../../bench/nodes/run.ts';
import { buildProgram } from '../../tools/program.ts';

suite('the bench of nodes, with few units', () => {
  it('three processes trade, and every figure is there and makes sense', async () => {
    const plan = { inFlight: 5, units: 30, warmUp: 5, watchtower: false };
    const program = await buildProgram('bench/nodes/party.ts');
    const streams = await runNodes({
      plans: [{ name: 'a few', ...plan }],
      program: program.path,
      traced: false,
    }).finally(() => program.remove());
    const [stream] = streams;
    if (stream === undefined) throw new Error('no figures');
    expect(stream).toMatchObject({ name: 'a few', units: 30, inFlight: 5 });
    expect(stream.rounds).toBeGreaterThanOrEqual(30 / 5);
    expect(stream.rounds * stream.unitsPerRound).toBeCloseTo(30);
    expect(stream.p99Millis).toBeGreaterThanOrEqual(stream.p50Millis);
    for (const figure of [stream.unitsPerSecond, stream.p50Millis, stream.floorMicros, stream.timeOverFloor])
      expect(figure).toBeGreaterThan(0);
    expect(stream.parties.map(({ role }) => role)).toEqual(['consumer', 'producer', 'utility']);
    for (const { role, tracedSyncsPerRound, ...figures } of stream.parties) {
      expect(tracedSyncsPerRound).toBeNull();
      for (const [name, figure] of Object.entries(figures))
        expect(figure, `${role} ${name}`).toBeGreaterThan(0);
    }
    for (const part of [stream.first, stream.last]) {
      expect(part.units).toBe(10);
      for (const figure of Object.values(part)) expect(figure).toBeGreaterThan(0);
    }
    const text = describeNodes({ node: process.versions.node, cores: 2, streams }).join('\n');
    expect(text).not.toMatch(/NaN|undefined|Infinity/);
    for (const { role } of stream.parties) expect(text).toContain(role);
  });
});
