import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { checkPowerLoss, record } from './check.ts';
import { buildShim, type Shim } from './shim.ts';

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
});
