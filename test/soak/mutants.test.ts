import { describe, expect, it } from 'vitest';
import { hunt, MUTANTS } from './mutants.ts';

describe('a bug that is planted on purpose', () => {
  it('the grid fee is paid twice: the first schedules notice that coins are made', async () => {
    const [conservation] = MUTANTS;
    if (conservation === undefined) throw new Error('no mutant');
    expect((await hunt(conservation, 4)).by).toMatch(/^property 1: /);
  }, 400_000);
});
