import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { Allowance, Allowances, Counter } from '../../../src/transport/websocket/limits.ts';
import { handClock } from './handClock.ts';

describe('an allowance', () => {
  it('at any times: never more than the stock and one per second', () => {
    fc.assert(
      fc.property(fc.nat({ max: 10 }), fc.array(fc.nat({ max: 3_000 }), { maxLength: 60 }), (most, waits) => {
        const clock = handClock();
        const begun = clock.now();
        const allowance = new Allowance(clock, most);
        let taken = 0;
        for (const wait of waits) {
          clock.pass(wait);
          if (allowance.take()) taken += 1;
          expect(taken).toBeLessThanOrEqual(most + clock.now() - begun);
        }
      }),
    );
  });

  it('a clock that is set back by a day: refills from there', () => {
    let now = 100_000;
    const allowance = new Allowance({ now: () => now, after: () => () => {} }, 1);
    expect([allowance.take(), allowance.take()]).toEqual([true, false]);
    now -= 86_400;
    expect(allowance.take()).toBe(false);
    now += 1;
    expect(allowance.take()).toBe(true);
  });

  it('of many names: each its own; what is full is forgotten, what is not is kept', () => {
    const clock = handClock();
    const allowances = new Allowances(clock, 1);
    expect([allowances.take('a'), allowances.take('a'), allowances.take('b')]).toEqual([true, false, true]);
    for (let i = 0; i < 5_000; i++) allowances.take(`${i}`);
    expect(allowances.take('a')).toBe(false);
    clock.pass(1_000);
    for (let i = 0; i < 5_000; i++) expect(allowances.take(`${i}`)).toBe(true);
  });
});

describe('a counter', () => {
  it('any order of comings and goings: never more than the limits, and room for as many as there is', () => {
    const steps = fc.array(
      fc.record({ name: fc.constantFrom('a', 'b', 'c'), leave: fc.boolean(), pick: fc.nat() }),
      {
        maxLength: 80,
      },
    );
    fc.assert(
      fc.property(steps, (all) => {
        const counter = new Counter(5, 3);
        const inside: { readonly name: string; readonly leave: () => void }[] = [];
        for (const { name, leave, pick } of all) {
          if (leave) {
            const [gone] = inside.splice(pick % Math.max(1, inside.length), 1);
            gone?.leave();
            gone?.leave();
            continue;
          }
          const here = inside.filter((each) => each.name === name).length;
          const entered = counter.enter(name);
          expect(entered !== undefined).toBe(inside.length < 5 && here < 3);
          if (entered !== undefined) inside.push({ name, leave: entered });
        }
      }),
    );
  });
});
