import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { toHex } from '../../src/base/bytes.ts';
import { decode, encode } from '../../src/base/codec.ts';
import {
  checkSuccessor,
  METER_READING,
  type MeterReading,
  signReading,
  verifyReading,
} from '../../src/market/meter.ts';
import { METER, METER_SECRET, OTHER_KEY, readings, secp, UTILITY_SECRET } from './arbitraries.ts';

const CAPACITY = 1040n;
const previous: MeterReading = { meter: METER, sequence: 4n, time: 1000, importWh: 500n, exportWh: 300n };

describe('meter reading', () => {
  it('bytes: the layout of docs/market.md', () => {
    expect(toHex(encode(METER_READING.codec, previous))).toBe(
      [toHex(METER), '0000000000000004', '00000000000003e8', '00000000000001f4', '000000000000012c'].join(''),
    );
    expect(decode(METER_READING.codec, encode(METER_READING.codec, previous))).toEqual({
      ok: true,
      value: previous,
    });
  });

  it('signed by its meter: verified', () => {
    const signed = signReading(secp, previous, METER_SECRET);
    expect(verifyReading(secp, signed, METER)).toEqual({ ok: true, value: signed });
  });

  it('of another meter, though signed by it: refused', () => {
    const signed = signReading(secp, previous, METER_SECRET);
    expect(verifyReading(secp, signed, OTHER_KEY)).toEqual({
      ok: false,
      error: { code: 'wrongMeter', meter: toHex(METER) },
    });
  });

  it('signed by another key in its name: refused', () => {
    const signed = signReading(secp, previous, UTILITY_SECRET);
    expect(verifyReading(secp, signed, METER)).toEqual({ ok: false, error: { code: 'badSignature' } });
  });
});

describe('successor of a reading', () => {
  const following = (change: Partial<MeterReading>) =>
    checkSuccessor(previous, { ...previous, sequence: 5n, time: 2800, ...change }, CAPACITY);

  it('half an hour later, registers ahead: advances', () => {
    expect(following({ importWh: 600n, exportWh: 820n })).toEqual({ ok: true, value: 'advance' });
  });

  it('sent twice: a duplicate, not an error', () => {
    expect(checkSuccessor(previous, { ...previous }, CAPACITY)).toEqual({ ok: true, value: 'duplicate' });
  });

  it.each<[string, Partial<MeterReading>, object]>([
    ['of another meter', { meter: OTHER_KEY }, { code: 'wrongMeter', meter: toHex(OTHER_KEY) }],
    ['with the same number and other values', { sequence: 4n }, { code: 'conflictingReading', sequence: 4n }],
    ['with a lower number', { sequence: 3n }, { code: 'sequenceNotIncreasing', previous: 4n, next: 3n }],
    ['from before', { time: 999 }, { code: 'timeBackwards', previous: 1000, next: 999 }],
    [
      'with less import',
      { importWh: 499n },
      { code: 'registerBackwards', register: 'importWh', previous: 500n, next: 499n },
    ],
    [
      'with less export',
      { exportWh: 299n },
      { code: 'registerBackwards', register: 'exportWh', previous: 300n, next: 299n },
    ],
    [
      'with 1 Wh above the capacity',
      { exportWh: 822n },
      { code: 'aboveCapacity', exportedWh: 522n, allowedWh: 521n },
    ],
    [
      'with more export in the same second than one second allows',
      { time: 1000, exportWh: 302n },
      { code: 'aboveCapacity', exportedWh: 2n, allowedWh: 1n },
    ],
  ])('%s: refused by name', (_name, change, error) => {
    expect(following(change)).toEqual({ ok: false, error });
  });

  it('part of a watt-hour allowed: a register of whole watt-hours may take the step', () => {
    expect(following({ time: 1001, exportWh: 301n })).toEqual({ ok: true, value: 'advance' });
    expect(following({ time: 1001, exportWh: 302n }).ok).toBe(false);
  });

  it('any two readings: advancing means that nothing ran backwards', () => {
    fc.assert(
      fc.property(readings, readings, fc.bigInt({ min: 0n, max: 2n ** 64n }), (a, b, capacity) => {
        const outcome = checkSuccessor(a, b, capacity);
        if (!outcome.ok || outcome.value === 'duplicate') return;
        expect(b.sequence > a.sequence && b.time >= a.time).toBe(true);
        expect(b.importWh >= a.importWh && b.exportWh >= a.exportWh).toBe(true);
        expect(checkSuccessor(b, a, capacity).ok).toBe(false);
      }),
    );
  });
});
