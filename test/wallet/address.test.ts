import fc from 'fast-check';
import { expect, test } from 'vitest';
import { concat, fromHex, toHex } from '../../src/base/bytes.ts';
import { addressOfScript, scriptOfAddress } from '../../src/wallet/address.ts';
import bip350 from '../vectors/bip350.json' with { type: 'json' };

const NETWORKS = ['mainnet', 'testnet', 'signet', 'regtest'] as const;

function networkOf(address: string): 'mainnet' | 'testnet' {
  return address.toLowerCase().startsWith('bc1') ? 'mainnet' : 'testnet';
}

test.each(bip350.valid)('BIP350 valid $address: its script, or a version without meaning named', (vector) => {
  const network = networkOf(vector.address);
  const read = scriptOfAddress(vector.address, network);
  const [opcode, length] = fromHex(vector.script);
  if (opcode === 0 || (opcode === 0x51 && length === 32)) {
    expect(read).toEqual({ ok: true, value: fromHex(vector.script) });
    expect(addressOfScript(fromHex(vector.script), network)).toBe(vector.address.toLowerCase());
  } else {
    expect(read).toEqual({
      ok: false,
      error: {
        code: 'unknownWitnessVersion',
        address: vector.address,
        version: (opcode as number) - 0x50,
        programBytes: length,
      },
    });
    expect(addressOfScript(fromHex(vector.script), network)).toBeUndefined();
  }
});

test.each(bip350.invalid)('BIP350 invalid $address ($reason): refused by name', ({ address, reason }) => {
  const read = scriptOfAddress(address, networkOf(address));
  if (read.ok) throw new Error(`accepted ${address}`);
  if (/^Invalid checksum/.test(reason)) expect(read.error.code).toBe('addressChecksum');
  else if (/Mixed|Invalid human|character|padding|length/.test(reason))
    expect(read.error.code).toBe('malformedAddress');
});

const hash20 = fc.uint8Array({ minLength: 20, maxLength: 20 });
const hash32 = fc.uint8Array({ minLength: 32, maxLength: 32 });
const script = fc.oneof(
  hash20.map((hash) => concat(Uint8Array.of(0x76, 0xa9, 20), hash, Uint8Array.of(0x88, 0xac))),
  hash20.map((hash) => concat(Uint8Array.of(0xa9, 20), hash, Uint8Array.of(0x87))),
  hash20.map((hash) => concat(Uint8Array.of(0, 20), hash)),
  hash32.map((hash) => concat(Uint8Array.of(0, 32), hash)),
  hash32.map((hash) => concat(Uint8Array.of(0x51, 32), hash)),
  fc.constant(fromHex('51024e73')),
);

test('every kind of script on every network: its address reads back, and not on a network with other prefixes', () => {
  fc.assert(
    fc.property(script, fc.constantFrom(...NETWORKS), fc.constantFrom(...NETWORKS), (bytes, ours, theirs) => {
      const address = addressOfScript(bytes, ours);
      if (address === undefined) throw new Error(toHex(bytes));
      expect(scriptOfAddress(address, ours)).toEqual({ ok: true, value: bytes });
      const elsewhere = scriptOfAddress(address, theirs);
      if (addressOfScript(bytes, theirs) === address) expect(elsewhere.ok).toBe(true);
      else
        expect(elsewhere).toEqual({ ok: false, error: { code: 'wrongNetwork', address, network: theirs } });
    }),
  );
});

test('pay-to-anchor: the known addresses', () => {
  expect(addressOfScript(fromHex('51024e73'), 'mainnet')).toBe('bc1pfeessrawgf');
  expect(addressOfScript(fromHex('51024e73'), 'regtest')).toBe('bcrt1pfeesnyr2tx');
});

test('one character mistyped: a checksum error', () => {
  for (const [address, network] of [
    ['bc1qcr8te4kr609gcawutmrza0j4xv80jy8z306fyv', 'mainnet'],
    ['1BvBMSEYstWetqTFn5Au4m4GFg7xJaNVN3', 'mainnet'],
  ] as const)
    expect(scriptOfAddress(address, network)).toEqual({
      ok: false,
      error: { code: 'addressChecksum', address },
    });
});

test('any text at all: data, never an exception', () => {
  fc.assert(
    fc.property(
      fc.oneof(fc.string(), fc.string({ unit: 'binary' })),
      fc.constantFrom(...NETWORKS),
      (text, network) => {
        const read = scriptOfAddress(text, network);
        if (!read.ok) expect(read.error.code).toBeTypeOf('string');
      },
    ),
  );
});

test('any bytes as a script: an address that reads back, or none', () => {
  fc.assert(
    fc.property(fc.uint8Array({ maxLength: 45 }), (bytes) => {
      const address = addressOfScript(bytes, 'regtest');
      if (address !== undefined)
        expect(scriptOfAddress(address, 'regtest')).toEqual({ ok: true, value: bytes });
    }),
  );
});
