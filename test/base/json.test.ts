import { isDeepStrictEqual } from 'node:util';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { fromJson, JsonTexts, toJson } from '../../src/base/json.ts';

const leaf = fc.oneof(
  fc.bigInt({ min: -(2n ** 256n), max: 2n ** 256n }),
  fc.bigInt({ min: -(2n ** 4000n), max: 2n ** 4000n }),
  fc.uint8Array({ maxLength: 80 }),
  fc.string(),
  fc.boolean(),
  fc.constant(null),
  fc.maxSafeInteger().map((value) => value + 0),
);
const name = fc.oneof(
  fc.string(),
  fc.constantFrom('$', '$n', '$b', '$$n', '$$b', '$$$n', '__proto__', 'constructor', 'toJSON', '0'),
);
/** What looks like the tags, as a value. */
const tagLike = fc
  .tuple(name, fc.oneof(fc.bigInt().map(String), fc.constantFrom('', '00ff', '0g', '-'), fc.integer()))
  .map(([key, item]) => Object.fromEntries([[key, item]]));
const { value: values } = fc.letrec((tie) => ({
  value: fc.oneof(
    { maxDepth: 4 },
    leaf,
    tagLike,
    fc.array(tie('value'), { maxLength: 5 }),
    fc.array(fc.tuple(name, tie('value')), { maxLength: 5 }).map((entries) => Object.fromEntries(entries)),
  ),
}));

describe('JSON codec', () => {
  it('any state value: comes back equal, written in one line or many', () => {
    fc.assert(
      fc.property(values, fc.constantFrom(0, 2), (value, space) => {
        const outcome = fromJson(toJson(value, space));
        expect(outcome.ok && isDeepStrictEqual(outcome.value, value)).toBe(true);
      }),
    );
  });

  it('objects written before, in whatever lists they are now: the same text', () => {
    const lists = fc.array(fc.array(fc.nat(9), { maxLength: 8 }), { maxLength: 6 });
    fc.assert(
      fc.property(fc.array(values, { minLength: 10, maxLength: 10 }), lists, (items, orders) => {
        const texts = new JsonTexts();
        for (const order of orders) {
          const value = {
            list: order.map((index) => items[index]),
            nested: [order.map((index) => [items[index]])],
          };
          expect(texts.write(value)).toBe(toJson(value));
        }
      }),
    );
  });

  it('what plain JSON leaves out of an object, or has as null in a list: the same', () => {
    expect(toJson({ a: undefined, b: [undefined, null], c: Number.NaN })).toBe('{"b":[null,null],"c":null}');
  });

  it.each([
    [10n ** 30n, '{"$n":"1000000000000000000000000000000"}'],
    [-1n, '{"$n":"-1"}'],
    [Uint8Array.of(0, 255), '{"$b":"00ff"}'],
    [new Uint8Array(0), '{"$b":""}'],
    [{ a: [1, 'b', null, true] }, '{"a":[1,"b",null,true]}'],
    [{ $n: '1' }, '{"$$n":"1"}'],
    [{ $b: '00' }, '{"$$b":"00"}'],
    [{ $$n: '1', $: 2n, a$: 3 }, '{"$$$n":"1","$$":{"$n":"2"},"a$":3}'],
  ])('%o: written as %s', (value, text) => {
    expect(toJson(value)).toBe(text);
    expect(fromJson(text)).toEqual({ ok: true, value });
  });

  it.each([
    ['two keys', '{"$n":"1","x":2}', { $n: '1', x: 2 }],
    ['a number that is none', '{"$n":"1e3"}', { $n: '1e3' }],
    ['a number without digits', '{"$n":"-"}', { $n: '-' }],
    ['bytes that are none', '{"$b":"0g"}', { $b: '0g' }],
    ['half a byte', '{"$b":"0"}', { $b: '0' }],
    ['a tag on no text', '{"$n":5}', { $n: 5 }],
  ])('a tagged object with %s: left as it stands', (_name, text, value) => {
    expect(fromJson(text)).toEqual({ ok: true, value });
  });

  it('a key __proto__ in foreign text: a key like any other', () => {
    const outcome = fromJson('{"__proto__":{"admin":true}}');
    expect(outcome.ok && Object.keys(outcome.value as object)).toEqual(['__proto__']);
    expect(outcome.ok && Reflect.get(outcome.value as object, 'admin')).toBeUndefined();
  });

  it.each([
    ['no text', ''],
    ['half a text', '{"a":'],
    ['two texts', '1 2'],
    ['nesting without end', `${'['.repeat(200_000)}${']'.repeat(200_000)}`],
  ])('%s: an error, never a throw', (_name, text) => {
    expect(fromJson(text)).toMatchObject({ ok: false, error: { code: 'notJson' } });
  });
});
