import { describe, expect, it } from 'vitest';
import { allDecoders } from './decoders.ts';
import { fuzz } from './fuzz.ts';

describe('hostile bytes', () => {
  it('to every decoder: nothing throws, and what is accepted is what would be written', async () => {
    const results = fuzz(await allDecoders(), {
      seed: 1,
      inputs: 300,
      allowed: () => Number.POSITIVE_INFINITY,
    });
    expect(results.flatMap(({ findings }) => findings)).toEqual([]);
    for (const { decoder, inputs } of results) expect(inputs, decoder).toBe(300);
  });
});
