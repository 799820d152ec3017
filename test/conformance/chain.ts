import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { sat } from '../../src/base/amount.ts';
import { concat, readUintBE, uintBE, utf8 } from '../../src/base/bytes.ts';
import { followChain } from '../../src/chain/follow.ts';
import { type BroadcastResult, type Chain, feeFor } from '../../src/chain/port.ts';
import { compactFromDer } from '../../src/chain/simulated/derSignature.ts';
import { sha256 } from '../../src/crypto/hash.ts';
import { CURVE_ORDER } from '../../src/crypto/secp256k1.ts';
import { type OutPoint, type Tx, txid, vsize } from '../../src/tx/transaction.ts';
import {
  ANCHOR,
  at,
  type Coin,
  der,
  key,
  type Lock,
  num,
  OP,
  type Payment,
  p2tr,
  p2wpkh,
  p2wsh,
  type SpendOptions,
  script,
  spend,
} from './chainCoins.ts';
import { classOf, failed } from './chainReason.ts';

/** One node of its own, on regtest, for the suite. */
export interface ChainHarness {
  readonly chain: Chain;
  /** Mines with all of the mempool. */
  mine(blocks: number): Promise<unknown>;
  /** A confirmed output; mines a block. */
  fund(script: Uint8Array, value: bigint): Promise<OutPoint>;
  /** Replaces the last `depth` blocks by one more than that, which hold the mempool, what was undone included. */
  reorg(depth: number): Promise<unknown>;
  stop(): Promise<void>;
}

export interface HarnessOptions {
  /** What the node relays at least, satoshi per 1,000 virtual bytes; default 1,000. Version 3 rules are enforced. */
  readonly minRelayFeeSatPerKvB?: number;
}

const A = key('a');
const B = key('b');
const U = key('u');
const PREIMAGE = sha256(utf8('conformance preimage'));
const FEE = 2000n;
const COIN_SAT = 100_000n;
const GENESIS = '0f9188f13cb7b2c71f2a335e3a4fc328bf5beb436012afca590b1a11466e2206';

