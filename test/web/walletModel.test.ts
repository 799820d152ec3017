import * as fc from 'fast-check';
import { decodeQR } from 'qr/decode.js';
import { describe, expect, it } from 'vitest';
import { fromHex, toHex } from '../../src/base/bytes.ts';
import { addressOfScript } from '../../src/wallet/address.ts';
import { feeRateText } from '../../web/src/text/amounts.ts';
import { checkAddress } from '../../web/src/views/wallet/model/addressCheck.ts';
import { balanceShown } from '../../web/src/views/wallet/model/balanceParts.ts';
import { btcText, formatBip21, readRecipient } from '../../web/src/views/wallet/model/bip21.ts';
import { feeWarning, parseFeeRate } from '../../web/src/views/wallet/model/fees.ts';
import { movementOf } from '../../web/src/views/wallet/model/history.ts';
import { base64OfHex, readPasted } from '../../web/src/views/wallet/model/psbtText.ts';
import { psbtReserves, purposeOf } from '../../web/src/views/wallet/model/purposes.ts';
import { qrPath } from '../../web/src/views/wallet/model/qrPath.ts';
import { askedPositions, wrongAnswers } from '../../web/src/views/wallet/model/seedTest.ts';

const MOST_SAT = 2_100_000_000_000_000n;
const text = fc.string({ unit: 'grapheme', maxLength: 40 }).filter((each) => each !== '');
const request = fc.record(
  {
    address: fc.stringMatching(/^bcrt1[a-z0-9]{20,60}$/),
    amountSat: fc.bigInt({ min: 0n, max: MOST_SAT }),
    label: text,
    message: text,
  },
  { requiredKeys: ['address'] },
);

describe('a payment request (BIP21)', () => {
  it('written and read again is what it was', () => {
    fc.assert(
      fc.property(request, (asked) => {
        expect(readRecipient(formatBip21(asked))).toEqual({ ok: true, request: asked });
      }),
    );
  });

  it.each([
    ['bcrt1qxyz', { address: 'bcrt1qxyz' }],
    [' BITCOIN:bcrt1qxyz ', { address: 'bcrt1qxyz' }],
    ['bitcoin://bcrt1qxyz?AMOUNT=1', { address: 'bcrt1qxyz', amountSat: 100_000_000n }],
    ['bitcoin:bcrt1qxyz?amount=0.00000001&', { address: 'bcrt1qxyz', amountSat: 1n }],
    ['bitcoin:bcrt1qxyz?amount=1.100000000000', { address: 'bcrt1qxyz', amountSat: 110_000_000n }],
    ['bitcoin:bcrt1qxyz?pj=https%3A%2F%2Fx&label=a%20b=c', { address: 'bcrt1qxyz', label: 'a b=c' }],
  ])('%s: read in full', (uri, found) => {
    expect(readRecipient(uri)).toEqual({ ok: true, request: found });
  });

  it.each([
    ['', 'empty'],
    ['lnbc1pabc', 'lightning'],
    ['LIGHTNING:lnbc1pabc', 'lightning'],
    ['https://example.org', 'otherScheme'],
    ['bitcoin:?amount=1', 'noAddress'],
    ['bitcoin:bcrt1qxyz?amount=0.000000001', 'amountTooFine'],
    ['bitcoin:bcrt1qxyz?amount=1,5', 'badAmount'],
    ['bitcoin:bcrt1qxyz?amount=-1', 'badAmount'],
    ['bitcoin:bcrt1qxyz?amount=21000000.00000001', 'badAmount'],
    ['bitcoin:bcrt1qxyz?amount=1&amount=2', 'repeated'],
    ['bitcoin:bcrt1qxyz?req-somethingyoudontunderstand=50', 'unknownRequirement'],
    ['bitcoin:bcrt1qxyz?label=%E0%A4%A', 'badEncoding'],
  ])('%s: refused as %s', (uri, code) => {
    expect(readRecipient(uri)).toMatchObject({ ok: false, problem: { code } });
  });

  it('an amount in bitcoin has its every satoshi, and no more digits than it needs', () => {
    expect([0n, 1n, 10n, 100_000_000n, 123_456_789n].map(btcText)).toEqual([
      '0',
      '0.00000001',
      '0.0000001',
      '1',
      '1.23456789',
    ]);
  });

  it('its QR code says what it says', () => {
    fc.assert(
      fc.property(request, (asked) => {
        const uri = formatBip21(asked);
        expect(decodeQR(drawn(qrPath(uri)))).toBe(uri);
      }),
      { numRuns: 5 },
    );
  });
});

