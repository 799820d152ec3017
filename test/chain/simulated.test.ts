import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { sat } from '../../src/base/amount.ts';
import { type SimulatedChain, simulatedChain } from '../../src/chain/simulated/index.ts';
import { outpointKey, type Tx, txid } from '../../src/tx/transaction.ts';
import {
  ANCHOR,
  at,
  type Coin,
  key,
  type Lock,
  num,
  OP,
  p2tr,
  p2wpkh,
  p2wsh,
  type SpendOptions,
  script,
  spend,
} from '../conformance/chainCoins.ts';

const A = key('a');
const B = key('b');
const COIN_SAT = 100_000n;

function fund(chain: SimulatedChain, lock: Lock = p2wpkh(A), value = COIN_SAT): Coin {
  return { ...chain.fund(lock.script, value), value: sat(value), lock };
}

function pay(coins: readonly Coin[], fee: bigint, options: SpendOptions = {}, to: Lock = p2wpkh(B)): Tx {
  const total = coins.reduce((sum, coin) => sum + coin.value, 0n);
  return spend(coins, [[to, total - fee]], options);
}

function outputOf(tx: Tx, vout: number, lock: Lock): Coin {
  return { txid: txid(tx), vout, value: at(tx.outputs, vout).value, lock };
}

const idsOf = (chain: SimulatedChain): string[] => chain.mempool().map(txid);

async function submit(chain: SimulatedChain, ...txs: readonly Tx[]): Promise<void> {
  for (const tx of txs) expect(await chain.broadcast(tx)).toEqual({ accepted: true });
}

describe('determinism', () => {
  it('the same calls: the same blocks and outpoints', async () => {
    const story = async () => {
      const chain = simulatedChain();
      const coin = fund(chain);
      await submit(chain, pay([coin], 1000n));
      return [outpointKey(coin), chain.mine(2), chain.reorg(2), await chain.tip()];
    };
    expect(await story()).toEqual(await story());
  });

  it('a block is mined again on the same parent: another hash', () => {
    const chain = simulatedChain();
    const [first] = chain.mine(1);
    const [other] = chain.reorg(1);
    expect(other?.previousHash).toBe(first?.previousHash);
    expect(other?.hash).not.toBe(first?.hash);
  });

  it('time moves with the blocks alone', () => {
    const [first, second] = simulatedChain().mine(2);
    expect((second?.time ?? 0) - (first?.time ?? 0)).toBe(600);
  });
});

describe('mining', () => {
  it('nothing is to be included: the mempool stays', async () => {
    const chain = simulatedChain();
    const tx = pay([fund(chain)], 1000n);
    await submit(chain, tx);
    chain.mine(1, { include: 'nothing' });
    expect(idsOf(chain)).toEqual([txid(tx)]);
  });

  it('a miner takes what the mempool would not: a transaction without fee, and its rivals leave with their children', async () => {
    const chain = simulatedChain();
    const coin = fund(chain);
    const rival = pay([coin], 1000n);
    await submit(chain, rival, pay([outputOf(rival, 0, p2wpkh(B))], 1000n));
    const free = pay([coin], 0n, {}, p2tr(A));
    expect(await chain.broadcast(free)).toMatchObject({ accepted: false });
    const [block] = chain.mine(1, { include: [free] });
    expect(block?.transactions[1]?.txid).toBe(txid(free));
    expect(chain.mempool()).toEqual([]);
  });

  it.each<[string, (coin: Coin) => Tx[], string]>([
    [
      'spends an output twice',
      (coin) => [pay([coin], 0n), pay([coin], 1n)],
      'bad-txns-inputs-missingorspent',
    ],
    ['is not final', (coin) => [pay([coin], 0n, { locktime: 50 })], 'non-final'],
    ['is under a relative lock', (coin) => [pay([coin], 0n, { sequence: 9 })], 'non-BIP68-final'],
    ['pays more than it has', (coin) => [pay([coin], -1n)], 'bad-txns-in-belowout'],
    [
      'is signed by another key',
      (coin) => [pay([{ ...coin, lock: p2wpkh(B) }], 0n)],
      'mandatory-script-verify',
    ],
    [
      'has a time lock in seconds',
      (coin) => [pay([coin], 0n, { sequence: 0x400001 })],
      'unsupported-by-simulation',
    ],
    [
      'is locked until a time',
      (coin) => [pay([coin], 0n, { locktime: 1_700_000_000 })],
      'unsupported-by-simulation',
    ],
  ])('a block that %s: the test that asked for it fails', (_, build, reason) => {
    const chain = simulatedChain();
    const coin = fund(chain);
    expect(() => chain.mine(1, { include: build(coin) })).toThrow(reason);
    expect(chain.height).toBe(1);
  });

  it('what a transaction creates can be spent in the same block', async () => {
    const chain = simulatedChain();
    const parent = pay([fund(chain)], 0n);
    const child = pay([outputOf(parent, 0, p2wpkh(B))], 0n);
    chain.mine(1, { include: [parent, child] });
    expect(await chain.unspentOutput(outputOf(child, 0, p2wpkh(B)))).toMatchObject({ confirmations: 1 });
    chain.reorg(1, { mine: 0 });
    expect(idsOf(chain)).toEqual([txid(parent), txid(child)]);
    expect(await chain.unspentOutput(outputOf(parent, 0, p2wpkh(B)))).toBeUndefined();
  });

  it('a coinbase: the subsidy and the fees, to be spent after 100 blocks', async () => {
    const chain = simulatedChain();
    await submit(chain, pay([fund(chain)], 1234n));
    const [block] = chain.mine(1, { script: p2wpkh(A).script });
    const coinbase = at(block?.transactions ?? [], 0).tx;
    expect(coinbase.outputs).toEqual([{ value: 5_000_001_234n, script: p2wpkh(A).script }]);
    const tx = pay([outputOf(coinbase, 0, p2wpkh(A))], 1000n);
    chain.mine(98);
    expect(await chain.broadcast(tx)).toMatchObject({ reason: 'bad-txns-premature-spend-of-coinbase' });
    chain.mine(1);
    await submit(chain, tx);
  });
});

