import { Transaction } from 'bitcoinjs-lib';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { MAX_MONEY, type Sat, sat } from '../../src/base/amount.ts';
import { concat, fromHex, toHex } from '../../src/base/bytes.ts';
import {
  compareOutputs,
  decodeTx,
  encodeTx,
  sighashV0,
  type Tx,
  type TxInput,
  type TxOutput,
  txid,
  unsignedInput,
  vsize,
  weight,
  withWitness,
} from '../../src/tx/transaction.ts';

const u32 = fc.oneof(
  fc.constantFrom(0, 1, 2, 3, 0x7fffffff, 0x80000000, 0xfffffffd, 0xffffffff),
  fc.integer({ min: 0, max: 0xffffffff }),
);
/** Mostly short, sometimes around the lengths at which the count of a chunk grows. */
const chunk = fc.oneof(
  { weight: 8, arbitrary: fc.uint8Array({ maxLength: 40 }) },
  { weight: 1, arbitrary: fc.constantFrom(0xfc, 0xfd, 0xfe, 0x100, 0xffff, 0x10000).map(filled) },
);
const txidArbitrary = fc.uint8Array({ minLength: 32, maxLength: 32 }).map(toHex);
const amount: fc.Arbitrary<Sat> = fc
  .oneof(fc.constantFrom(0n, 1n, 0xffffffffn, 0x100000000n, MAX_MONEY), fc.bigInt(0n, MAX_MONEY))
  .map(sat);
const output: fc.Arbitrary<TxOutput> = fc.record({ value: amount, script: chunk });
const input: fc.Arbitrary<TxInput> = fc.record({
  txid: txidArbitrary,
  vout: u32,
  sequence: u32,
  scriptSig: chunk,
  witness: fc.oneof(fc.constant([]), fc.array(chunk, { maxLength: 4 })),
});
const transaction: fc.Arbitrary<Tx> = fc.record({
  version: u32,
  inputs: fc.array(input, { minLength: 1, maxLength: 4 }),
  outputs: fc.array(output, { minLength: 1, maxLength: 4 }),
  locktime: u32,
});

function filled(length: number): Uint8Array {
  return new Uint8Array(length).fill(length & 0xff);
}

/** The same transaction, built with bitcoinjs-lib. */
function theirs(tx: Tx): Transaction {
  const built = new Transaction();
  built.version = tx.version;
  built.locktime = tx.locktime;
  tx.inputs.forEach((each, index) => {
    built.addInput(fromHex(each.txid).reverse(), each.vout, each.sequence, each.scriptSig);
    built.setWitness(index, [...each.witness]);
  });
  for (const each of tx.outputs) built.addOutput(each.script, each.value);
  return built;
}

describe('against bitcoinjs-lib', () => {
  it('the serialization, the id and the weight are the same', () => {
    fc.assert(
      fc.property(transaction, (tx) => {
        const reference = theirs(tx);
        expect(toHex(encodeTx(tx))).toBe(reference.toHex());
        expect(txid(tx)).toBe(reference.getId());
        expect(weight(tx)).toBe(reference.weight());
        expect(vsize(tx)).toBe(reference.virtualSize());
      }),
    );
  });

  it('what bitcoinjs-lib wrote is read as it was meant', () => {
    fc.assert(
      fc.property(transaction, (tx) => {
        expect(decodeTx(Uint8Array.from(theirs(tx).toBuffer()))).toEqual({ ok: true, value: tx });
      }),
    );
  });

  it('the hash that a segwit v0 signature signs is the same for every input', () => {
    fc.assert(
      fc.property(
        transaction,
        fc.uint8Array({ minLength: 1, maxLength: 300 }),
        amount,
        (tx, script, value) => {
          tx.inputs.forEach((_, index) => {
            const reference = theirs(tx).hashForWitnessV0(index, script, value, Transaction.SIGHASH_ALL);
            expect(toHex(sighashV0(tx, index, script, value))).toBe(toHex(reference));
          });
        },
      ),
    );
  });

  it('an altered or truncated serialization is read by both alike or refused, never thrown at', () => {
    const edit = fc.record({
      at: fc.nat(),
      byte: fc.integer({ min: 0, max: 255 }),
      drop: fc.nat({ max: 3 }),
    });
    fc.assert(
      fc.property(transaction, edit, (tx, { at, byte, drop }) => {
        const bytes = encodeTx(tx);
        bytes[at % bytes.length] = byte;
        const altered = bytes.slice(0, bytes.length - drop);
        const decoded = decodeTx(altered);
        if (!decoded.ok) return;
        expect(toHex(encodeTx(decoded.value))).toBe(toHex(altered));
        expect(Transaction.fromBuffer(altered).getId()).toBe(txid(decoded.value));
      }),
      { numRuns: 500 },
    );
  });
});

