import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { MAX_MONEY } from '../../src/base/amount.ts';
import { bitcoinAmount, count, fields, hash, hexBytes, list } from '../../src/chain/bitcoind/answer.ts';
import { fromPackage, fromReason, fromTestAccept } from '../../src/chain/bitcoind/mempoolAnswer.ts';
import { ChainError } from '../../src/chain/port.ts';

const answer = (value: unknown) => ({ value, where: 'test' });

function inBitcoin(satoshi: bigint): string {
  const digits = satoshi.toString().padStart(9, '0');
  return `${digits.slice(0, -8)}.${digits.slice(-8)}`;
}

describe('an amount in bitcoin', () => {
  test('any that can exist, read from its JSON text: exact', () => {
    fc.assert(
      fc.property(fc.bigInt({ min: 0n, max: MAX_MONEY }), (satoshi) => {
        expect(bitcoinAmount(answer(JSON.parse(inBitcoin(satoshi))))).toBe(satoshi);
      }),
      { numRuns: 20_000 },
    );
  });

  test('near the largest that can exist: exact', () => {
    for (let below = 0n; below < 2_000n; below++) {
      const satoshi = MAX_MONEY - below;
      expect(bitcoinAmount(answer(JSON.parse(inBitcoin(satoshi))))).toBe(satoshi);
    }
  });

  test.each([
    ['negative', -0.00000001],
    ['above all that can exist', 21_000_000.00000001],
    ['nine decimals', 0.000000001],
    ['half a satoshi more', 1.000000005],
    ['a text', '0.1'],
    ['infinite', Number.POSITIVE_INFINITY],
    ['not a number', Number.NaN],
    ['missing', undefined],
  ])('%s: badAnswer', (_name, value) => {
    expect(() => bitcoinAmount(answer(value))).toThrow(ChainError);
  });
});

describe('a field of the wrong form', () => {
  test.each<[string, () => unknown]>([
    ['a list for an object', () => fields(answer([]))],
    ['null for an object', () => fields(answer(null))],
    ['an object for a list', () => list(answer({}))],
    ['a negative count', () => count(answer(-1))],
    ['a broken count', () => count(answer(1.5))],
    ['a short hash', () => hash(answer('00ff'))],
    ['a number for a hash', () => hash(answer(5))],
    ['odd hexadecimal', () => hexBytes(answer('abc'))],
    ['an inherited name', () => count(fields(answer({}))('constructor'))],
  ])('%s: badAnswer', (_name, read) => {
    expect(read).toThrow(expect.objectContaining({ code: 'badAnswer' }));
  });
});

describe('what the mempool says', () => {
  test('a reason with details: the reason alone', () => {
    expect(fromReason('min relay fee not met, 100 < 110')).toEqual({
      accepted: false,
      reason: 'min relay fee not met',
    });
  });

  test.each(['txn-already-in-mempool', 'txn-already-known', 'txn-same-nonwitness-data-in-mempool'])(
    '%s: accepted',
    (reason) => expect(fromReason(reason)).toEqual({ accepted: true }),
  );

  test('allowed by testmempoolaccept: accepted; not allowed without a reason: badAnswer', () => {
    expect(fromTestAccept(answer([{ allowed: true }]))).toEqual({ accepted: true });
    expect(() => fromTestAccept(answer([{ allowed: false }]))).toThrow(ChainError);
    expect(() => fromTestAccept(answer([]))).toThrow(ChainError);
  });

  const [parent, child] = ['aa'.repeat(32), 'bb'.repeat(32)];
  const packageAnswer = (message: string, parentError?: string, childError?: string) =>
    answer({
      package_msg: message,
      'tx-results': {
        w1: { txid: parent, ...(parentError === undefined ? {} : { error: parentError }) },
        w2: { txid: child, ...(childError === undefined ? {} : { error: childError }) },
      },
    });

  test('a package: each member has its own result', () => {
    expect(fromPackage(packageAnswer('success'), parent, child)).toEqual({
      parent: { accepted: true },
      child: { accepted: true },
    });
    expect(fromPackage(packageAnswer('transaction failed', undefined, 'dust'), parent, child)).toEqual({
      parent: { accepted: true },
      child: { accepted: false, reason: 'dust' },
    });
    expect(
      fromPackage(packageAnswer('transaction failed', 'txn-already-known', 'dust, tx 00'), parent, child),
    ).toEqual({ parent: { accepted: true }, child: { accepted: false, reason: 'dust' } });
  });

  test('a package that was not looked at: the reason of the package', () => {
    expect(
      fromPackage(
        packageAnswer('package-too-large', 'package-not-validated', 'package-not-validated'),
        parent,
        child,
      ),
    ).toEqual({
      parent: { accepted: false, reason: 'package-too-large' },
      child: { accepted: false, reason: 'package-too-large' },
    });
  });
});
