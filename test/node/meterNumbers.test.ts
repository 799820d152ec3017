import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { MeterNumbers } from '../../src/node/meterNumbers.ts';
import { memoryStore } from '../../src/store/memory.ts';

describe('the numbers of a meter’s readings', () => {
  it('whatever crashes and writes that fail: each is given out once, and they rise', async () => {
    const step = fc.constantFrom('take', 'take', 'take', 'crash', 'fail');
    await fc.assert(
      fc.asyncProperty(fc.array(step, { maxLength: 40 }), async (steps) => {
        let disk = memoryStore();
        let numbers = new MeterNumbers(disk);
        const given: bigint[] = [];
        for (const each of steps) {
          if (each === 'crash') {
            disk = disk.snapshot();
            numbers = new MeterNumbers(disk);
          } else if (each === 'fail') disk.failAt(1, 'once');
          else
            await numbers.next().then(
              (number) => given.push(number),
              () => {},
            );
        }
        expect(given).toEqual([...new Set(given)].sort((a, b) => Number(a - b)));
      }),
    );
  });

  it('a thousand at once: one write, each its own number', async () => {
    const disk = memoryStore();
    const numbers = new MeterNumbers(disk);
    const given = await Promise.all(Array.from({ length: 1000 }, () => numbers.next()));
    expect(given).toEqual(given.map((_, i) => BigInt(i)));
    expect(disk.writes).toBe(1);
    await numbers.next();
    expect(disk.writes).toBe(2);
  });
});
