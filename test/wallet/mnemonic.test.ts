import { entropyToMnemonic, mnemonicToSeedSync, validateMnemonic } from 'bip39';
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { fromHex, toHex } from '../../src/base/bytes.ts';
import { masterNode } from '../../src/wallet/bip32.ts';
import { checkMnemonic, mnemonicFromEntropy, seedFromMnemonic } from '../../src/wallet/mnemonic.ts';
import vectors from '../vectors/bip39.json' with { type: 'json' };

const supported = vectors.vectors.filter((vector) => vector.entropy.length !== 48);

test.each(supported)('BIP39 vector $entropy: its phrase, seed and master key', (vector) => {
  expect(mnemonicFromEntropy(fromHex(vector.entropy))).toBe(vector.mnemonic);
  const seed = seedFromMnemonic(vector.mnemonic, 'TREZOR');
  if (!seed.ok) throw new Error(seed.error.code);
  expect(toHex(seed.value)).toBe(vector.seed);
  expect(masterNode(seed.value, 'mainnet').toBase58()).toBe(vector.xprv);
});

const entropies = fc
  .constantFrom(16, 32)
  .chain((length) => fc.uint8Array({ minLength: length, maxLength: length }));

test('any entropy, one word replaced or none: phrase, and whether it is one, as the package bip39 has it', () => {
  fc.assert(
    fc.property(entropies, fc.nat(), entropies, (entropy, place, other) => {
      const phrase = mnemonicFromEntropy(entropy);
      expect(phrase).toBe(entropyToMnemonic(toHex(entropy)));
      const words = phrase.split(' ');
      words[place % words.length] = mnemonicFromEntropy(other).split(' ')[0] as string;
      expect(checkMnemonic(words.join(' ')).ok).toBe(validateMnemonic(words.join(' ')));
    }),
  );
});

test('any passphrase: the seed as the package bip39 has it', () => {
  fc.assert(
    fc.property(entropies, fc.string({ unit: 'grapheme' }), (entropy, passphrase) => {
      const phrase = mnemonicFromEntropy(entropy);
      const value = Uint8Array.from(mnemonicToSeedSync(phrase, passphrase));
      expect(seedFromMnemonic(phrase, passphrase)).toEqual({ ok: true, value });
    }),
    { numRuns: 10 },
  );
});

test('18 words: refused by length', () => {
  const long = vectors.vectors.find((vector) => vector.entropy.length === 48)?.mnemonic ?? '';
  expect(checkMnemonic(long)).toEqual({ ok: false, error: { code: 'mnemonicLength', words: 18 } });
  expect(checkMnemonic('  ')).toEqual({ ok: false, error: { code: 'mnemonicLength', words: 0 } });
});

test('upper case and stray spaces: the same seed', () => {
  const { mnemonic } = supported[0] as { mnemonic: string };
  expect(seedFromMnemonic(`  ${mnemonic.toUpperCase().replaceAll(' ', '\n ')} `)).toEqual(
    seedFromMnemonic(mnemonic),
  );
});

test('any entropy, one word replaced: the error names a position or the checksum, never a word', () => {
  fc.assert(
    fc.property(
      fc.oneof(
        fc.uint8Array({ minLength: 16, maxLength: 16 }),
        fc.uint8Array({ minLength: 32, maxLength: 32 }),
      ),
      fc.nat(),
      fc.constantFrom('zebra', 'satochi', 'Zoo', '', 'aban don'),
      (entropy, place, stranger) => {
        const words = mnemonicFromEntropy(entropy).split(' ');
        expect(checkMnemonic(words.join(' ')).ok).toBe(true);
        words[place % words.length] = stranger;
        const checked = checkMnemonic(words.join(' '));
        if (checked.ok) return;
        const { code, ...details } = checked.error;
        expect(['mnemonicLength', 'mnemonicWord', 'mnemonicChecksum']).toContain(code);
        for (const detail of Object.values(details)) expect(detail).toBeTypeOf('number');
        if (checked.error.code === 'mnemonicWord')
          expect(checked.error.position).toBe((place % words.length) + 1);
      },
    ),
  );
});

test('two words swapped: refused by checksum', () => {
  expect(
    checkMnemonic('winner legal thank year wave sausage worth useful legal winner thank yellow'),
  ).toEqual({ ok: false, error: { code: 'mnemonicChecksum' } });
});
