import { Transaction } from 'bitcoinjs-lib';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { MAX_MONEY, type Sat, sat } from '../../src/base/amount.ts';
import { concat, fromHex, toHex } from '../../src/base/bytes.ts';
import {
  compareOutputs,
  decodeTx,
  encodeTx,
  SIGHASH_ALL,
  SIGHASH_SINGLE_ANYONECANPAY,
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

  it('the hash that a segwit v0 signature signs is the same for every input and either type', () => {
    fc.assert(
      fc.property(
        transaction,
        fc.uint8Array({ minLength: 1, maxLength: 300 }),
        amount,
        fc.constantFrom(SIGHASH_ALL, SIGHASH_SINGLE_ANYONECANPAY),
        (tx, script, value, type) => {
          tx.inputs.forEach((_, index) => {
            const reference = theirs(tx).hashForWitnessV0(index, script, value, type);
            expect(toHex(sighashV0(tx, index, script, value, type))).toBe(toHex(reference));
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

describe('the vectors of BIP143 for SINGLE|ANYONECANPAY', () => {
  const hashOf = (raw: string, index: number, script: string, value: bigint) => {
    const tx = decodeTx(fromHex(raw));
    if (!tx.ok) throw new Error(tx.error.reason);
    return toHex(sighashV0(tx.value, index, fromHex(script), sat(value), SIGHASH_SINGLE_ANYONECANPAY));
  };

  it('native P2WSH: both inputs', () => {
    const raw =
      '0100000002e9b542c5176808107ff1df906f46bb1f2583b16112b95ee5380665ba7fcfc0010000000000ffffffff80e68831516392fcd100d186b3c2c7b95c80b53c77e77c35ba03a66b429a2a1b0000000000ffffffff0280969800000000001976a914de4b231626ef508c9a74a8517e6783c0546d6b2888ac80969800000000001976a9146648a8cd4531e1ec47f35916de8e259237294d1e88ac00000000';
    const script = '68210392972e2eb617b2388771abe27235fd5ac44af8e61693261550447a4c3e39da98ac';
    expect(hashOf(raw, 0, `0063ab${script}`, 16_777_215n)).toBe(
      'e9071e75e25b8a1e298a72f0d2e9f4f95a0f5cdf86a533cda597eb402ed13b3a',
    );
    expect(hashOf(raw, 1, script, 16_777_215n)).toBe(
      'cd72f1f1a433ee9df816857fad88d8ebd97e09a75cd481583eb841c330275e54',
    );
  });

  it('six of six in P2WSH', () => {
    const raw =
      '010000000136641869ca081e70f394c6948e8af409e18b619df2ed74aa106c1ca29787b96e0100000000ffffffff0200e9a435000000001976a914389ffce9cd9ae88dcc0631e88a821ffdbe9bfe2688acc0832f05000000001976a9147480a33f950689af511e6e84c138dbbd3c3ee41588ac00000000';
    const script =
      '56210307b8ae49ac90a048e9b53357a2354b3334e9c8bee813ecb98e99a7e07e8c3ba32103b28f0c28bfab54554ae8c658ac5c3e0ce6e79ad336331f78c428dd43eea8449b21034b8113d703413d57761b8b9781957b8c0ac1dfe69f492580ca4195f50376ba4a21033400f6afecb833092a9a21cfdf1ed1376e58c5d1f47de74683123987e967a8f42103a6d48b1131e94ba04d9737d61acdaa1322008af9602b3b14862c07a1789aac162102d8b661b0b3302ee2f162b09e07a55ad5dfbe673a9f01d9f0c19617681024306b56ae';
    expect(hashOf(raw, 0, script, 987_654_321n)).toBe(
      '511e8e52ed574121fc1b654970395502128263f62662e076dc6baf05c2e6a99b',
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
