import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { newestRemembered, newestThatHold, remembered } from '../../src/base/remembered.ts';

describe('remembered', () => {
  it('the same object again: the same answer, made once', () => {
    let made = 0;
    const sizeOf = remembered((items: readonly number[]) => ({ size: items.length, made: ++made }));
    const [a, b] = [[1], [1, 2]];
    expect([sizeOf(a), sizeOf(b), sizeOf(a)]).toEqual([
      { size: 1, made: 1 },
      { size: 2, made: 2 },
      { size: 1, made: 1 },
    ]);
  });

  it('an equal object that is another: an answer of its own', () => {
    const copy = remembered((items: readonly number[]) => [...items]);
    expect(copy([1])).not.toBe(copy([1]));
  });
});

describe('newestRemembered', () => {
  it('any numbers in any order: the answers of the function itself', () => {
    const square = (n: bigint) => n * n;
    fc.assert(
      fc.property(fc.array(fc.bigInt({ min: 0n, max: 9n })), (numbers) => {
        const quick = newestRemembered(square);
        expect(numbers.map(quick)).toEqual(numbers.map(square));
      }),
    );
  });

  it('four numbers in turn: each made once', () => {
    let made = 0;
    const count = newestRemembered((n: number) => n + ++made);
    for (let i = 0; i < 40; i++) count(i % 4);
    expect(made).toBe(4);
  });
});

describe('newestThatHold', () => {
  it('any words in any order: the answers of the question itself, of each object', () => {
    const words = fc.array(fc.tuple(fc.boolean(), fc.integer({ min: 0, max: 9 }).map(String)));
    fc.assert(
      fc.property(words, (asked) => {
        const [odd, even] = [{}, {}];
        const quick = newestThatHold(3);
        const isOdd = (word: string) => Number(word) % 2 === 1;
        for (const [whether, word] of asked) {
          const expected = isOdd(word) === whether;
          expect(quick(whether ? odd : even, word, () => expected)).toBe(expected);
        }
      }),
    );
  });

  it('yes is asked for once, no each time; after many others yes is asked for again', () => {
    const asked: string[] = [];
    const key = {};
    const quick = newestThatHold(2);
    const ask = (word: string, answer: boolean) =>
      quick(key, word, () => {
        asked.push(word);
        return answer;
      });
    for (const word of ['a', 'a', 'b', 'a', 'c', 'a']) ask(word, true);
    ask('x', false);
    ask('x', false);
    expect(asked).toEqual(['a', 'b', 'c', 'a', 'x', 'x']);
  });
});