describe('decodeTx', () => {
  const plain: Tx = {
    version: 2,
    inputs: [unsignedInput({ txid: '11'.repeat(32), vout: 0 })],
    outputs: [{ value: sat(1), script: Uint8Array.of(0x51) }],
    locktime: 0,
  };
  const signed = withWitness(plain, 0, [Uint8Array.of(1)]);

  it('random bytes: refused with a reason, never an exception', () => {
    const start = fc.constantFrom('', '02000000', '020000000001', '02000000000101', '0200000001');
    fc.assert(
      fc.property(start, fc.uint8Array({ maxLength: 300 }), (prefix, rest) => {
        const bytes = concat(fromHex(prefix), rest);
        const decoded = decodeTx(bytes);
        if (decoded.ok) expect(toHex(encodeTx(decoded.value))).toBe(toHex(bytes));
        else expect(decoded.error.code).toBe('malformedTx');
      }),
      { numRuns: 2000 },
    );
  });

  it('bytes in a Buffer that is used again: the value does not change with it', () => {
    const bytes = Buffer.from(encodeTx(signed));
    const decoded = decodeTx(bytes);
    bytes.fill(0);
    expect(decoded).toEqual({ ok: true, value: signed });
  });

  it.each([
    ['bytes after the end', concat(encodeTx(plain), Uint8Array.of(0)), /left over/],
    ['no inputs', fromHex('02000000000000000000'), /no inputs/],
    ['a witness flag without a witness', withFlagAndEmptyWitness(plain), /superfluous/],
    [
      'an amount above 21 million',
      fromHex(toHex(encodeTx(plain)).replace('0100000000000000', 'ff'.repeat(8))),
      /sat/,
    ],
    ['a count in a longer form than needed', overlongInputCount(plain), /shortest/],
    ['a count of inputs that cannot follow', fromHex('02000000feffffff7f'), /count/],
  ])('%s: refused', (_, bytes, reason) => {
    const decoded = decodeTx(bytes);
    expect(decoded).toMatchObject({ ok: false, error: { code: 'malformedTx' } });
    expect(decoded.ok ? '' : decoded.error.reason).toMatch(reason);
  });
});

describe('compareOutputs', () => {
  it('sorts by value, then script, shorter first on a tie', () => {
    const ordered: TxOutput[] = [
      { value: sat(1), script: Uint8Array.of(9, 9) },
      { value: sat(2), script: Uint8Array.of(1) },
      { value: sat(2), script: Uint8Array.of(1, 0) },
      { value: sat(2), script: Uint8Array.of(2) },
    ];
    fc.assert(
      fc.property(fc.shuffledSubarray(ordered, { minLength: ordered.length }), (shuffled) => {
        expect([...shuffled].sort(compareOutputs)).toEqual(ordered);
      }),
    );
  });
});

function withFlagAndEmptyWitness(tx: Tx): Uint8Array {
  const bytes = encodeTx(tx);
  const body = bytes.slice(4, bytes.length - 4);
  return concat(bytes.slice(0, 4), Uint8Array.of(0, 1), body, Uint8Array.of(0), bytes.slice(-4));
}

function overlongInputCount(tx: Tx): Uint8Array {
  const bytes = encodeTx(tx);
  return concat(bytes.slice(0, 4), Uint8Array.of(0xfd, 1, 0), bytes.slice(5));
}
