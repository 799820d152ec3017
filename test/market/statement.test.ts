import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { concat, toHex, utf8 } from '../../src/base/bytes.ts';
import { decode, encode } from '../../src/base/codec.ts';
import { InvariantError } from '../../src/base/invariant.ts';
import { sha256 } from '../../src/crypto/hash.ts';
import { xOnly } from '../../src/crypto/secp256k1.ts';
import { DELIVERY_STATEMENT } from '../../src/market/deliveryStatement.ts';
import { METER_READING } from '../../src/market/meter.ts';
import { OFFER } from '../../src/market/offer.ts';
import {
  decodeSigned,
  encodeSigned,
  type StatementKind,
  signedCodec,
  signStatement,
  statementHash,
  verifyStatement,
} from '../../src/market/statement.ts';
import { TARIFF, type Tariff } from '../../src/market/tariff.ts';
import { flipBit } from '../support/flipBit.ts';
import {
  CHANNEL,
  METER,
  METER_SECRET,
  offers,
  readings,
  secp,
  statements,
  tariffs,
  unwrap,
} from './arbitraries.ts';

const KEY = xOnly(METER);

everyStatement('tariff', TARIFF, tariffs);
everyStatement('offer', OFFER, offers);
everyStatement('meter reading', METER_READING, readings);
everyStatement('delivery statement', DELIVERY_STATEMENT, statements);

function everyStatement<T, P>(name: string, kind: StatementKind<T, P>, bodies: fc.Arbitrary<T>): void {
  const sign = (body: T) => signStatement(secp, kind, body, METER_SECRET);

  describe(`every ${name}`, () => {
    const whole = signedCodec(kind);

    it('encoded: comes back equal, from these bytes alone', () => {
      fc.assert(
        fc.property(bodies, (body) => {
          const signed = sign(body);
          const encoded = encode(whole, signed);
          expect(unwrap(decode(whole, encoded))).toEqual(signed);
          expect(decode(whole, concat(encoded, Uint8Array.of(0))).ok).toBe(false);
          expect(decode(whole, encoded.slice(0, -1)).ok).toBe(false);
        }),
      );
    });

    it('as a message carries it: body and signature apart, and back', () => {
      fc.assert(
        fc.property(bodies, (body) => {
          const signed = sign(body);
          const carried = encodeSigned(kind, signed);
          expect(concat(carried.body, carried.signature)).toEqual(encode(whole, signed));
          expect(decodeSigned(kind, carried)).toEqual({ ok: true, value: signed });
          const longer = { ...carried, body: concat(carried.body, Uint8Array.of(0)) };
          expect(decodeSigned(kind, longer)).toMatchObject({ ok: false, error: { code: 'malformed' } });
        }),
      );
    });

    it('any bytes that decode: encode to themselves', () => {
      fc.assert(
        fc.property(bodies, fc.nat(), (body, position) => {
          const encoded = encode(whole, sign(body));
          const altered = flipBit(encoded, position % (8 * encoded.length));
          const outcome = decode(whole, altered);
          if (outcome.ok) expect(encode(whole, outcome.value)).toEqual(altered);
        }),
      );
    });

    it('random bytes: never a throw', () => {
      fc.assert(
        fc.property(fc.uint8Array({ maxLength: 600 }), (bytes) => {
          const outcome = decode(whole, bytes);
          if (!outcome.ok) expect(outcome.error.code).toBe('malformed');
        }),
      );
    });

    it('signed: verifies under its key and no other', () => {
      fc.assert(
        fc.property(bodies, (body) => {
          const signed = sign(body);
          expect(verifyStatement(secp, kind, signed, KEY)).toEqual({ ok: true, value: body });
          expect(verifyStatement(secp, kind, signed, flipBit(KEY, 3)).ok).toBe(false);
        }),
      );
    });

    it('any bit of body or signature turned over: refused', () => {
      fc.assert(
        fc.property(bodies, fc.nat(), (body, position) => {
          const encoded = encode(whole, sign(body));
          const altered = decode(whole, flipBit(encoded, position % (8 * encoded.length)));
          if (!altered.ok) return;
          expect(verifyStatement(secp, kind, altered.value, KEY)).toEqual({
            ok: false,
            error: { code: 'badSignature' },
          });
        }),
      );
    });
  });
}

describe('a statement', () => {
  const tariff: Tariff = {
    channelId: CHANNEL,
    slot: 3,
    from: 1000,
    until: 2800,
    msatPerWh: 250n,
    unitEnergyWh: 100,
    firstUnit: 12n,
    locks: [new Uint8Array(32).fill(0xaa), new Uint8Array(32).fill(0xbb)],
  };

  it('hash: the tagged hash of BIP340 over the body', () => {
    const tag = sha256(utf8('wattlane/tariff'));
    const expected = sha256(concat(tag, tag, encode(TARIFF.codec, tariff)));
    expect(toHex(statementHash(TARIFF, tariff))).toBe(toHex(expected));
  });

  it('the same body under another tag: refused', () => {
    const signed = signStatement(secp, { ...TARIFF, tag: 'wattlane/offer' }, tariff, METER_SECRET);
    expect(verifyStatement(secp, TARIFF, signed, KEY).ok).toBe(false);
  });

  it('a body that breaks a rule: never signed, and refused when someone else signed it', () => {
    const bad = { ...tariff, locks: [] };
    expect(() => signStatement(secp, TARIFF, bad, METER_SECRET)).toThrow(InvariantError);
    const lax: typeof TARIFF = { ...TARIFF, check: () => undefined };
    const signed = signStatement(secp, lax, bad, METER_SECRET);
    expect(verifyStatement(secp, TARIFF, signed, KEY)).toEqual({ ok: false, error: { code: 'noLocks' } });
  });
});
