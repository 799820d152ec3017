import fc from 'fast-check';
import { uintBE } from '../../src/base/bytes.ts';
import { invariant } from '../../src/base/invariant.ts';
import type { Result } from '../../src/base/result.ts';
import type { DeliveryStatement } from '../../src/market/deliveryStatement.ts';
import {
  type MeterReading,
  signReading,
  type VerifiedReading,
  verifyReading,
} from '../../src/market/meter.ts';
import type { Offer } from '../../src/market/offer.ts';
import type { Tariff } from '../../src/market/tariff.ts';
import { secp } from '../support/curve.ts';

export { secp };

export const UTILITY_SECRET = uintBE(1001, 32);
export const METER_SECRET = uintBE(1002, 32);
export const METER = secp.publicKey(METER_SECRET);
export const OTHER_KEY = secp.publicKey(uintBE(1003, 32));
export const CHANNEL = new Uint8Array(32).fill(7);
export const OTHER_CHANNEL = new Uint8Array(32).fill(8);

export const bytes32 = fc.uint8Array({ minLength: 32, maxLength: 32 });
export const anyU32 = fc.integer({ min: 0, max: 2 ** 32 - 1 });
const someU32 = fc.integer({ min: 1, max: 2 ** 32 - 1 });
export const anyU64 = fc.bigInt({ min: 0n, max: 2n ** 64n - 1n });
export const anyTime = fc.nat(Number.MAX_SAFE_INTEGER);

export const tariffs: fc.Arbitrary<Tariff> = fc
  .record({
    channelId: bytes32,
    slot: anyU32,
    from: fc.nat(2 ** 40),
    length: fc.integer({ min: 1, max: 2 ** 40 }),
    msatPerWh: fc.bigInt({ min: 1n, max: 2n ** 28n }),
    unitEnergyWh: someU32,
    firstUnit: fc.bigInt({ min: 0n, max: 2n ** 63n }),
    locks: fc.uniqueArray(bytes32, { minLength: 1, maxLength: 20, selector: String }),
  })
  .map(({ length, ...rest }) => ({ ...rest, until: rest.from + length }));

export const offers: fc.Arbitrary<Offer> = fc.record({
  channelId: bytes32,
  offerId: anyU64,
  seller: fc.constantFrom('consumer' as const, 'producer' as const),
  units: someU32,
  unitEnergyWh: someU32,
  minMsatPerWh: anyU64,
  until: anyTime,
});

export const readings: fc.Arbitrary<MeterReading> = fc.record({
  meter: fc.constant(METER),
  sequence: anyU64,
  time: anyTime,
  importWh: anyU64,
  exportWh: anyU64,
});

/** Statements that do not contradict themselves, their readings signed by {@link METER}. */
export const statements: fc.Arbitrary<DeliveryStatement> = fc
  .record({
    channelId: bytes32,
    unit: anyU64,
    energyWh: someU32,
    orderedAtWh: fc.bigInt({ min: 0n, max: 2n ** 62n }),
    laterWh: fc.bigInt({ min: 0n, max: 2n ** 61n }),
    moreWh: fc.bigInt({ min: 0n, max: 2n ** 61n }),
    preimage: bytes32,
    delivered: fc.boolean(),
  })
  .map(({ channelId, unit, energyWh, orderedAtWh, laterWh, moreWh, preimage, delivered }) => {
    const fromWh = orderedAtWh + laterWh;
    const exportWh = delivered ? fromWh + BigInt(energyWh) + moreWh : fromWh + BigInt(energyWh) - 1n;
    const said = {
      channelId,
      unit,
      energyWh,
      fromWh,
      orderedAt: reading({ exportWh: orderedAtWh }),
      reading: reading({ sequence: 2n, time: 3600, exportWh }),
    };
    return delivered
      ? { ...said, verdict: 'delivered' as const, preimage }
      : { ...said, verdict: 'notDelivered' as const };
  });

/** A reading of {@link METER}, signed and verified. */
export function reading(fields: Partial<MeterReading> = {}): VerifiedReading {
  const body = { meter: METER, sequence: 1n, time: 0, importWh: 0n, exportWh: 0n, ...fields };
  return unwrap(verifyReading(secp, signReading(secp, body, METER_SECRET), METER));
}

export function unwrap<T, E>(result: Result<T, E>): T {
  invariant(result.ok, 'a result that should have been ok');
  return result.value;
}
