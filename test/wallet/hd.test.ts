import { inspect } from 'node:util';
import { expect, test } from 'vitest';
import { fromHex, toHex } from '../../src/base/bytes.ts';
import { tinySecp256k1 } from '../../src/crypto/tiny.ts';
import { addressOfScript } from '../../src/wallet/address.ts';
import { masterNode, nodeOfExtendedKey } from '../../src/wallet/bip32.ts';
import {
  BRANCHES,
  branchKeys,
  coinPathOf,
  coinScript,
  createKeychain,
  derivationPath,
  KEY_FAMILIES,
  type Keychain,
  type KeyFamily,
  SCHEMES,
} from '../../src/wallet/hd.ts';
import { seedFromMnemonic } from '../../src/wallet/mnemonic.ts';
import bip32 from '../vectors/bip32.json' with { type: 'json' };
import bip84 from '../vectors/bip84.json' with { type: 'json' };
import bip86 from '../vectors/bip86.json' with { type: 'json' };

function keychain(mnemonic: string): Keychain {
  const seed = seedFromMnemonic(mnemonic);
  if (!seed.ok) throw new Error(seed.error.code);
  return createKeychain(seed.value, 'mainnet');
}

test.each(bip32.vectors)('BIP32 vector $seed: every chain', ({ seed, chains }) => {
  for (const { path, xprv, xpub } of chains) {
    const node =
      path === 'm'
        ? masterNode(fromHex(seed), 'mainnet')
        : masterNode(fromHex(seed), 'mainnet').derivePath(path);
    expect(node.toBase58()).toBe(xprv);
    expect(node.neutered().toBase58()).toBe(xpub);
    expect(nodeOfExtendedKey(xpub, 'mainnet').toBase58()).toBe(xpub);
  }
});

test.each(bip32.invalid)('BIP32 extended key, $reason: refused', ({ key }) => {
  expect(() => nodeOfExtendedKey(key, 'mainnet')).toThrow();
});

test.each(bip84.keys)('BIP84 vector $path: key and address', ({ path, pubkey, address }) => {
  const keys = keychain(bip84.mnemonic);
  const coin = coinPathOf(path, 'mainnet');
  if (coin === undefined) throw new Error(path);
  const { publicKey } = keys.coinSigner(coin);
  expect(toHex(publicKey)).toBe(pubkey);
  expect(addressOfScript(coinScript('bip84', publicKey), 'mainnet')).toBe(address);
});

test.each(bip86.keys)('BIP86 vector $path: internal key, script and address', (vector) => {
  const keys = keychain(bip86.mnemonic);
  const coin = coinPathOf(vector.path, 'mainnet');
  if (coin === undefined) throw new Error(vector.path);
  const { publicKey } = keys.coinSigner(coin);
  expect(toHex(publicKey.slice(1))).toBe(vector.internalKey);
  const script = coinScript('bip86', publicKey);
  expect(toHex(script)).toBe(vector.script);
  expect(addressOfScript(script, 'mainnet')).toBe(vector.address);
  expect(keys.accounts.find((account) => account.scheme === 'bip86')?.xpub).toBe(bip86.accountXpub);
});

test('a taproot signature: verifies under the output key, for internal keys of both parities', () => {
  const keys = createKeychain(new Uint8Array(32).fill(7), 'regtest');
  const parities = new Set<number>();
  const hash = new Uint8Array(32).fill(9);
  for (let index = 0; index < 12; index++) {
    const signer = keys.coinSigner({ scheme: 'bip86', branch: 'receive', index });
    parities.add(signer.publicKey[0] as number);
    const outputKey = coinScript('bip86', signer.publicKey).slice(2);
    expect(tinySecp256k1.verifySchnorr(hash, outputKey, signer.signTaproot(hash))).toBe(true);
  }
  expect(parities.size).toBe(2);
});

test('public derivation from the account key: the same keys as from the seed', () => {
  const keys = createKeychain(new Uint8Array(32).fill(1), 'regtest');
  for (const account of keys.accounts)
    for (const branch of BRANCHES)
      for (const index of [0, 1, 25])
        expect(branchKeys(account, branch, 'regtest')(index)).toEqual(
          keys.coinSigner({ scheme: account.scheme, branch, index }).publicKey,
        );
});

test('channel key families: the paths of protocol section 3, all distinct', () => {
  const seed = new Uint8Array(32).fill(2);
  const keys = createKeychain(seed, 'regtest');
  const seen = new Set<string>();
  for (const [family, number] of Object.entries(KEY_FAMILIES) as [KeyFamily, number][])
    for (const index of [0, 1]) {
      const node = masterNode(seed, 'regtest').derivePath(`m/1017'/1'/${number}'/0/${index}`);
      expect(keys.channelSecret(family, index)).toEqual(node.privateKey);
      expect(keys.channelPublicKey(family, index)).toEqual(node.publicKey);
      seen.add(toHex(node.publicKey));
    }
  expect(seen.size).toBe(18);
  expect(createKeychain(seed, 'mainnet').channelSecret('funding', 0)).toEqual(
    masterNode(seed, 'mainnet').derivePath("m/1017'/0'/0'/0/0").privateKey,
  );
});

test('paths: what the wallet writes it reads, all else is none of its coins', () => {
  for (const scheme of SCHEMES)
    for (const branch of BRANCHES)
      expect(coinPathOf(derivationPath({ scheme, branch, index: 5 }, 'signet'), 'signet')).toEqual({
        scheme,
        branch,
        index: 5,
      });
  for (const path of [
    "m/1017'/1'/0'/0/0",
    "m/84'/0'/0'/0/0",
    "m/84'/1'/1'/0/0",
    "m/84'/1'/0'/2/0",
    "m/84'/1'/0'/0/0'",
    "m/84'/1'/0'/0/2147483648",
    "m/49'/1'/0'/0/0",
    "m/84'/1'/0'/0/0/0",
    'm',
    '',
  ])
    expect(coinPathOf(path, 'regtest')).toBeUndefined();
});

test('a keychain printed or serialized: no secret in it', () => {
  const seed = Uint8Array.from({ length: 32 }, (_, i) => 200 - i);
  const keys = createKeychain(seed, 'regtest');
  keys.coinSigner({ scheme: 'bip84', branch: 'receive', index: 0 });
  const shown = inspect(keys, { depth: 20, showHidden: true }) + JSON.stringify(keys);
  const secrets = [toHex(seed), toHex(keys.channelSecret('funding', 0)), 'tprv', 'xprv'];
  for (const secret of secrets) expect(shown.includes(secret)).toBe(false);
  expect(shown).not.toMatch(/privateKey|__D|200, 199/);
});
