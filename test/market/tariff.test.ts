import { describe, expect, it } from 'vitest';
import { toHex } from '../../src/base/bytes.ts';
import { decode, encode } from '../../src/base/codec.ts';
import { xOnly } from '../../src/crypto/secp256k1.ts';
import { signStatement, verifyStatement } from '../../src/market/statement.ts';
import {
  checkTariff,
  isLive,
  MAX_TARIFF_LOCKS,
  TARIFF,
  type Tariff,
  tariffLock,
} from '../../src/market/tariff.ts';
import { CHANNEL, secp, UTILITY_SECRET } from './arbitraries.ts';

const lock = (index: number) => new Uint8Array(32).map((_, i) => (i < 4 ? index >> (8 * i) : 0xcc));
const tariff: Tariff = {
  channelId: CHANNEL,
  slot: 3,
  from: 1000,
  until: 2800,
  msatPerWh: 250n,
  unitEnergyWh: 100,
  firstUnit: 12n,
  locks: [lock(0), lock(1)],
};

describe('tariff', () => {
  it('bytes: the layout of docs/market.md', () => {
    expect(toHex(encode(TARIFF.codec, tariff))).toBe(
      [
        '07'.repeat(32),
        '00000003',
        '00000000000003e8',
        '0000000000000af0',
        '00000000000000fa',
        '00000064',
        '000000000000000c',
        '0002',
        toHex(lock(0)),
        toHex(lock(1)),
      ].join(''),
    );
    expect(decode(TARIFF.codec, encode(TARIFF.codec, tariff))).toEqual({ ok: true, value: tariff });
  });

  it('signed by the utility: verified; by another: refused', () => {
    const signed = signStatement(secp, TARIFF, tariff, UTILITY_SECRET);
    const utility = xOnly(secp.publicKey(UTILITY_SECRET));
    expect(verifyStatement(secp, TARIFF, signed, utility)).toEqual({ ok: true, value: tariff });
    expect(verifyStatement(secp, TARIFF, signed, tariff.channelId)).toEqual({
      ok: false,
      error: { code: 'badSignature' },
    });
  });

  const many = (count: number) => Array.from({ length: count }, (_, index) => lock(index));
  it.each<[string, Partial<Tariff>, string | undefined]>([
    ['as it should be', {}, undefined],
    ['as many locks as there may be', { locks: many(MAX_TARIFF_LOCKS) }, undefined],
    ['the last unit number there is', { firstUnit: 2n ** 64n - 2n }, undefined],
    ['a slot of no length', { until: 1000 }, 'emptySlot'],
    ['a slot that ends before it starts', { until: 999 }, 'emptySlot'],
    ['a price of nothing', { msatPerWh: 0n }, 'priceNotPositive'],
    ['units of no energy', { unitEnergyWh: 0 }, 'noEnergy'],
    ['a unit above all bitcoin', { msatPerWh: 2n ** 60n }, 'unitTooExpensive'],
    ['no locks', { locks: [] }, 'noLocks'],
    ['a lock too many', { locks: many(MAX_TARIFF_LOCKS + 1) }, 'tooManyLocks'],
    ['a lock twice', { locks: [lock(0), lock(1), lock(0)] }, 'repeatedLock'],
    ['a unit past the last number', { firstUnit: 2n ** 64n - 1n }, 'unitOutOfRange'],
  ])('%s: judged', (_name, change, code) => {
    expect(checkTariff({ ...tariff, ...change })?.code).toBe(code);
  });

  it('repeated lock: named by its unit', () => {
    expect(checkTariff({ ...tariff, locks: [lock(0), lock(1), lock(0)] })).toEqual({
      code: 'repeatedLock',
      unit: 14n,
    });
  });

  it.each([
    [999, false],
    [1000, true],
    [2799, true],
    [2800, false],
  ])('at %d s: live is %s', (time, expected) => {
    expect(isLive(tariff, time)).toBe(expected);
  });

  it.each([
    [11n, undefined],
    [12n, lock(0)],
    [13n, lock(1)],
    [14n, undefined],
    [2n ** 64n, undefined],
  ])('unit %d: its lock or none', (unit, expected) => {
    expect(tariffLock(tariff, unit)).toEqual(expected);
  });
});
