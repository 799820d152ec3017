import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { MeterNumbers } from '../../src/node/meterNumbers.ts';
import { memoryStore } from '../../src/store/memory.ts';

const now = 1_325_721_600;

describe('the numbers of a meter’s readings', () => {
  it('whatever crashes and writes that fail: each is given out once, and they rise', async () => {
    const step = fc.constantFrom('take', 'take', 'take', 'crash', 'fail');
    await fc.assert(
      fc.asyncProperty(fc.array(step, { maxLength: 40 }), async (steps) => {
        let disk = memoryStore();
        let numbers = new MeterNumbers(disk, () => now);
        const given: bigint[] = [];
        for (const each of steps) {
          if (each === 'crash') {
            disk = disk.snapshot();
            numbers = new MeterNumbers(disk, () => now);
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
    const numbers = new MeterNumbers(disk, () => now);
    const given = await Promise.all(Array.from({ length: 1000 }, () => numbers.next()));
    expect(given).toEqual(given.map((_, i) => 1000n * BigInt(now) + BigInt(i)));
    expect(disk.writes).toBe(1);
    await numbers.next();
    expect(disk.writes).toBe(2);
  });

  it('an old copy of the store, or none, seconds later: no number is given out again', async () => {
    const disk = memoryStore();
    const copies = [disk.snapshot()];
    let time = now;
    const given: bigint[] = [];
    const take = async (numbers: MeterNumbers, count: number) => {
      for (let taken = 0; taken < count; taken++) given.push(await numbers.next());
    };
    const numbers = new MeterNumbers(disk, () => time);
    await take(numbers, 700);
    copies.push(disk.snapshot());
    await take(numbers, 700);
    for (const copy of copies) {
      time += 2;
      await take(new MeterNumbers(copy, () => time), 10);
    }
    expect(new Set(given).size).toBe(given.length);
    expect(given).toEqual(given.toSorted((a, b) => Number(a - b)));
  });
});
