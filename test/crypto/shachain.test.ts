import { readFileSync } from 'node:fs';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { fromHex, toHex } from '../../src/base/bytes.ts';
import { InvariantError } from '../../src/base/invariant.ts';
import {
  EMPTY_SECRETS,
  generateFromSeed,
  insertSecret,
  lookupSecret,
  MAX_COMMITMENT_NUMBER,
  type SecretStore,
  secretGenerator,
  shachainIndex,
} from '../../src/crypto/shachain.ts';
import { flipBit } from '../support/flipBit.ts';

interface Vectors {
  readonly generation: readonly { name: string; seed: string; index: string; output: string }[];
  readonly storage: readonly {
    name: string;
    steps: readonly { index: string; secret: string; ok: boolean }[];
  }[];
}

const vectors: Vectors = JSON.parse(readFileSync(new URL('../vectors/bolt3.json', import.meta.url), 'utf8'));

const seed = fc.uint8Array({ minLength: 32, maxLength: 32 });
const index = fc.oneof(
  fc.bigInt(0n, MAX_COMMITMENT_NUMBER),
  fc.nat(300).map(BigInt),
  fc.nat(300).map((n) => shachainIndex(BigInt(n))),
);

/** What a peer that gave its secrets 0..count-1 away has let us keep. */
function storeOf(from: Uint8Array, count: number): SecretStore {
  const generate = secretGenerator(from);
  let store = EMPTY_SECRETS;
  for (let n = 0n; n < BigInt(count); n++) {
    const inserted = insertSecret(store, shachainIndex(n), generate(shachainIndex(n)));
    if (!inserted.ok) throw new Error(`secret ${n} refused`);
    store = inserted.value;
  }
  return store;
}

describe('BOLT 3 appendix D', () => {
  it.each(vectors.generation)('$name', ({ seed: from, index: at, output }) => {
    expect(toHex(generateFromSeed(fromHex(from), BigInt(at)))).toBe(output);
    expect(toHex(secretGenerator(fromHex(from))(BigInt(at)))).toBe(output);
  });

  it.each(vectors.storage)('$name', ({ steps }) => {
    let store = EMPTY_SECRETS;
    for (const { index: at, secret, ok } of steps) {
      const inserted = insertSecret(store, BigInt(at), fromHex(secret));
      if (!ok) {
        expect(inserted).toEqual({ ok: false, error: { code: 'wrongSecret', index: BigInt(at) } });
        continue;
      }
      if (!inserted.ok) expect.fail(`${at} was refused`);
      store = inserted.value;
    }
    for (const { index: at, secret, ok } of steps)
      if (ok) expect(toHex(lookupSecret(store, BigInt(at)) ?? Uint8Array.of())).toBe(secret);
  });
});

describe('secretGenerator', () => {
  it('indices in any order, also repeated: the secrets of generateFromSeed', () => {
    fc.assert(
      fc.property(seed, fc.array(index, { minLength: 1, maxLength: 30 }), (from, indices) => {
        const generate = secretGenerator(from);
        for (const at of indices) expect(generate(at)).toEqual(generateFromSeed(from, at));
      }),
    );
  });

  it('the seed and what was handed out stay as they are', () => {
    fc.assert(
      fc.property(seed, index, index, (from, first, second) => {
        const before = Uint8Array.from(from);
        const generate = secretGenerator(from);
        const secret = generate(first);
        const kept = Uint8Array.from(secret);
        generate(second);
        expect(from).toEqual(before);
        expect(secret).toEqual(kept);
      }),
    );
  });
});

describe('secrets of a peer', () => {
  it('any run of insertions: every secret given is found, none that was not', () => {
    fc.assert(
      fc.property(seed, fc.integer({ min: 0, max: 300 }), (from, count) => {
        const store = storeOf(from, count);
        for (let n = 0n; n < BigInt(count); n++)
          expect(lookupSecret(store, shachainIndex(n))).toEqual(generateFromSeed(from, shachainIndex(n)));
        for (const later of [count, count + 1, count + 2, 2 * count + 1, 2 * count + 64])
          expect(lookupSecret(store, shachainIndex(BigInt(later)))).toBeUndefined();
        expect(lookupSecret(store, 0n)).toBeUndefined();
      }),
      { numRuns: 30 },
    );
  });

  it('many insertions: the store grows with their logarithm', () => {
    expect(storeOf(new Uint8Array(32).fill(7), 1023)).toHaveLength(10);
  });

  it('an insertion leaves the store before it as it was', () => {
    const store = storeOf(new Uint8Array(32).fill(7), 5);
    const copy = structuredClone(store);
    insertSecret(store, shachainIndex(5n), new Uint8Array(32));
    insertSecret(store, shachainIndex(5n), generateFromSeed(new Uint8Array(32).fill(7), shachainIndex(5n)));
    expect(store).toEqual(copy);
  });

  it('a wrong secret from which an earlier one should derive: refused', () => {
    // Only an odd commitment number has an earlier one to be held against: the index of an even one ends in 1
    const numbers = fc.nat(100).map((half) => 2 * half + 1);
    fc.assert(
      fc.property(seed, numbers, fc.nat(255), (from, n, bit) => {
        const at = shachainIndex(BigInt(n));
        const wrong = flipBit(generateFromSeed(from, at), bit);
        const refused = { ok: false, error: { code: 'wrongSecret', index: at } };
        expect(insertSecret(storeOf(from, n), at, wrong)).toEqual(refused);
      }),
    );
  });

  it('a wrong secret that nothing can be held against yet: found out when its parent comes', () => {
    fc.assert(
      fc.property(seed, fc.nat(100), fc.nat(255), (from, half, bit) => {
        const n = BigInt(2 * half);
        const wrong = flipBit(generateFromSeed(from, shachainIndex(n)), bit);
        const store = insertSecret(storeOf(from, 2 * half), shachainIndex(n), wrong);
        if (!store.ok) expect.fail('an even number was refused');
        const next = shachainIndex(n + 1n);
        expect(insertSecret(store.value, next, generateFromSeed(from, next)).ok).toBe(false);
      }),
    );
  });
});

describe('insertSecret', () => {
  it('a secret that leaves a gap, a bug of ours: thrown, for nothing could be looked up in the store', () => {
    const from = new Uint8Array(32).fill(9);
    expect(() => insertSecret(storeOf(from, 3), 0n, from)).toThrow(InvariantError);
    expect(() => insertSecret(EMPTY_SECRETS, shachainIndex(1n), from)).toThrow(InvariantError);
  });
});

describe('shachainIndex', () => {
  it('commitments count up, indices down', () => {
    expect(shachainIndex(0n)).toBe(281474976710655n);
    expect(shachainIndex(MAX_COMMITMENT_NUMBER)).toBe(0n);
  });

  it.each([-1n, MAX_COMMITMENT_NUMBER + 1n])('%d: out of range', (n) => {
    expect(() => shachainIndex(n)).toThrow('out of range');
  });
});
