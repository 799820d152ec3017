import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { toHex } from '../../src/base/bytes.ts';
import { decode, encode } from '../../src/base/codec.ts';
import { deliveryLock, deliveryPreimage } from '../../src/crypto/deliveryLock.ts';
import { xOnly } from '../../src/crypto/secp256k1.ts';
import {
  attestsTwice,
  checkStatement,
  contradictsRefusal,
  DELIVERY_STATEMENT,
  type DeliveryStatement,
  type UnitTerms,
  verifyDeliveryStatement,
} from '../../src/market/deliveryStatement.ts';
import { METER_READING, signReading } from '../../src/market/meter.ts';
import { signStatement } from '../../src/market/statement.ts';
import {
  CHANNEL,
  METER,
  OTHER_CHANNEL,
  OTHER_KEY,
  reading,
  secp,
  statements,
  UTILITY_SECRET,
} from './arbitraries.ts';

const SEED = new Uint8Array(32).fill(9);
const UTILITY = xOnly(secp.publicKey(UTILITY_SECRET));
const ordered = reading({ sequence: 1n, time: 1000, exportWh: 300n });
const covering = reading({ sequence: 2n, time: 2800, exportWh: 400n });
const short = reading({ sequence: 2n, time: 2800, exportWh: 399n });
const preimage = deliveryPreimage(SEED, CHANNEL, 12n);

const unit = { channelId: CHANNEL, unit: 12n, energyWh: 100, fromWh: 300n, orderedAt: ordered };
const delivered: DeliveryStatement = { ...unit, verdict: 'delivered', reading: covering, preimage };
const refused: DeliveryStatement = { ...unit, verdict: 'notDelivered', reading: short };
const terms: UnitTerms = {
  channelId: CHANNEL,
  unit: 12n,
  energyWh: 100,
  lock: deliveryLock(preimage),
  meter: METER,
};
const verify = (statement: DeliveryStatement, known = terms) =>
  verifyDeliveryStatement(
    secp,
    signStatement(secp, DELIVERY_STATEMENT, statement, UTILITY_SECRET),
    UTILITY,
    known,
  );

describe('delivery statement', () => {
  it('bytes: the layout of docs/market.md', () => {
    const head = ['07'.repeat(32), '000000000000000c', '00000064', '000000000000012c'].join('');
    const signed = ({ body, signature }: typeof ordered) =>
      toHex(encode(METER_READING.codec, body)) + toHex(signature);
    expect(toHex(encode(DELIVERY_STATEMENT.codec, delivered))).toBe(
      `01${head}${signed(ordered)}${signed(covering)}${toHex(preimage)}`,
    );
    expect(toHex(encode(DELIVERY_STATEMENT.codec, refused))).toBe(
      `00${head}${signed(ordered)}${signed(short)}`,
    );
    for (const statement of [delivered, refused])
      expect(decode(DELIVERY_STATEMENT.codec, encode(DELIVERY_STATEMENT.codec, statement))).toEqual({
        ok: true,
        value: statement,
      });
  });

  it('delivered or refused, as the readings have it: verified', () => {
    expect(verify(delivered)).toEqual({ ok: true, value: delivered });
    expect(verify(refused)).toEqual({ ok: true, value: refused });
  });

  it.each<[string, DeliveryStatement, UnitTerms, object]>([
    [
      'of another unit',
      delivered,
      { ...terms, unit: 13n },
      { code: 'otherUnit', channelId: toHex(CHANNEL), unit: 12n },
    ],
    [
      'of another channel',
      refused,
      { ...terms, channelId: OTHER_CHANNEL },
      { code: 'otherUnit', channelId: toHex(CHANNEL), unit: 12n },
    ],
    ['of another amount', delivered, { ...terms, energyWh: 99 }, { code: 'otherEnergy', energyWh: 100 }],
    ['whose preimage opens another lock', delivered, { ...terms, lock: CHANNEL }, { code: 'wrongPreimage' }],
    [
      "by another meter than the seller's",
      delivered,
      { ...terms, meter: OTHER_KEY },
      { code: 'wrongMeter', meter: toHex(METER) },
    ],
    [
      'with a reading that the meter did not sign',
      { ...delivered, reading: signReading(secp, covering.body, UTILITY_SECRET) },
      terms,
      { code: 'badReading', field: 'reading' },
    ],
    [
      'with a baseline that the meter did not sign',
      { ...refused, orderedAt: signReading(secp, ordered.body, UTILITY_SECRET) },
      terms,
      { code: 'badReading', field: 'orderedAt' },
    ],
  ])('%s: refused by name', (_name, statement, known, error) => {
    expect(verify(statement, known)).toEqual({ ok: false, error });
  });

  it('signed by another than the utility: refused', () => {
    const signed = signStatement(secp, DELIVERY_STATEMENT, delivered, SEED);
    expect(verifyDeliveryStatement(secp, signed, UTILITY, terms)).toEqual({
      ok: false,
      error: { code: 'badSignature' },
    });
  });

  it.each<[string, DeliveryStatement, object]>([
    [
      'delivered, though the reading is short',
      { ...delivered, reading: short },
      { code: 'verdictAgainstReading', verdict: 'delivered', exportWh: 399n, neededWh: 400n },
    ],
    [
      'not delivered, though the reading covers it',
      { ...refused, reading: covering },
      { code: 'verdictAgainstReading', verdict: 'notDelivered', exportWh: 400n, neededWh: 400n },
    ],
    [
      'energy from before the order',
      { ...delivered, fromWh: 299n },
      { code: 'energyBeforeOrder', fromWh: 299n, orderedAtWh: 300n },
    ],
    [
      'readings of two meters',
      { ...delivered, orderedAt: { ...ordered, body: { ...ordered.body, meter: OTHER_KEY } } },
      { code: 'wrongMeter', meter: toHex(OTHER_KEY) },
    ],
  ])('%s: contradicts itself', (_name, statement, problem) => {
    expect(checkStatement(statement)).toEqual(problem);
  });

  it('any statement in order: found in order', () => {
    fc.assert(
      fc.property(statements, (statement) => {
        expect(checkStatement(statement)).toBeUndefined();
      }),
    );
  });
});

describe('evidence against the utility', () => {
  it.each([
    ['a reading before the deadline that covers the unit', refused, covering.body, 2800, true],
    ['a reading after the deadline', refused, covering.body, 2799, false],
    ['a reading that is short as well', refused, short.body, 2800, false],
    ['a reading of another meter', refused, { ...covering.body, meter: OTHER_KEY }, 2800, false],
    ['a statement that refuses nothing', delivered, covering.body, 2800, false],
  ])('refusal against %s: told', (_name, statement, against, deadlineTime, expected) => {
    expect(contradictsRefusal(statement, against, deadlineTime)).toBe(expected);
  });

  it.each([
    ['the next watt-hours', { unit: 13n, fromWh: 400n }, false],
    ['one watt-hour in common', { unit: 13n, fromWh: 399n }, true],
    ['the same ones on another channel', { channelId: OTHER_CHANNEL }, true],
    ['the same unit again', {}, false],
  ])('two attestations over %s: told', (_name, change, expected) => {
    expect(attestsTwice(delivered, { ...delivered, ...change })).toBe(expected);
    expect(attestsTwice({ ...delivered, ...change }, delivered)).toBe(expected);
  });

  it('an attestation and a refusal of the same energy: no double', () => {
    expect(attestsTwice(delivered, { ...refused, unit: 13n })).toBe(false);
  });
});