describe('reorganisations', () => {
  it('another transaction is mined instead: the undone one and its children are gone', async () => {
    const chain = simulatedChain();
    const coin = fund(chain);
    const first = pay([coin], 1000n);
    await submit(chain, first);
    chain.mine(1);
    await submit(chain, pay([outputOf(first, 0, p2wpkh(B))], 1000n));
    const second = pay([coin], 2000n);
    chain.reorg(1, { include: [second] });
    expect(await chain.unspentOutput(outputOf(second, 0, p2wpkh(B)))).toMatchObject({ confirmations: 2 });
    expect(await chain.unspentOutput(outputOf(first, 0, p2wpkh(B)))).toBeUndefined();
    expect(chain.mempool()).toEqual([]);
  });

  it('a lock is not over any more: its spend leaves the mempool', async () => {
    const chain = simulatedChain();
    const delayed = p2wsh(script(A.publicKey, OP.CHECKSIGVERIFY, num(2), OP.CSV), (sign) => [sign(A)]);
    const coins = [fund(chain, delayed), fund(chain)];
    await submit(
      chain,
      pay([at(coins, 0)], 1000n, { sequence: 2 }),
      pay([at(coins, 1)], 1000n, { locktime: 2 }),
    );
    chain.reorg(1, { mine: 0 });
    // Back at height 1: neither can be in block 2, and the second coin's funding waits again
    expect(idsOf(chain)).toEqual([at(coins, 1).txid]);
  });

  it('it is deeper than a coinbase that was spent: the spend and all on top of it are dropped', async () => {
    const chain = simulatedChain();
    const [block] = chain.mine(1, { script: p2wpkh(A).script });
    chain.mine(99);
    const spent = pay([outputOf(at(block?.transactions ?? [], 0).tx, 0, p2wpkh(A))], 1000n);
    await submit(chain, spent, pay([outputOf(spent, 0, p2wpkh(B))], 1000n));
    chain.reorg(1, { mine: 0 });
    expect(chain.mempool()).toEqual([]);
  });

  it('block 0 cannot be undone', () => {
    const chain = simulatedChain();
    chain.mine(2);
    expect(() => chain.reorg(3)).toThrow('block 0');
  });
});

describe('fee rates', () => {
  it('the minimum is raised: what pays less leaves, unless its child pays for both', async () => {
    const chain = simulatedChain();
    const [low, other, coin] = [fund(chain), fund(chain), fund(chain)];
    const lonely = pay([low], 300n);
    const parent = spend(
      [other],
      [
        [ANCHOR, 240n],
        [p2wpkh(B), 99_000n],
      ],
      { version: 3 },
    );
    const child = pay([outputOf(parent, 0, ANCHOR), coin], 5000n, { version: 3 });
    await submit(chain, lonely, parent, child);
    chain.setMinimumFeeRate(10_000n);
    expect(idsOf(chain)).toEqual([txid(parent), txid(child)]);
    expect(await chain.minimumFeeRate()).toBe(10_000n);
    expect(await chain.broadcast(lonely)).toMatchObject({
      reason: expect.stringMatching(/^mempool min fee not met/),
    });
    chain.setMinimumFeeRate(0n);
    expect(await chain.minimumFeeRate()).toBe(1000n);
    await submit(chain, lonely);
  });

  it('the estimate is set: never answered under the minimum', async () => {
    const chain = simulatedChain();
    chain.setFeeRate(7000n);
    expect(await chain.feeRate(6)).toBe(7000n);
    chain.setMinimumFeeRate(9000n);
    expect(await chain.feeRate(6)).toBe(9000n);
  });
});