/** The picture that a browser makes of the path, four pixels for each module. */
function drawn({ size, path }: ReturnType<typeof qrPath>) {
  const scale = 4;
  const width = size * scale;
  const data = new Uint8Array(width * width * 4).fill(255);
  for (const [, x, y, length] of path.matchAll(/M(\d+) (\d+)h(\d+)v1h-\d+z/g))
    for (let dy = 0; dy < scale; dy++)
      for (let dx = 0; dx < Number(length) * scale; dx++)
        data.fill(
          0,
          pixel(Number(x) * scale + dx, Number(y) * scale + dy),
          pixel(Number(x) * scale + dx, Number(y) * scale + dy) + 3,
        );
  return { width, height: width, data };

  function pixel(x: number, y: number): number {
    return 4 * (y * width + x);
  }
}

describe('an address', () => {
  const program = fc.uint8Array({ minLength: 32, maxLength: 32 });
  const networks = ['mainnet', 'testnet', 'signet', 'regtest'] as const;

  it('of another network is told by name, and one with a wrong letter is no address', () => {
    fc.assert(
      fc.property(program, fc.constantFrom(...networks), fc.nat(), (bytes, network, at) => {
        const address = addressOfScript(Uint8Array.of(0, 32, ...bytes), network) as string;
        expect(checkAddress(address, network)).toEqual({ ok: true });
        const here = network === 'regtest' ? 'mainnet' : 'regtest';
        const same = network === 'testnet' || network === 'signet' ? ['testnet', 'signet'] : [network];
        expect(checkAddress(address, here)).toEqual({ ok: false, code: 'wrongNetwork', networks: same });
        const spot = address.length - 1 - (at % 30);
        const letter = address[spot] === 'q' ? 'p' : 'q';
        const typo = address.slice(0, spot) + letter + address.slice(spot + 1);
        expect(checkAddress(typo, network)).toMatchObject({ ok: false, code: 'addressChecksum' });
      }),
    );
  });
});

describe('a fee rate', () => {
  it('written in sat/vB and read again is what it was', () => {
    fc.assert(
      fc.property(fc.bigInt({ min: 1n, max: 100_000_000n }), (rate) => {
        expect(parseFeeRate(feeRateText(rate))).toEqual({ rate });
      }),
    );
  });

  it.each([
    ['', 'empty'],
    ['two', 'notANumber'],
    ['-1', 'negative'],
    ['1.0001', 'tooManyDigits'],
    ['0.000', 'zero'],
    ['100000.001', 'tooMuch'],
  ])('%j: refused as %s', (typed, problem) => {
    expect(parseFeeRate(typed)).toEqual({ problem });
  });

  it('a fee out of proportion is warned of, a usual one is not', () => {
    const estimates = { slow: 1000n, normal: 2000n, fast: 3000n };
    const usual = { feeSat: 282n, amountSat: 50_000n, rate: 2000n };
    expect(feeWarning(usual, estimates)).toBeNull();
    expect(feeWarning({ ...usual, amountSat: 1000n }, estimates)).toContain('28 %');
    expect(feeWarning({ ...usual, amountSat: 282n }, estimates)).toContain('as large as');
    expect(feeWarning({ ...usual, rate: 30_001n }, estimates)).toContain('ten times');
  });
});

