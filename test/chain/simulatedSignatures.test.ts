import { script as bitcoinScript, Transaction } from 'bitcoinjs-lib';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { MAX_MONEY, sat } from '../../src/base/amount.ts';
import { concat, fromHex, toHex, uintBE } from '../../src/base/bytes.ts';
import { compactFromDer, hasLowS } from '../../src/chain/simulated/derSignature.ts';
import { sighashTaproot } from '../../src/chain/simulated/taproot.ts';
import { CURVE_ORDER } from '../../src/crypto/secp256k1.ts';
import type { Tx, TxOutput } from '../../src/tx/transaction.ts';

const scalar = fc
  .oneof(fc.bigInt(1n, CURVE_ORDER - 1n), fc.bigInt(1n, 1000n), fc.constantFrom(0x80n, CURVE_ORDER / 2n))
  .map((value) => uintBE(value, 32));

describe('DER signatures', () => {
  it('of bitcoinjs-lib: read back', () => {
    fc.assert(
      fc.property(scalar, scalar, (r, s) => {
        const compact = concat(r, s);
        const der = Uint8Array.from(bitcoinScript.signature.encode(compact, 1)).slice(0, -1);
        expect(toHex(compactFromDer(der) ?? new Uint8Array(0))).toBe(toHex(compact));
      }),
    );
  });

  it('changed in one byte: read as another signature that encodes to it, or refused', () => {
    fc.assert(
      fc.property(scalar, scalar, fc.nat(), fc.integer({ min: 0, max: 255 }), (r, s, place, byte) => {
        const der = Uint8Array.from(bitcoinScript.signature.encode(concat(r, s), 1)).slice(0, -1);
        der[place % der.length] = byte;
        const compact = compactFromDer(der);
        // A number too large for 32 bytes is read as zero: well-formed, but no signature
        const zero = [0, 32].some((start) => compact?.slice(start, start + 32).every((each) => each === 0));
        if (compact === undefined || zero) return;
        expect(toHex(bitcoinScript.signature.encode(compact, 1).slice(0, -1))).toBe(toHex(der));
      }),
    );
  });

  it.each([
    ['an r with a needless zero', '30070202000102' + '0101'],
    ['a negative s', '3006020101020181'],
    ['an empty r', '300502000201' + '01'],
    ['a length that is too long', '3007020101020101'],
    ['a byte after the end', '300602010102010100'],
    ['no signature', ''],
  ])('%s: refused', (_, der) => {
    expect(compactFromDer(fromHex(der))).toBeUndefined();
  });

  it('s is low up to half of the order', () => {
    const withS = (s: bigint) => concat(uintBE(1, 32), uintBE(s, 32));
    expect(hasLowS(withS(CURVE_ORDER / 2n))).toBe(true);
    expect(hasLowS(withS(CURVE_ORDER / 2n + 1n))).toBe(false);
  });
});

describe('BIP341', () => {
  const u32 = fc.integer({ min: 0, max: 0xffffffff });
  const output: fc.Arbitrary<TxOutput> = fc.record({
    value: fc.bigInt(0n, MAX_MONEY).map(sat),
    script: fc.oneof(
      fc.uint8Array({ minLength: 1, maxLength: 40 }),
      fc.uint8Array({ minLength: 250, maxLength: 260 }),
    ),
  });
  const input = fc.record({
    txid: fc.uint8Array({ minLength: 32, maxLength: 32 }).map(toHex),
    vout: u32,
    sequence: u32,
    scriptSig: fc.constant(new Uint8Array(0)),
    witness: fc.constant([]),
  });
  const transaction: fc.Arbitrary<Tx> = fc.record({
    version: u32,
    inputs: fc.array(input, { minLength: 1, maxLength: 3 }),
    outputs: fc.array(output, { minLength: 1, maxLength: 3 }),
    locktime: u32,
  });

  it('the hash of a key-path signature is that of bitcoinjs-lib', () => {
    fc.assert(
      fc.property(
        transaction,
        fc.array(output, { minLength: 3, maxLength: 3 }),
        fc.constantFrom(0 as const, 1 as const),
        (tx, outputs, hashType) => {
          const spent = outputs.slice(0, tx.inputs.length);
          const theirs = new Transaction();
          theirs.version = tx.version;
          theirs.locktime = tx.locktime;
          for (const each of tx.inputs)
            theirs.addInput(fromHex(each.txid).reverse(), each.vout, each.sequence);
          for (const each of tx.outputs) theirs.addOutput(each.script, each.value);
          const [scripts, values] = [spent.map((each) => each.script), spent.map((each) => each.value)];
          tx.inputs.forEach((_, index) => {
            const reference = theirs.hashForWitnessV1(index, scripts, values, hashType);
            expect(toHex(sighashTaproot(tx, index, spent, hashType))).toBe(toHex(reference));
          });
        },
      ),
    );
  });
});
