import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { fromJson, toJson } from '../../src/base/json.ts';

const leaf = fc.oneof(
  fc.bigInt({ min: -(2n ** 256n), max: 2n ** 256n }),
  fc.uint8Array({ maxLength: 80 }),
  fc.string(),
  fc.boolean(),
  fc.constant(null),
  fc.maxSafeInteger().map((value) => value + 0),
);
const name = fc.stringMatching(/^[a-zA-Z_][a-zA-Z0-9_]{0,12}$/);
const { value: values } = fc.letrec((tie) => ({
  value: fc.oneof(
    { maxDepth: 4 },
    leaf,
    fc.array(tie('value'), { maxLength: 5 }),
    fc.dictionary(name, tie('value'), { maxKeys: 5, noNullPrototype: true }),
  ),
}));

describe('JSON codec', () => {
  it('any state value: comes back equal, written in one line or many', () => {
    fc.assert(
      fc.property(values, fc.constantFrom(0, 2), (value, space) => {
        expect(fromJson(toJson(value, space))).toEqual({ ok: true, value });
      }),
    );
  });

  it.each([
    [10n ** 30n, '{"$n":"1000000000000000000000000000000"}'],
    [-1n, '{"$n":"-1"}'],
    [Uint8Array.of(0, 255), '{"$b":"00ff"}'],
    [new Uint8Array(0), '{"$b":""}'],
    [{ a: [1, 'b', null, true] }, '{"a":[1,"b",null,true]}'],
  ])('%o: written as %s', (value, text) => {
    expect(toJson(value)).toBe(text);
    expect(fromJson(text)).toEqual({ ok: true, value });
  });

  it.each([
    ['two keys', '{"$n":"1","x":2}', { $n: '1', x: 2 }],
    ['a number that is none', '{"$n":"1e3"}', { $n: '1e3' }],
    ['a number too long to be one of ours', `{"$n":"${'9'.repeat(81)}"}`, { $n: '9'.repeat(81) }],
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
