import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { concat, fromHex, toHex, uintBE, utf8 } from '../../src/base/bytes.ts';
import {
  complaintText,
  decodeInit,
  encodeInit,
  encodePing,
  encodePong,
  encodeWarning,
  follows,
  type Init,
  messageNumber,
  requiredFeature,
} from '../../src/wire/lightning.ts';
import { decodeMessage } from '../../src/wire/messages.ts';

const hash = fc.uint8Array({ minLength: 32, maxLength: 32 });
const inits: fc.Arbitrary<Init> = fc
  .record({
    features: fc.uint8Array({ maxLength: 40 }),
    networks: fc.option(fc.array(hash, { maxLength: 4 }), { nil: undefined }),
    ordinal: fc.option(fc.bigInt({ min: 0n, max: 2n ** 53n }), { nil: undefined }),
  })
  .map(({ features, networks, ordinal }) => ({
    features,
    ...(networks === undefined ? {} : { networks }),
    ...(ordinal === undefined ? {} : { ordinal }),
  }));

describe('the messages of a connection', () => {
  it('any init: read back, also by who knows none of its records', () => {
    fc.assert(
      fc.property(inits, (init) => {
        const bytes = encodeInit(init);
        expect(messageNumber(bytes)).toBe(16);
        expect(decodeInit(bytes)).toEqual({ ok: true, value: init });
        expect(decodeMessage(bytes)).toMatchObject({ ok: true, value: { type: 'init' } });
      }),
    );
  });

  it('init, ping, pong and warning: the bytes of BOLT 1', () => {
    const chain = new Uint8Array(32).fill(0xab);
    const init = encodeInit({ features: Uint8Array.of(2), networks: [chain], ordinal: 5n });
    expect(toHex(init)).toBe(
      `00100000000102 0120${'ab'.repeat(32)} fe0005f371 08 0000000000000005`.replaceAll(' ', ''),
    );
    expect(toHex(encodePing(3))).toBe('001200030000');
    expect(toHex(encodePong(3))).toBe('00130003000000');
    expect(toHex(encodeWarning(utf8('no')))).toBe(`0001${'00'.repeat(32)}00026e6f`);
  });

  it.each([2n ** 53n + 1n, 2n ** 64n - 1n])(
    'an ordinal of %s, after which ours could not be written: refused',
    (ordinal) => {
      const init = encodeInit({ features: new Uint8Array(0), ordinal });
      expect(decodeInit(init)).toMatchObject({ ok: false, error: { reason: `ordinal ${ordinal}` } });
    },
  );

  it('features of both fields: each bit of either counts, from the end', () => {
    const bytes = concat(fromHex('0010'), fromHex('0001'), fromHex('80'), fromHex('0002'), fromHex('0102'));
    expect(decodeInit(bytes)).toMatchObject({ ok: true, value: { features: fromHex('0182') } });
  });

  it.each([
    ['', undefined],
    ['00', undefined],
    ['aa', undefined],
    ['01', 0],
    ['80aa40', 6],
    ['010000', 16],
  ])('features %s: the lowest even bit is %s', (features, bit) => {
    expect(requiredFeature(fromHex(features))).toBe(bit);
  });

  it('chains: each that is named counts, and none named is any', () => {
    const [a, b] = [new Uint8Array(32).fill(1), new Uint8Array(32).fill(2)];
    const features = new Uint8Array(0);
    expect(follows({ features, networks: [b, a] }, a)).toBe(true);
    expect(follows({ features, networks: [b] }, a)).toBe(false);
    expect(follows({ features, networks: [] }, a)).toBe(false);
    expect(follows({ features }, a)).toBe(true);
  });

  it('a complaint: the connection’s only with an id of zeros, and as it should be', () => {
    const about = (id: number) => concat(uintBE(17, 2), new Uint8Array(32).fill(id), fromHex('00026e6f'));
    expect(complaintText(about(0))).toBe('no');
    expect(complaintText(about(1))).toBeUndefined();
    expect(complaintText(about(0).subarray(0, 36))).toBeUndefined();
  });
});