/** The same behaviour is asked of every adapter of the `Chain` port. */
export function chainConformance(
  name: string,
  makeHarness: (options?: HarnessOptions) => Promise<ChainHarness>,
): void {
  describe(`${name}: a Chain`, () => {
    let harness: ChainHarness;
    let chain: Chain;
    beforeAll(async () => {
      harness = await makeHarness();
      chain = harness.chain;
    });
    afterAll(() => harness.stop());

    const fund = async (lock: Lock, value = COIN_SAT): Promise<Coin> => ({
      ...(await harness.fund(lock.script, value)),
      value: sat(value),
      lock,
    });

    describe('blocks', () => {
      it('block 0 is that of regtest', async () => {
        expect(await chain.genesisHash()).toBe(GENESIS);
        expect(await chain.blockHash(0)).toBe(GENESIS);
        expect(await chain.block(GENESIS)).toMatchObject({ height: 0, hash: GENESIS, time: 1296688602 });
      });

      it('a block is mined: tip, hash by height and block agree', async () => {
        const before = await chain.tip();
        await harness.mine(2);
        const tip = await chain.tip();
        expect(tip.height).toBe(before.height + 2);
        expect(await chain.blockHash(tip.height)).toBe(tip.hash);
        expect(await chain.blockHash(tip.height + 1)).toBeUndefined();
        const block = await chain.block(tip.hash);
        expect(block).toMatchObject(tip);
        expect(block?.previousHash).toBe(await chain.blockHash(tip.height - 1));
        expect(block?.transactions).toHaveLength(1);
      });

      it('a hash that no block has: no block', async () => {
        expect(await chain.block('12'.repeat(32))).toBeUndefined();
      });

      it('a transaction is mined: the block holds it with its witness', async () => {
        const coin = await fund(p2wpkh(A));
        const tx = spend([coin], [[p2wpkh(B), COIN_SAT - FEE]]);
        await accepted(chain.broadcast(tx));
        await harness.mine(1);
        const block = await chain.block((await chain.tip()).hash);
        expect(block?.transactions.slice(1)).toEqual([{ txid: txid(tx), tx }]);
      });

      it('the tip changes: listeners are told until they stop', async () => {
        let calls = 0;
        const told = new Promise<void>((resolve) => {
          const stop = chain.onTip(() => {
            calls += 1;
            stop();
            resolve();
          });
        });
        await harness.mine(1);
        await told;
        await harness.mine(1);
        expect(calls).toBe(1);
      });
    });

    describe('single transactions', () => {
      it('in the mempool, then in a block: found where it is, with its fee, and nowhere else', async () => {
        const coin = await fund(p2wpkh(A));
        const tx = spend([coin], [[p2wpkh(B), COIN_SAT - FEE]]);
        const id = txid(tx);
        const found = { tx, feeSat: FEE };
        expect(await chain.transaction(id)).toBeUndefined();
        await accepted(chain.broadcast(tx));
        expect(await chain.transaction(id)).toEqual(found);
        expect(await chain.transaction(id, (await chain.tip()).hash)).toBeUndefined();
        await harness.mine(1);
        const { hash } = await chain.tip();
        expect(await chain.transaction(id)).toBeUndefined();
        expect(await chain.transaction(id, hash)).toEqual(found);
        const reward = at((await chain.block(hash))?.transactions ?? [], 0);
        expect(await chain.transaction(reward.txid, hash)).toEqual({ tx: reward.tx, feeSat: null });
        expect(await chain.transaction(id, '12'.repeat(32))).toBeUndefined();
      });

      it('what spends an output in the mempool is named; in a block, or with no spend, nothing is', async () => {
        const [first, second] = [await fund(p2wpkh(A)), await fund(p2wpkh(B))];
        const tx = spend([first], [[p2wpkh(B), COIN_SAT - FEE]]);
        expect(await chain.mempoolSpenders([])).toEqual([]);
        expect(await chain.mempoolSpenders([first, second])).toEqual([undefined, undefined]);
        await accepted(chain.broadcast(tx));
        expect(await chain.mempoolSpenders([second, first])).toEqual([undefined, txid(tx)]);
        await harness.mine(1);
        expect(await chain.mempoolSpenders([first])).toEqual([undefined]);
      });
    });

    describe('unspent outputs', () => {
      it('a funded output: value, script and confirmations, of which there is one more per block', async () => {
        const coin = await fund(p2tr(A));
        const output = { value: coin.value, script: coin.lock.script, coinbase: false };
        expect(await chain.unspentOutput(coin)).toEqual({ ...output, confirmations: 1 });
        await harness.mine(2);
        expect(await chain.unspentOutput(coin)).toEqual({ ...output, confirmations: 3 });
        expect(await chain.unspentOutput({ ...coin, vout: 9 })).toBeUndefined();
      });

      it('a spend in the mempool does not count, nor does its output; in a block both do', async () => {
        const coin = await fund(p2wpkh(A));
        const tx = spend([coin], [[p2wpkh(B), COIN_SAT - FEE]]);
        await accepted(chain.broadcast(tx));
        expect(await chain.unspentOutput(coin)).toBeDefined();
        expect(await chain.unspentOutput({ txid: txid(tx), vout: 0 })).toBeUndefined();
        await harness.mine(1);
        expect(await chain.unspentOutput(coin)).toBeUndefined();
        expect(await chain.unspentOutput({ txid: txid(tx), vout: 0 })).toMatchObject({ confirmations: 1 });
      });

      it('a coinbase: marked as one', async () => {
        await harness.mine(1);
        const block = await chain.block((await chain.tip()).hash);
        const reward = at(block?.transactions ?? [], 0);
        expect(await chain.unspentOutput({ txid: reward.txid, vout: 0 })).toMatchObject({ coinbase: true });
      });
    });

    describe('broadcast', () => {
      it('of what the mempool or the chain has already: accepted', async () => {
        const coin = await fund(p2wpkh(A));
        const tx = spend([coin], [[p2wpkh(B), COIN_SAT - FEE]]);
        await accepted(chain.broadcast(tx));
        await accepted(chain.broadcast(tx));
        await harness.mine(1);
        await accepted(chain.broadcast(tx));
      });

      it('of a test only: nothing is submitted', async () => {
        const coin = await fund(p2wpkh(A));
        const tx = spend([coin], [[p2wpkh(B), COIN_SAT - FEE]]);
        await accepted(chain.testAccept(tx));
        await harness.mine(1);
        expect(await chain.unspentOutput(coin)).toBeDefined();
      });

      it.each<[string, (coin: Coin) => Tx, string]>([
        [
          'an input that never was',
          (coin) => pay([{ ...coin, txid: '34'.repeat(32) }]),
          'bad-txns-inputs-missingorspent',
        ],
        [
          'an output index that is not there',
          (coin) => pay([{ ...coin, vout: 7 }]),
          'bad-txns-inputs-missingorspent',
        ],
        [
          'more paid than there is',
          (coin) => spend([coin], [[p2wpkh(B), COIN_SAT + 1n]]),
          'bad-txns-in-belowout',
        ],
        ['no fee', (coin) => spend([coin], [[p2wpkh(B), COIN_SAT]]), 'min relay fee not met'],
        ['the same input twice', (coin) => pay([coin, coin]), 'bad-txns-inputs-duplicate'],
        ['version 4', (coin) => pay([coin], { version: 4 }), 'version'],
        [
          'a script of no known form',
          (coin) => spend([coin], [[custom(Uint8Array.of(0x51)), 50_000n]]),
          'scriptpubkey',
        ],
        ['329 sat to P2WSH', (coin) => spend([coin], [[single(B), 329n]]), 'dust'],
        ['329 sat to P2TR', (coin) => spend([coin], [[p2tr(B), 329n]]), 'dust'],
        ['293 sat to P2WPKH', (coin) => spend([coin], [[p2wpkh(B), 293n]]), 'dust'],
        [
          '239 sat to an anchor',
          (coin) =>
            spend(
              [coin],
              [
                [ANCHOR, 239n],
                [p2wpkh(B), 90_000n],
              ],
            ),
          'dust',
        ],
      ])('of %s: refused', async (_, build, reason) => {
        const coin = await fund(p2wpkh(A));
        expect(await classOf(chain.testAccept(build(coin)))).toBe(reason);
        expect(await classOf(chain.broadcast(build(coin)))).toBe(reason);
      });

      it('of the smallest outputs that are not dust: accepted', async () => {
        const coin = await fund(p2wpkh(A));
        const smallest: Payment[] = [
          [single(B), 330n],
          [p2tr(B), 330n],
          [p2wpkh(B), 294n],
          [ANCHOR, 240n],
        ];
        await accepted(chain.broadcast(spend([coin], [...smallest, [p2wpkh(B), 90_000n]])));
      });

      it('of an output that a block has spent: refused', async () => {
        const coin = await fund(p2wpkh(A));
        await accepted(chain.broadcast(pay([coin])));
        await harness.mine(1);
        const again = spend([coin], [[p2tr(B), 50_000n]]);
        expect(await classOf(chain.broadcast(again))).toBe('bad-txns-inputs-missingorspent');
      });

      it('of a coinbase that is not 100 blocks deep: refused', async () => {
        await harness.mine(1);
        const block = await chain.block((await chain.tip()).hash);
        const reward = at(block?.transactions ?? [], 0);
        const { value } = at(reward.tx.outputs, 0);
        const tx = spend([{ txid: reward.txid, vout: 0, value, lock: ANCHOR }], [[p2wpkh(B), 10_000n]]);
        expect(await classOf(chain.testAccept(tx))).toBe('bad-txns-premature-spend-of-coinbase');
      });
    });

    describe('replacement', () => {
      it('a double spend with the same or a little more fee: refused', async () => {
        const coin = await fund(p2wpkh(A));
        await accepted(chain.broadcast(spend([coin], [[p2wpkh(B), COIN_SAT - FEE]])));
        const same = spend([coin], [[p2wpkh(U), COIN_SAT - FEE]]);
        expect(await classOf(chain.broadcast(same))).toBe('insufficient fee');
        const little = spend([coin], [[p2wpkh(U), COIN_SAT - FEE - 20n]]);
        expect(await classOf(chain.testAccept(little))).toBe('insufficient fee');
      });

      it('a double spend that pays for its own relay on top, without any signal: replaces, and the first is gone', async () => {
        const coin = await fund(p2wpkh(A));
        const first = spend([coin], [[p2wpkh(B), COIN_SAT - FEE]], { sequence: 0xffffffff });
        const second = spend([coin], [[p2wpkh(U), COIN_SAT - 2n * FEE]]);
        await accepted(chain.broadcast(first));
        await accepted(chain.broadcast(second));
        expect(await classOf(chain.broadcast(first))).toBe('insufficient fee');
        await harness.mine(1);
        expect(await chain.unspentOutput({ txid: txid(second), vout: 0 })).toBeDefined();
        expect(await chain.unspentOutput({ txid: txid(first), vout: 0 })).toBeUndefined();
      });

      it('a replacement pays less than what it and its child pay together: refused', async () => {
        const coin = await fund(p2wpkh(A));
        const first = spend([coin], [[p2wpkh(B), COIN_SAT - FEE]]);
        await accepted(chain.broadcast(first));
        await accepted(chain.broadcast(pay([coinOf(first, 0, p2wpkh(B))], {}, 5n * FEE)));
        const rival = spend([coin], [[p2wpkh(U), COIN_SAT - 3n * FEE]]);
        expect(await classOf(chain.broadcast(rival))).toBe('insufficient fee');
        await accepted(chain.broadcast(spend([coin], [[p2wpkh(U), COIN_SAT - 7n * FEE]])));
      });

      it('a replacement spends what it replaces: refused', async () => {
        const coin = await fund(p2wpkh(A));
        const first = spend([coin], [[p2wpkh(B), COIN_SAT - FEE]]);
        await accepted(chain.broadcast(first));
        const both = spend([coin, coinOf(first, 0, p2wpkh(B))], [[p2wpkh(U), 2n * COIN_SAT - 20n * FEE]]);
        expect(await classOf(chain.broadcast(both))).toBe('bad-txns-spends-conflicting-tx');
      });
    });

    describe('locks', () => {
      it('a relative lock of 3, one block early: non-BIP68-final; on time: accepted', async () => {
        const coin = await fund(delayed(3));
        const tx = pay([coin], { sequence: 3 });
        await harness.mine(1);
        expect(await classOf(chain.broadcast(tx))).toBe('non-BIP68-final');
        await harness.mine(1);
        await accepted(chain.broadcast(tx));
      });

      it('a relative lock of 1 on an unconfirmed output: non-BIP68-final until the next block', async () => {
        const coin = await fund(p2wpkh(A));
        const parent = spend([coin], [[delayed(1), COIN_SAT - FEE]]);
        await accepted(chain.broadcast(parent));
        const child = pay([coinOf(parent, 0, delayed(1))], { sequence: 1 });
        expect(await classOf(chain.broadcast(child))).toBe('non-BIP68-final');
        await harness.mine(1);
        await accepted(chain.broadcast(child));
      });

      it.each<[string, SpendOptions]>([
        ['a sequence under the lock', { sequence: 2 }],
        ['a sequence without relative lock', { sequence: 0xfffffffd }],
        ['version 1', { sequence: 3, version: 1 }],
      ])('a relative lock of 3 and %s: the script fails', async (_, options) => {
        const coin = await fund(delayed(3));
        await harness.mine(3);
        expect(await classOf(chain.broadcast(pay([coin], options)))).toBe(
          failed('Locktime requirement not satisfied'),
        );
      });

      it('an absolute lock, one block early: non-final; on time: accepted', async () => {
        const { height } = await chain.tip();
        const coin = await fund(absolute(height + 3));
        const tx = pay([coin], { locktime: height + 3 });
        await harness.mine(1);
        expect(await classOf(chain.broadcast(tx))).toBe('non-final');
        await harness.mine(1);
        await accepted(chain.broadcast(tx));
      });

      it.each<[string, (height: number) => SpendOptions]>([
        ['nLockTime under the lock', (height) => ({ locktime: height - 1 })],
        ['a final sequence', (height) => ({ locktime: height, sequence: 0xffffffff })],
      ])('an absolute lock and %s: the script fails', async (_, options) => {
        const { height } = await chain.tip();
        const coin = await fund(absolute(height));
        expect(await classOf(chain.broadcast(pay([coin], options(height))))).toBe(
          failed('Locktime requirement not satisfied'),
        );
      });
    });

    describe('witnesses', () => {
      it.each<[string, Lock, SpendOptions]>([
        ['P2WPKH', p2wpkh(A), {}],
        [
          'the hidden number of a commitment',
          p2wpkh(A),
          { version: 3, sequence: 0x80123456, locktime: 0x20abcdef },
        ],
        ['P2TR by key', p2tr(B), {}],
        ['two of three', multisig((sign) => [NONE, sign(A), sign(U)]), {}],
        ['a hash lock, by preimage', hashLock((sign) => [PREIMAGE, sign(A), ONE]), {}],
        ['a hash lock, by the other branch', hashLock((sign) => [sign(B), NONE]), {}],
        ['a threshold with a late key, without it', threshold(2000, (sign) => [NONE, sign(B), sign(A)]), {}],
        [
          'a threshold with a late key, with it',
          threshold(2, (sign) => [sign(U), sign(B), NONE]),
          { locktime: 2 },
        ],
      ])('%s: accepted', async (_, lock, options) => {
        const coin = await fund(lock);
        await accepted(chain.testAccept(pay([coin], options)));
        await accepted(chain.broadcast(pay([coin], options)));
        await harness.mine(1);
        expect(await chain.unspentOutput(coin)).toBeUndefined();
      });

      const NULL_FAIL = 'Signature must be zero for failed CHECK(MULTI)SIG operation';
      const EVAL_FALSE = 'Script evaluated without error but finished with a false/empty top stack element';
      it.each<[string, Lock, string, SpendOptions?]>([
        ['another key', signedBy(A, B), NULL_FAIL],
        ['an empty signature', p2wsh(script(A.publicKey, OP.CHECKSIG), () => [NONE]), EVAL_FALSE],
        ['the key of another hash', p2wpkhWith(A, B), 'Script failed an OP_EQUALVERIFY operation'],
        ['another script', withWitnessScript(script(OP.TRUE)), 'Witness program hash mismatch'],
        ['no witness', { ...single(A), witness: () => [] }, 'Witness program was passed an empty witness'],
        ['a signature of another amount', wrongAmount(), NULL_FAIL],
        [
          'a P2TR signature by another key',
          { ...p2tr(A), witness: p2tr(B).witness },
          'Invalid Schnorr signature',
        ],
        ['a P2TR signature of 63 bytes', shortSchnorr(), 'Invalid Schnorr signature size'],
        [
          'a wrong preimage',
          hashLock((sign) => [sha256(PREIMAGE), sign(A), ONE]),
          'Script failed an OP_EQUALVERIFY operation',
        ],
        [
          'a preimage of 31 bytes',
          hashLock((sign) => [PREIMAGE.slice(1), sign(A), ONE]),
          'Script failed an OP_EQUALVERIFY operation',
        ],
        ['the wrong branch', hashLock((sign) => [PREIMAGE, sign(A), NONE]), NULL_FAIL],
        [
          'a branch chosen by 2',
          hashLock((sign) => [PREIMAGE, sign(A), Uint8Array.of(2)]),
          'OP_IF/NOTIF argument must be minimal',
        ],
        ['signatures in the wrong order', multisig((sign) => [NONE, sign(U), sign(A)]), NULL_FAIL],
        ['one signature twice', multisig((sign) => [NONE, sign(A), sign(A)]), NULL_FAIL],
        [
          'a dummy that is not empty',
          multisig((sign) => [ONE, sign(A), sign(U)]),
          'Dummy CHECKMULTISIG argument must be zero',
        ],
        [
          'an element too many',
          multisig((sign) => [ONE, NONE, sign(A), sign(U)]),
          'Stack size must be exactly one after execution',
        ],
        [
          'an element too few',
          multisig((sign) => [sign(A), sign(U)]),
          'Operation not valid with the current stack size',
        ],
        ['a high S', highS(), 'Non-canonical signature: S value is unnecessarily high'],
        [
          'a signature that is not DER',
          p2wsh(script(A.publicKey, OP.CHECKSIG), (sign) => [concat(Uint8Array.of(0x31), sign(A).slice(1))]),
          'Non-canonical DER signature',
        ],
        [
          'hash type 0',
          p2wsh(script(A.publicKey, OP.CHECKSIG), (sign) => [concat(sign(A).slice(0, -1), NONE_BYTE)]),
          'Signature hash type missing or not understood',
        ],
        [
          'a late key too early',
          threshold(2000, (sign) => [sign(U), sign(B), NONE]),
          'Locktime requirement not satisfied',
        ],
        ['one of three', threshold(2000, (sign) => [NONE, sign(B), NONE]), EVAL_FALSE],
        [
          'an open conditional',
          p2wsh(script(OP.TRUE, OP.IF, OP.TRUE), () => []),
          'Invalid OP_IF construction',
        ],
        ['an unknown opcode', p2wsh(script(0xff), () => []), 'Opcode missing or not understood'],
        [
          'a push longer than needed',
          p2wsh(Uint8Array.of(0x01, 0x01), () => []),
          'Data push larger than necessary',
        ],
        ['a script that returns', p2wsh(script(0x6a), () => []), 'OP_RETURN was encountered'],
      ])('%s: refused', async (_, lock, words, options) => {
        const coin = await fund(lock);
        expect(await classOf(chain.testAccept(pay([coin], options)))).toBe(failed(words));
      });

      it('an anchor: anyone spends it, but only without a witness', async () => {
        const coin = await fund(p2wpkh(A));
        const parent = spend(
          [coin],
          [
            [ANCHOR, 240n],
            [p2wpkh(A), COIN_SAT - FEE - 240n],
          ],
        );
        await accepted(chain.broadcast(parent));
        await harness.mine(1);
        const coins = [coinOf(parent, 0, ANCHOR), coinOf(parent, 1, p2wpkh(A))];
        const stuffed: Coin[] = [coinOf(parent, 0, { ...ANCHOR, witness: () => [ONE] }), at(coins, 1)];
        expect(await classOf(chain.broadcast(pay(stuffed)))).toBe('bad-witness-nonstandard');
        await accepted(chain.broadcast(pay(coins)));
      });
    });

    describe('version 3', () => {
      /** An unconfirmed parent of version 3 with an anchor and a second output, and a coin to pay with. */
      async function family(): Promise<{ parent: Tx; anchor: Coin; second: Coin; coin: Coin }> {
        const [funding, coin] = [await fund(p2wpkh(A)), await fund(p2wpkh(U))];
        const parent = spend(
          [funding],
          [
            [ANCHOR, 240n],
            [p2wpkh(B), COIN_SAT - FEE - 240n],
          ],
          { version: 3 },
        );
        await accepted(chain.broadcast(parent));
        return { parent, anchor: coinOf(parent, 0, ANCHOR), second: coinOf(parent, 1, p2wpkh(B)), coin };
      }

      it('a child of version 3 on the anchor: accepted and mined with its parent', async () => {
        const { anchor, coin } = await family();
        const child = pay([anchor, coin], { version: 3 });
        await accepted(chain.broadcast(child));
        await harness.mine(1);
        expect(await chain.unspentOutput({ txid: txid(child), vout: 0 })).toMatchObject({ confirmations: 1 });
      });

      it('a child of version 2: refused', async () => {
        const { anchor, coin } = await family();
        expect(await classOf(chain.broadcast(pay([anchor, coin])))).toBe('TRUC-violation');
      });

      it('a child of version 3 on an unconfirmed parent of version 2: refused', async () => {
        const coin = await fund(p2wpkh(A));
        const parent = spend([coin], [[p2wpkh(B), COIN_SAT - FEE]]);
        await accepted(chain.broadcast(parent));
        const child = pay([coinOf(parent, 0, p2wpkh(B))], { version: 3 });
        expect(await classOf(chain.broadcast(child))).toBe('TRUC-violation');
      });

      it('a child of more than 1,000 vB: refused', async () => {
        const { anchor, coin } = await family();
        const payments: Payment[] = Array.from({ length: 30 }, () => [p2wpkh(B), 1000n]);
        const child = spend([anchor, coin], payments, { version: 3 });
        expect(vsize(child)).toBeGreaterThan(1000);
        expect(await classOf(chain.broadcast(child))).toBe('TRUC-violation');
      });

      it('a parent of more than 10,000 vB: refused', async () => {
        const coin = await fund(p2wpkh(A), 1_000_000n);
        const payments: Payment[] = Array.from({ length: 330 }, () => [p2wpkh(B), 1000n]);
        const tx = spend([coin], payments, { version: 3 });
        expect(vsize(tx)).toBeGreaterThan(10_000);
        expect(await classOf(chain.broadcast(tx))).toBe('TRUC-violation');
      });

      it('a grandchild: refused', async () => {
        const { second } = await family();
        const child = spend([second], [[p2wpkh(A), 50_000n]], { version: 3 });
        await accepted(chain.broadcast(child));
        const grandchild = pay([coinOf(child, 0, p2wpkh(A))], { version: 3 });
        expect(await classOf(chain.broadcast(grandchild))).toBe('TRUC-violation');
      });

      it('a second child that does not pay more: refused; one that does: takes the place of the first', async () => {
        const { anchor, second, coin } = await family();
        const first = pay([second], { version: 3 }, FEE);
        await accepted(chain.broadcast(first));
        expect(await classOf(chain.broadcast(pay([anchor, coin], { version: 3 }, FEE)))).toBe(
          'insufficient fee',
        );
        const better = pay([anchor, coin], { version: 3 }, 4n * FEE);
        await accepted(chain.broadcast(better));
        await harness.mine(1);
        expect(await chain.unspentOutput({ txid: txid(better), vout: 0 })).toBeDefined();
        expect(await chain.unspentOutput({ txid: txid(first), vout: 0 })).toBeUndefined();
      });
    });

    describe('packages', () => {
      it('parent and child, each good alone: both accepted, and again', async () => {
        const coin = await fund(p2wpkh(A));
        const parent = spend([coin], [[p2wpkh(B), COIN_SAT - FEE]]);
        const child = pay([coinOf(parent, 0, p2wpkh(B))]);
        await accepted(chain.broadcastPackage(parent, child));
        await accepted(chain.broadcastPackage(parent, child));
        await harness.mine(1);
        expect(await chain.unspentOutput({ txid: txid(child), vout: 0 })).toBeDefined();
        // All of the parent's outputs are spent: a node without transaction index is reminded by the block it read
        await chain.block((await chain.tip()).hash);
        await accepted(chain.broadcastPackage(parent, child));
      });

      it('the parent is confirmed: the child is taken alone', async () => {
        const coin = await fund(p2wpkh(A));
        const parent = spend([coin], [[p2wpkh(B), COIN_SAT - FEE]]);
        await accepted(chain.broadcast(parent));
        await harness.mine(1);
        await accepted(chain.broadcastPackage(parent, pay([coinOf(parent, 0, p2wpkh(B))])));
      });

      it('a bad signature on the child: refused with its reason', async () => {
        const coin = await fund(p2wpkh(A));
        const parent = spend([coin], [[single(B), COIN_SAT - FEE]]);
        const child = pay([coinOf(parent, 0, signedBy(B, A))]);
        expect(await classOf(chain.broadcastPackage(parent, child))).toBe(failed(NULL_FAIL_WORDS));
      });

      it('a commitment takes the place of a rival when its child pays for both', async () => {
        const [funding, coin, other] = [await fund(p2wpkh(A)), await fund(p2wpkh(U)), await fund(p2wpkh(B))];
        const commitment = (owner: Lock) => {
          const outputs: Payment[] = [
            [ANCHOR, 240n],
            [owner, COIN_SAT - 400n - 240n],
          ];
          return spend([funding], outputs, { version: 3 });
        };
        const [theirs, ours] = [commitment(p2wpkh(B)), commitment(p2wpkh(A))];
        const bump = (parent: Tx, by: Coin, fee: bigint) =>
          pay([coinOf(parent, 0, ANCHOR), by], { version: 3 }, fee);
        await accepted(chain.broadcastPackage(theirs, bump(theirs, other, FEE)));
        const refused = await chain.broadcastPackage(ours, bump(ours, coin, FEE));
        expect(refused.accepted).toBe(false);
        await accepted(chain.broadcastPackage(ours, bump(ours, coin, 5n * FEE)));
        await harness.mine(1);
        expect(await chain.unspentOutput({ txid: txid(ours), vout: 1 })).toBeDefined();
      });
    });

    describe('reorganisations', () => {
      it('a confirmed transaction is undone: it returns to the mempool and is mined again', async () => {
        const coin = await fund(p2wpkh(A));
        const tx = spend([coin], [[p2wpkh(B), COIN_SAT - FEE]]);
        await accepted(chain.broadcast(tx));
        await harness.mine(1);
        const stale = await chain.tip();
        await harness.reorg(1);
        const tip = await chain.tip();
        expect(tip.height).toBe(stale.height + 1);
        const output = await chain.unspentOutput({ txid: txid(tx), vout: 0 });
        expect(output).toMatchObject({ confirmations: 2 });
        const replacing = await chain.block((await chain.blockHash(stale.height)) ?? '');
        expect(replacing?.transactions.map((each) => each.txid)).toContain(txid(tx));
      });

      it('a block that another took the place of is abandoned; the tip, and what lies below, is not', async () => {
        const [before, below] = [await chain.tip(), await chain.blockHash(1)];
        await harness.reorg(1);
        expect(await chain.isAbandoned(before)).toBe(true);
        expect(await chain.isAbandoned(await chain.tip())).toBe(false);
        expect(await chain.isAbandoned({ height: 1, hash: below ?? '' })).toBe(false);
      });

      it('a block that is no longer in the best chain: still there by its hash, with its height', async () => {
        await harness.mine(2);
        const stale = await chain.block((await chain.tip()).hash);
        await harness.reorg(2);
        expect(await chain.blockHash(stale?.height ?? 0)).not.toBe(stale?.hash);
        expect(await chain.block(stale?.hash ?? '')).toEqual(stale);
      });

      it('a relative lock whose coin was undone: counts from the new block', async () => {
        const coin = await fund(p2wpkh(A));
        const parent = spend([coin], [[delayed(2), COIN_SAT - FEE]]);
        await accepted(chain.broadcast(parent));
        await harness.mine(1);
        const claim = pay([coinOf(parent, 0, delayed(2))], { sequence: 2 });
        expect(await classOf(chain.testAccept(claim))).toBe('non-BIP68-final');
        await harness.mine(1);
        await accepted(chain.testAccept(claim));
      });

      it('listeners are told', async () => {
        await harness.mine(1);
        const before = await chain.tip();
        const changed = new Promise<void>((resolve) => {
          const stop = chain.onTip(async () => {
            if ((await chain.tip()).hash === before.hash) return;
            stop();
            resolve();
          });
        });
        await harness.reorg(1);
        await changed;
      });
    });

    it('it is followed through a reorganisation: every block once, undone before it is replaced', async () => {
      await harness.mine(1);
      const path: string[] = [(await chain.tip()).hash];
      const errors: unknown[] = [];
      const follower = followChain(chain, {
        from: await chain.tip(),
        onConnected: (block) => {
          expect(block.previousHash).toBe(path.at(-1));
          path.push(block.hash);
        },
        onDisconnected: (block) => expect(path.pop()).toBe(block.hash),
        onError: (error) => void errors.push(error),
      });
      await harness.mine(3);
      await follower.settled();
      expect(path).toHaveLength(4);
      await harness.reorg(2);
      await follower.settled();
      expect(path.at(-1)).toBe((await chain.tip()).hash);
      expect(path).toHaveLength(5);
      follower.stop();
      expect(errors).toEqual([]);
    });

    it('fee rates: the estimate is not under the minimum nor under 1,000', async () => {
      const minimum = await chain.minimumFeeRate();
      expect(minimum).toBe(1000n);
      for (const blocks of [1, 6, 1008]) expect(await chain.feeRate(blocks)).toBeGreaterThanOrEqual(minimum);
    });
  });

  describe(`${name}: a Chain whose node asks for 5 sat/vB`, () => {
    let harness: ChainHarness;
    beforeAll(async () => {
      harness = await makeHarness({ minRelayFeeSatPerKvB: 5000 });
    });
    afterAll(() => harness.stop());

    const fund = async (lock: Lock): Promise<Coin> => ({
      ...(await harness.fund(lock.script, COIN_SAT)),
      value: sat(COIN_SAT),
      lock,
    });

    it('says so', async () => {
      expect(await harness.chain.minimumFeeRate()).toBe(5000n);
      expect(await harness.chain.feeRate(6)).toBeGreaterThanOrEqual(5000n);
    });

    it.each([
      [3, 5000n, true],
      [3, 4000n, false],
      [2, 5000n, false],
    ])(
      'a parent of version %i at 1 sat/vB, alone refused; with a child that lifts both to %i: accepted %s',
      async (version, rate, taken) => {
        const { chain } = harness;
        const [funding, coin] = [await fund(p2wpkh(A)), await fund(p2wpkh(U))];
        const payments: Payment[] = [
          [ANCHOR, 240n],
          [p2wpkh(B), COIN_SAT - 240n - 160n],
        ];
        const parent = spend([funding], payments, { version });
        const coins = [coinOf(parent, 0, ANCHOR), coin];
        const size = vsize(parent) + vsize(pay(coins, { version }));
        const child = pay(coins, { version }, feeFor(size + 2, rate) - 160n);
        expect(await classOf(chain.broadcast(parent))).toBe('min relay fee not met');
        const result = await chain.broadcastPackage(parent, child);
        expect(result.accepted).toBe(taken);
        await harness.mine(1);
        const output = await chain.unspentOutput({ txid: txid(child), vout: 0 });
        expect(output !== undefined).toBe(taken);
      },
    );
  });

  it(`${name}: a Chain that was closed: questions reject with ChainError closed, listeners stay silent`, async () => {
    const harness = await makeHarness();
    const { chain } = harness;
    let calls = 0;
    const stop = chain.onTip(() => {
      calls += 1;
    });
    await chain.close();
    const before = calls;
    await expect(chain.tip()).rejects.toMatchObject({ name: 'ChainError', code: 'closed', retry: false });
    await harness.mine(1);
    expect(calls).toBe(before);
    stop();
    await harness.stop();
  });
}

