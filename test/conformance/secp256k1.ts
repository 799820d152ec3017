import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { concat, fromHex, readUintBE, toHex, uintBE } from '../../src/base/bytes.ts';
import { sha256, taggedHash } from '../../src/crypto/hash.ts';
import { CURVE_ORDER, type Secp256k1, xOnly } from '../../src/crypto/secp256k1.ts';
import { flipBit } from '../support/flipBit.ts';

const secrets = fc.bigInt({ min: 1n, max: CURVE_ORDER - 1n }).map((value) => uintBE(value, 32));
const hashes = fc.uint8Array({ minLength: 32, maxLength: 32 });

const FIELD_SIZE = 2n ** 256n - 2n ** 32n - 977n;
const GENERATOR = '0279be667ef9dcbbac55a06295ce870b07029bfcdb2dce28d959f2815b16f81798';
const secret = (value: bigint) => uintBE(value, 32);

/** What every backend of the curve port has to do; `reference` is another one that must give the same bytes. */
export function secp256k1Conformance(secp: Secp256k1, reference: Secp256k1): void {
  describe(`secp256k1 port on ${secp.name}`, () => {
    it('secret 1: the generator', () => {
      expect(toHex(secp.publicKey(secret(1n)))).toBe(GENERATOR);
    });

    it.each([
      ['zero', new Uint8Array(32), false],
      ['the order', secret(CURVE_ORDER), false],
      ['all ones', new Uint8Array(32).fill(0xff), false],
      ['31 bytes', new Uint8Array(31).fill(1), false],
      ['33 bytes', new Uint8Array(33).fill(1), false],
      ['nothing', new Uint8Array(0), false],
      ['one', secret(1n), true],
      ['the order less one', secret(CURVE_ORDER - 1n), true],
    ])('secret key that is %s: told apart', (_name, bytes, expected) => {
      expect(secp.isSecretKey(bytes)).toBe(expected);
    });

    it.each([
      ['nothing', '', false],
      ['x-only', GENERATOR.slice(2), false],
      ['a prefix of 04 on 33 bytes', `04${GENERATOR.slice(2)}`, false],
      ['an x that is on no point', `02${'00'.repeat(31)}05`, false],
      ['an x above the field size', `02${'ff'.repeat(32)}`, false],
      [
        'uncompressed',
        `04${GENERATOR.slice(2)}483ada7726a3c4655da4fbfc0e1108a8fd17b448a68554199c47d08ffb10d4b8`,
        false,
      ],
      ['the generator', GENERATOR, true],
      ['the generator negated', `03${GENERATOR.slice(2)}`, true],
    ])('public key that is %s: told apart', (_name, text, expected) => {
      expect(secp.isPublicKey(fromHex(text))).toBe(expected);
    });

    it('any secret, hash and point: the same bytes as the other backend', () => {
      fc.assert(
        fc.property(secrets, secrets, hashes, (a, b, hash) => {
          const [A, B] = [secp.publicKey(a), secp.publicKey(b)];
          expect(A).toEqual(reference.publicKey(a));
          expect(secp.sign(hash, a)).toEqual(reference.sign(hash, a));
          expect(secp.signSchnorr(hash, a)).toEqual(reference.signSchnorr(hash, a));
          expect(secp.secretMultiply(a, b)).toEqual(reference.secretMultiply(a, b));
          expect(secp.ecdh(B, a)).toEqual(reference.ecdh(B, a));
          expect(secp.ecdh(B, a)).toEqual(secp.ecdh(A, b));
          if ((readUintBE(a) + readUintBE(b)) % CURVE_ORDER === 0n) return;
          expect(secp.pointAdd(A, B)).toEqual(reference.pointAdd(A, B));
          expect(secp.combination(A, a, B, b)).toEqual(reference.combination(A, a, B, b));
          expect(secp.secretAdd(a, b)).toEqual(reference.secretAdd(a, b));
        }),
      );
    });

    it('any two secrets: arithmetic on secrets is arithmetic on points', () => {
      fc.assert(
        fc.property(secrets, secrets, secrets, secrets, (a, b, x, y) => {
          const [A, B] = [secp.publicKey(a), secp.publicKey(b)];
          const [xa, yb] = [secp.secretMultiply(a, x), secp.secretMultiply(b, y)];
          if ((readUintBE(xa) + readUintBE(yb)) % CURVE_ORDER === 0n) return;
          expect(secp.combination(A, x, B, y)).toEqual(secp.publicKey(secp.secretAdd(xa, yb)));
          if ((readUintBE(a) + readUintBE(b)) % CURVE_ORDER === 0n) return;
          expect(secp.publicKey(secp.secretAdd(a, b))).toEqual(secp.pointAdd(A, B));
        }),
      );
    });

    it('the same point twice: doubled', () => {
      const two = secp.publicKey(secret(2n));
      expect(secp.pointAdd(fromHex(GENERATOR), fromHex(GENERATOR))).toEqual(two);
      const one = secret(1n);
      expect(secp.combination(fromHex(GENERATOR), one, fromHex(GENERATOR), one)).toEqual(two);
    });

    it('a sum without a result: throws', () => {
      const a = secret(5n);
      const minusA = secret(CURVE_ORDER - 5n);
      expect(() => secp.secretAdd(a, minusA)).toThrow();
      expect(() => secp.pointAdd(secp.publicKey(a), secp.publicKey(minusA))).toThrow();
      const point = fromHex(GENERATOR);
      expect(() => secp.combination(point, a, point, minusA)).toThrow();
    });

    it('a scalar of zero or of the order: throws', () => {
      const point = fromHex(GENERATOR);
      for (const none of [secret(0n), secret(CURVE_ORDER)]) {
        expect(() => secp.combination(point, none, point, secret(1n))).toThrow();
        expect(() => secp.combination(point, secret(1n), point, none)).toThrow();
      }
      expect(() => secp.publicKey(secret(0n))).toThrow();
    });

    it('arithmetic on secrets: leaves its arguments alone', () => {
      const [a, b] = [secret(7n), secret(11n)];
      expect(secp.secretAdd(a, b)).toEqual(secret(18n));
      expect(secp.secretMultiply(a, b)).toEqual(secret(77n));
      expect([a, b]).toEqual([secret(7n), secret(11n)]);
    });

    it('results: plain Uint8Arrays of the stated lengths', () => {
      const [a, hash] = [secret(7n), sha256(secret(1n))];
      const results: [Uint8Array, number][] = [
        [secp.publicKey(a), 33],
        [secp.sign(hash, a), 64],
        [secp.signSchnorr(hash, a), 64],
        [secp.combination(fromHex(GENERATOR), a, fromHex(GENERATOR), a), 33],
        [secp.secretMultiply(a, a), 32],
        [secp.secretAdd(a, a), 32],
      ];
      for (const [bytes, length] of results) {
        expect(Object.getPrototypeOf(bytes)).toBe(Uint8Array.prototype);
        expect(bytes).toHaveLength(length);
      }
    });

    it('ECDSA signature: low S, verifies on every backend, on nothing else', () => {
      fc.assert(
        fc.property(secrets, hashes, fc.nat(511), (a, hash, bit) => {
          const key = secp.publicKey(a);
          const signature = secp.sign(hash, a);
          expect(readUintBE(signature.slice(32)) <= CURVE_ORDER / 2n).toBe(true);
          expect(secp.verify(hash, key, signature)).toBe(true);
          expect(reference.verify(hash, key, signature)).toBe(true);
          expect(secp.verify(sha256(hash), key, signature)).toBe(false);
          expect(secp.verify(hash, secp.publicKey(sha256(a)), signature)).toBe(false);
          expect(secp.verify(hash, key, flipBit(signature, bit))).toBe(false);
        }),
      );
    });

    it('ECDSA signature with a high S: false', () => {
      const [a, hash] = [secret(7n), sha256(secret(1n))];
      const signature = secp.sign(hash, a);
      const s = readUintBE(signature.slice(32));
      const high = new Uint8Array([...signature.slice(0, 32), ...secret(CURVE_ORDER - s)]);
      expect(secp.verify(hash, secp.publicKey(a), high)).toBe(false);
    });

    it.each([
      ['all zero', new Uint8Array(64)],
      ['all ones', new Uint8Array(64).fill(0xff)],
      ['r of the order', new Uint8Array([...secret(CURVE_ORDER), ...secret(1n)])],
      ['s of zero', new Uint8Array([...secret(1n), ...secret(0n)])],
    ])('ECDSA and Schnorr signature %s: false, not a throw', (_name, signature) => {
      const key = secp.publicKey(secret(7n));
      expect(secp.verify(sha256(signature), key, signature)).toBe(false);
      expect(secp.verifySchnorr(sha256(signature), xOnly(key), signature)).toBe(false);
    });

    it('Schnorr signature: verifies, on nothing else', () => {
      fc.assert(
        fc.property(secrets, hashes, fc.nat(511), (a, hash, bit) => {
          const key = xOnly(secp.publicKey(a));
          const signature = secp.signSchnorr(hash, a);
          expect(secp.verifySchnorr(hash, key, signature)).toBe(true);
          expect(reference.verifySchnorr(hash, key, signature)).toBe(true);
          expect(secp.verifySchnorr(sha256(hash), key, signature)).toBe(false);
          expect(secp.verifySchnorr(hash, xOnly(secp.publicKey(sha256(a))), signature)).toBe(false);
          expect(secp.verifySchnorr(hash, key, flipBit(signature, bit))).toBe(false);
        }),
      );
    });

    it('Schnorr signature, key or hash with any part replaced: the same verdict as the other backend', () => {
      const edges = [0n, 1n, CURVE_ORDER - 1n, CURVE_ORDER, FIELD_SIZE - 1n, FIELD_SIZE].map(secret);
      const parts = fc.oneof(fc.constant(undefined), fc.constantFrom(...edges), hashes);
      fc.assert(
        fc.property(secrets, hashes, fc.tuple(parts, parts, parts, parts), (a, hash, [r, s, key, other]) => {
          const signature = secp.signSchnorr(hash, a);
          const judged = [
            other ?? hash,
            key ?? xOnly(secp.publicKey(a)),
            concat(r ?? signature.slice(0, 32), s ?? signature.slice(32)),
          ] as const;
          expect(secp.verifySchnorr(...judged)).toBe(reference.verifySchnorr(...judged));
        }),
      );
    });

    it('Schnorr signature by a nonce whose point has an odd y: false', () => {
      fc.assert(
        fc.property(secrets, secrets, hashes, (a, k, hash) => {
          const [P, R] = [secp.publicKey(a), secp.publicKey(k)];
          const d = P[0] === 2 ? a : secret(CURVE_ORDER - readUintBE(a));
          const e = taggedHash('BIP0340/challenge', concat(xOnly(R), xOnly(P), hash));
          const s = secp.secretAdd(k, secp.secretMultiply(e, d));
          expect(secp.verifySchnorr(hash, xOnly(P), concat(xOnly(R), s))).toBe(R[0] === 2);
        }),
      );
    });

    it('Schnorr key that is no point, or a signature too short: false, not a throw', () => {
      const hash = sha256(secret(1n));
      const signature = secp.signSchnorr(hash, secret(7n));
      const key = xOnly(secp.publicKey(secret(7n)));
      expect(secp.verifySchnorr(hash, new Uint8Array(32).fill(0xff), signature)).toBe(false);
      expect(secp.verifySchnorr(hash, new Uint8Array(0), signature)).toBe(false);
      expect(secp.verifySchnorr(hash, key, signature.slice(0, 63))).toBe(false);
    });
  });
}
