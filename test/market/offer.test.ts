import { describe, expect, it } from 'vitest';
import { toHex } from '../../src/base/bytes.ts';
import { decode, encode } from '../../src/base/codec.ts';
import { xOnly } from '../../src/crypto/secp256k1.ts';
import { checkOffer, checkOrder, OFFER, type Offer } from '../../src/market/offer.ts';
import { signStatement, verifyStatement } from '../../src/market/statement.ts';
import type { Tariff } from '../../src/market/tariff.ts';
import { CHANNEL, METER_SECRET, OTHER_CHANNEL, secp } from './arbitraries.ts';

const offer: Offer = {
  channelId: CHANNEL,
  offerId: 5n,
  seller: 'producer',
  units: 40,
  unitEnergyWh: 100,
  minMsatPerWh: 200n,
  until: 5000,
};
const tariff: Tariff = {
  channelId: CHANNEL,
  slot: 3,
  from: 1000,
  until: 2800,
  msatPerWh: 250n,
  unitEnergyWh: 100,
  firstUnit: 12n,
  locks: [CHANNEL],
};

describe('offer', () => {
  it('bytes: the layout of docs/market.md', () => {
    expect(toHex(encode(OFFER.codec, offer))).toBe(
      [
        '07'.repeat(32),
        '0000000000000005',
        '01',
        '00000028',
        '00000064',
        '00000000000000c8',
        '0000000000001388',
      ].join(''),
    );
    expect(decode(OFFER.codec, encode(OFFER.codec, offer))).toEqual({ ok: true, value: offer });
  });

  it('a seller byte of 2: malformed', () => {
    const body = encode(OFFER.codec, offer);
    body[40] = 2;
    expect(decode(OFFER.codec, body)).toMatchObject({ ok: false, error: { code: 'malformed' } });
  });

  it('a time above 2^53 - 1: malformed', () => {
    const body = encode(OFFER.codec, offer);
    body[57] = 0x20;
    expect(decode(OFFER.codec, body)).toMatchObject({ ok: false, error: { code: 'malformed' } });
  });

  it('signed by the seller: verified', () => {
    const signed = signStatement(secp, OFFER, offer, METER_SECRET);
    expect(verifyStatement(secp, OFFER, signed, xOnly(secp.publicKey(METER_SECRET)))).toEqual({
      ok: true,
      value: offer,
    });
  });

  it.each([
    [{ units: 0 }, 'noUnits'],
    [{ unitEnergyWh: 0 }, 'noEnergy'],
    [{ minMsatPerWh: 0n }, undefined],
  ])('with %o: judged', (change, code) => {
    expect(checkOffer({ ...offer, ...change })?.code).toBe(code);
  });

  it.each<[string, Partial<Offer>, Partial<Tariff>, number, number, string | undefined]>([
    ['all agreed', {}, {}, 39, 1000, undefined],
    ['the lowest price taken', { minMsatPerWh: 250n }, {}, 0, 1000, undefined],
    ['another channel', {}, { channelId: OTHER_CHANNEL }, 0, 1000, 'otherChannel'],
    ['an offer that ran out', { until: 1500 }, {}, 0, 1500, 'offerExpired'],
    ['a tariff that is not yet live', {}, {}, 0, 999, 'tariffNotLive'],
    ['a tariff that is over', {}, {}, 0, 2800, 'tariffNotLive'],
    ['no units left', {}, {}, 40, 1000, 'soldOut'],
    ['units of another size', { unitEnergyWh: 99 }, {}, 0, 1000, 'otherUnitEnergy'],
    ['a price too low', { minMsatPerWh: 251n }, {}, 0, 1000, 'priceTooLow'],
  ])('order with %s: judged', (_name, offerChange, tariffChange, taken, time, code) => {
    expect(checkOrder({ ...offer, ...offerChange }, { ...tariff, ...tariffChange }, taken, time)?.code).toBe(
      code,
    );
  });
});