const NONE = new Uint8Array(0);
const ONE = Uint8Array.of(1);
const NONE_BYTE = Uint8Array.of(0);
const NULL_FAIL_WORDS = 'Signature must be zero for failed CHECK(MULTI)SIG operation';

async function accepted(result: Promise<BroadcastResult>): Promise<void> {
  expect(await result).toEqual({ accepted: true });
}

/** Everything to one output, less `fee`. */
function pay(coins: readonly Coin[], options: SpendOptions = {}, fee = FEE): Tx {
  const total = coins.reduce((sum, coin) => sum + coin.value, 0n);
  return spend(coins, [[p2wpkh(key('payee')), total - fee]], options);
}

function coinOf(tx: Tx, vout: number, lock: Lock): Coin {
  return { txid: txid(tx), vout, value: at(tx.outputs, vout).value, lock };
}

function custom(output: Uint8Array): Lock {
  return { script: output, witness: () => [] };
}

function single(owner: ReturnType<typeof key>): Lock {
  return signedBy(owner, owner);
}

function signedBy(owner: ReturnType<typeof key>, signer: ReturnType<typeof key>): Lock {
  return p2wsh(script(owner.publicKey, OP.CHECKSIG), (sign) => [sign(signer)]);
}

function delayed(blocks: number): Lock {
  return p2wsh(script(A.publicKey, OP.CHECKSIGVERIFY, num(blocks), OP.CSV), (sign) => [sign(A)]);
}