describe('connections', () => {
  it('one is cut off or closed: the others see and hear the same chain', async () => {
    const chain = simulatedChain();
    const [one, two] = [chain.connect(), chain.connect()];
    let heard = 0;
    two.onTip(() => {
      heard += 1;
    });
    one.setReachable(false);
    chain.mine(1);
    await expect(one.tip()).rejects.toMatchObject({ name: 'ChainError', code: 'unreachable', retry: true });
    expect(await two.tip()).toEqual(await chain.tip());
    expect(heard).toBe(1);
    await two.close();
    chain.mine(1);
    await expect(two.tip()).rejects.toMatchObject({ code: 'closed' });
    expect(heard).toBe(1);
    one.setReachable(true);
    expect(await one.tip()).toMatchObject({ height: 2 });
  });

  it('old blocks are pruned: not there any more, the chain goes on', async () => {
    const chain = simulatedChain();
    const [first, second] = chain.mine(2);
    chain.prune(2);
    expect(await chain.block(first?.hash ?? '')).toBeUndefined();
    expect(await chain.block(second?.hash ?? '')).toEqual(second);
    expect(await chain.blockHash(1)).toBe(first?.hash);
  });
});

describe('random payments, blocks and reorganisations', () => {
  const move = fc.oneof(
    {
      weight: 5,
      arbitrary: fc.record({
        type: fc.constant('pay' as const),
        inputs: fc.uniqueArray(fc.nat(50), { minLength: 1, maxLength: 2 }),
        fee: fc.bigInt(200n, 20_000n),
        version: fc.constantFrom(2, 3),
      }),
    },
    { weight: 2, arbitrary: fc.record({ type: fc.constant('mine' as const), empty: fc.boolean() }) },
    {
      weight: 1,
      arbitrary: fc.record({
        type: fc.constant('reorg' as const),
        depth: fc.integer({ min: 1, max: 4 }),
        mine: fc.nat(5),
      }),
    },
    { weight: 1, arbitrary: fc.record({ type: fc.constant('rate' as const), rate: fc.bigInt(0n, 30_000n) }) },
  );

  async function playAll(moves: readonly (typeof move extends fc.Arbitrary<infer M> ? M : never)[]): Promise<{
    chain: SimulatedChain;
    coins: readonly Coin[];
  }> {
    const chain = simulatedChain();
    const coins = [fund(chain), fund(chain), fund(chain)];
    for (const each of moves) {
      if (each.type === 'mine') chain.mine(1, { include: each.empty ? 'nothing' : 'mempool' });
      if (each.type === 'reorg') chain.reorg(Math.min(each.depth, chain.height), { mine: each.mine });
      if (each.type === 'rate') chain.setMinimumFeeRate(each.rate);
      if (each.type === 'pay') {
        const spent = [...new Set(each.inputs.map((place) => at(coins, place % coins.length)))];
        const total = spent.reduce((sum, coin) => sum + coin.value, 0n) - each.fee;
        if (total < 1000n) continue;
        const half = total / 2n;
        const tx = spend(
          spent,
          [
            [p2wpkh(A), half],
            [p2wpkh(A), half],
          ],
          { version: each.version },
        );
        if ((await chain.broadcast(tx)).accepted)
          coins.push(outputOf(tx, 0, p2wpkh(A)), outputOf(tx, 1, p2wpkh(A)));
      }
    }
    return { chain, coins };
  }

  async function blocksOf(chain: SimulatedChain) {
    const heights = Array.from({ length: chain.height + 1 }, (_, height) => height);
    return Promise.all(
      heights.map(async (height) => {
        const block = await chain.block((await chain.blockHash(height)) ?? '');
        if (block === undefined) throw new RangeError(`no block ${height}`);
        return block;
      }),
    );
  }

  it('the unspent outputs are those that the best chain made and did not spend', async () => {
    await fc.assert(
      fc.asyncProperty(fc.array(move, { maxLength: 25 }), async (moves) => {
        const { chain, coins } = await playAll(moves);
        const blocks = await blocksOf(chain);
        const made = new Map<string, number>();
        for (const block of blocks)
          for (const { txid: id, tx } of block.transactions) {
            for (const input of tx.inputs) made.delete(outpointKey(input));
            tx.outputs.forEach((_, vout) => {
              made.set(outpointKey({ txid: id, vout }), block.height);
            });
          }
        for (const coin of coins) {
          const height = made.get(outpointKey(coin));
          const output = await chain.unspentOutput(coin);
          expect(output?.confirmations).toBe(height === undefined ? undefined : chain.height - height + 1);
        }
      }),
    );
  });

  it('the mempool is always a block: no input missing or spent twice, and the next block takes all of it', async () => {
    await fc.assert(
      fc.asyncProperty(fc.array(move, { maxLength: 25 }), async (moves) => {
        const { chain } = await playAll(moves);
        const waiting = chain.mempool();
        const byId = new Map(waiting.map((tx) => [txid(tx), tx]));
        const seen = new Set<string>();
        for (const tx of waiting) {
          for (const input of tx.inputs) {
            expect(seen.has(outpointKey(input))).toBe(false);
            seen.add(outpointKey(input));
            const parent = byId.get(input.txid);
            if (parent === undefined) expect(await chain.unspentOutput(input)).toBeDefined();
          }
        }
        const [block] = chain.mine(1);
        expect(block?.transactions.slice(1).map((each) => each.txid)).toEqual(waiting.map(txid));
        expect(chain.mempool()).toEqual([]);
      }),
    );
  });
});
