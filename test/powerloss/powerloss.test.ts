import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { checkPowerLoss, record } from './check.ts';
import { buildShim, type Shim } from './shim.ts';
import { groupsOf } from './writes.ts';

describe('the power fails while a store is written', () => {
  let shim: Shim | undefined;
  beforeAll(async () => {
    shim = await buildShim();
  });
  afterAll(() => shim?.remove());

  it('what was acknowledged is there whole, and nothing in part, whatever of the rest the disk kept', async (context) => {
    if (shim === undefined) return context.skip('no C compiler');
    const run = await record(shim, 40, 30);
    const kinds = new Set(run.entries.map(({ type }) => type));
    expect(kinds).toEqual(new Set(['start', 'open', 'write', 'truncate', 'sync', 'unlink']));
    const tally = await checkPowerLoss(run, { every: 7, mixes: 1, seed: 1 });
    expect(tally.images).toBeGreaterThan(300);
    expect(tally.ahead).toBeGreaterThan(0);
  }, 60_000);

  it('the writes of a turn cost one sync, whatever was stored before them', async (context) => {
    if (shim === undefined) return context.skip('no C compiler');
    const { entries } = await record(shim, 60, 100_000);
    const syncs: number[] = [];
    let said: number | undefined;
    let count = 0;
    for (const entry of entries) {
      if (entry.type === 'open' && entry.path === 'said') said = entry.file;
      if (entry.type === 'sync') count += 1;
      if (entry.type !== 'write' || entry.file !== said) continue;
      syncs.push(count);
      count = 0;
    }
    const groups = groupsOf(60);
    // the first group has the store's beginning, the one in the middle its end and a second beginning
    const others = syncs.filter((_, i) => i !== 0 && i !== Math.floor(groups.length / 2));
    expect(syncs).toHaveLength(groups.length);
    expect(others).toEqual(others.map(() => 1));
  }, 60_000);
});