function absolute(height: number): Lock {
  return p2wsh(script(A.publicKey, OP.CHECKSIGVERIFY, num(height), OP.CLTV), (sign) => [sign(A)]);
}

type Stack = Parameters<typeof p2wsh>[1];

function multisig(stack: Stack): Lock {
  const keys = [A, B, U].map((each) => each.publicKey);
  return p2wsh(script(num(2), ...keys, num(3), OP.CHECKMULTISIG), stack);
}

/** A with the preimage, or B. */
function hashLock(stack: Stack): Lock {
  const preimage = [OP.SIZE, num(32), OP.EQUALVERIFY, OP.SHA256, sha256(PREIMAGE), OP.EQUALVERIFY];
  return p2wsh(
    script(
      OP.IF,
      A.publicKey,
      OP.CHECKSIGVERIFY,
      ...preimage,
      OP.TRUE,
      OP.ELSE,
      B.publicKey,
      OP.CHECKSIG,
      OP.ENDIF,
    ),
    stack,
  );
}

/** Two of A, B and, from `height` on, U. */
function threshold(height: number, stack: Stack): Lock {
  const late = [OP.SIZE, OP.ZERO_NOT_EQUAL, OP.IF, U.publicKey, OP.CHECKSIGVERIFY, num(height), OP.CLTV];
  return p2wsh(
    script(
      ...[A.publicKey, OP.CHECKSIG, OP.SWAP, B.publicKey, OP.CHECKSIG, OP.ADD],
      ...[OP.SWAP, ...late, OP.ZERO_NOT_EQUAL, OP.ENDIF, OP.ADD, num(2), OP.EQUAL],
    ),
    stack,
  );
}

function p2wpkhWith(owner: ReturnType<typeof key>, signer: ReturnType<typeof key>): Lock {
  return { script: p2wpkh(owner).script, witness: p2wpkh(signer).witness };
}

function withWitnessScript(other: Uint8Array): Lock {
  return { script: single(A).script, witness: () => [other] };
}

function wrongAmount(): Lock {
  const lock = single(A);
  return {
    script: lock.script,
    witness: (place) =>
      lock.witness({
        ...place,
        spent: place.spent.map((output) => ({ ...output, value: sat(output.value + 1n) })),
      }),
  };
}

function shortSchnorr(): Lock {
  const lock = p2tr(A);
  return {
    script: lock.script,
    witness: (place) => lock.witness(place).map((signature) => signature.slice(1)),
  };
}

/** The signature's other form, which anyone can compute. */
function highS(): Lock {
  return p2wsh(script(A.publicKey, OP.CHECKSIG), (sign) => {
    const compact = compactFromDer(sign(A).slice(0, -1)) ?? NONE;
    const s = CURVE_ORDER - readUintBE(compact.slice(32));
    return [der(concat(compact.slice(0, 32), uintBE(s, 32)))];
  });
}