describe('what is shown of the wallet', () => {
  const sat = fc.bigInt({ min: 0n, max: 10n ** 12n });

  it('the parts of a balance add up to its total, whatever coins there are', () => {
    fc.assert(
      fc.property(sat, sat, sat, sat, sat, sat, (confirmed, change, incoming, immature, reserved, msat) => {
        const setAside = reserved < confirmed ? reserved : confirmed;
        const shown = balanceShown({
          wallet: {
            confirmedSat: `${confirmed + change}`,
            pendingOutSat: `${change}`,
            pendingInSat: `${change + incoming}`,
            immatureSat: `${immature}`,
            reservedSat: `${setAside}`,
            spendableSat: `${confirmed - setAside + change}`,
            watchedSat: '7',
          },
          channels: { ownMsat: `${msat}`, inFlightMsat: '0' },
        });
        expect(shown.totalMsat).toBe((confirmed + change + incoming + immature) * 1000n + msat);
        expect(shown.parts.reduce((sum, part) => sum + part.msat, 0n)).toBe(shown.totalMsat);
        const part = (name: string) => shown.parts.find((each) => each.name === name)?.msat ?? 0n;
        expect(part('arriving')).toBe(incoming * 1000n);
        expect(part('immature')).toBe(immature * 1000n);
        expect(shown.beside).toEqual([{ name: 'watched', msat: 7000n }]);
      }),
    );
  });

  it('a transaction is received, sent or moved; what others got has no fee in it', () => {
    const tx = { txid: '', status: 'pending', height: null, confirmations: 0, label: null } as const;
    expect(movementOf({ ...tx, receivedSat: '5', sentSat: '0', feeSat: null })).toEqual({
      direction: 'received',
      changeSat: 5n,
      paidSat: null,
    });
    expect(movementOf({ ...tx, receivedSat: '40', sentSat: '100', feeSat: '10' })).toEqual({
      direction: 'sent',
      changeSat: -60n,
      paidSat: 50n,
    });
    expect(movementOf({ ...tx, receivedSat: '90', sentSat: '100', feeSat: '10' }).direction).toBe('moved');
    expect(movementOf({ ...tx, receivedSat: '0', sentSat: '100', feeSat: null }).paidSat).toBeNull();
  });

  it('coins that PSBTs set aside are found by purpose, and only those can be freed', () => {
    const coin = (reservedFor: string | null, valueSat: string) => ({ reservedFor, valueSat });
    const coins = [
      coin('psbt: rent', '5'),
      coin('anchor 00000001', '7'),
      coin(null, '1'),
      coin('psbt: rent', '6'),
    ];
    expect(psbtReserves(coins)).toEqual([{ purpose: 'rent', coins: 2, sat: 11n }]);
    expect(purposeOf('channel 00000001').releasable).toBeNull();
  });
});

describe('bytes that are pasted', () => {
  it('hexadecimal and Base64 are read as the same, over any lines', () => {
    fc.assert(
      fc.property(fc.uint8Array({ minLength: 1, maxLength: 200 }), (bytes) => {
        const hex = `70736274ff${toHex(bytes)}`;
        const base64 = base64OfHex(hex);
        expect(base64).toBe(Buffer.from(fromHex(hex)).toString('base64'));
        const expected = { ok: true, kind: 'psbt', hex };
        expect(readPasted(`\n${base64.slice(0, 9)}\r\n${base64.slice(9)} `)).toEqual(expected);
        expect(readPasted(hex.toUpperCase())).toEqual(expected);
      }),
    );
  });

  it('anything else is refused', () => {
    expect(readPasted(' ')).toEqual({ ok: false, code: 'empty' });
    expect(readPasted('cHNidP8!')).toEqual({ ok: false, code: 'notEncoded' });
    expect(readPasted('cHNidP8')).toEqual({ ok: false, code: 'notEncoded' });
  });
});

describe('the test of a seed', () => {
  it('asks for as many different words as there are random numbers, in order', () => {
    fc.assert(
      fc.property(fc.array(fc.nat(), { minLength: 3, maxLength: 3 }), (random) => {
        const asked = askedPositions(24, random);
        expect(new Set(asked).size).toBe(3);
        expect(asked).toEqual(asked.toSorted((a, b) => a - b));
        expect(Math.min(...asked) >= 1 && Math.max(...asked) <= 24).toBe(true);
      }),
    );
  });

  it('a wrong word is told, its spelling does not count', () => {
    expect(wrongAnswers(['zoo', 'art'], [' ZOO ', 'art'])).toEqual([]);
    expect(wrongAnswers(['zoo', 'art'], ['art', ''])).toEqual([0, 1]);
  });
});
