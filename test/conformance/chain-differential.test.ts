import fc from 'fast-check';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type Regtest, startRegtest } from '../../regtest/index.ts';
import { sat } from '../../src/base/amount.ts';
import type { Chain } from '../../src/chain/port.ts';
import { type SimulatedChain, simulatedChain } from '../../src/chain/simulated/index.ts';
import { type OutPoint, SIGHASH_SINGLE_ANYONECANPAY, type Tx, txid } from '../../src/tx/transaction.ts';
import {
  ANCHOR,
  at,
  type Coin,
  key,
  type Lock,
  num,
  OP,
  type Payment,
  p2tr,
  p2wpkh,
  p2wsh,
  script,
  spend,
} from './chainCoins.ts';
import { classOf } from './chainReason.ts';

const A = key('a');
const RUNS = 40;
const COINS = 4;
const COIN_SAT = 1_000_000n;

function delayed(blocks: number): Lock {
  return p2wsh(script(A.publicKey, OP.CHECKSIGVERIFY, num(blocks), OP.CSV), (sign) => [sign(A)]);
}

/** Signed together with the output at the same index, if there is one, and nothing else. */
const PAIRED = p2wsh(script(A.publicKey, OP.CHECKSIG), (sign) => [sign(A, SIGHASH_SINGLE_ANYONECANPAY)]);

const LOCKS: readonly Lock[] = [p2wpkh(A), p2tr(A), delayed(2), ANCHOR, PAIRED];

/** An output by its place among all there ever were, mostly one of the latest. */
const place = fc.oneof(
  { weight: 3, arbitrary: fc.integer({ min: -6, max: -1 }) },
  { weight: 2, arbitrary: fc.nat(1000) },
);

/** A transaction in words that mean the same on both chains. */
const recipe = fc.record({
  version: fc.constantFrom(3, 3, 2),
  inputs: fc.uniqueArray(place, { minLength: 1, maxLength: 2 }),
  feeSat: fc.constantFrom(1500n, 300n, 0n, 100n, 1000n, 4000n, 20_000n, 50_000n),
  outputs: fc.array(fc.constantFrom(0, 0, 1, 1, 2, 3, 4), { minLength: 1, maxLength: 3 }),
  copies: fc.constantFrom(1, 1, 1, 1, 1, 1, 1, 30),
  sequence: fc.constantFrom(0xfffffffd, 0xfffffffd, 0xfffffffd, 2, 1),
  locktime: fc.constantFrom(undefined, undefined, undefined, undefined, 0, 1),
});
type Recipe = typeof recipe extends fc.Arbitrary<infer R> ? R : never;

const move = fc.oneof(
  { weight: 8, arbitrary: fc.record({ type: fc.constant('broadcast' as const), tx: recipe }) },
  {
    weight: 4,
    arbitrary: fc.record({ type: fc.constant('package' as const), parent: recipe, child: recipe }),
  },
  { weight: 2, arbitrary: fc.record({ type: fc.constant('mine' as const) }) },
  { weight: 1, arbitrary: fc.record({ type: fc.constant('reorg' as const), depth: fc.constantFrom(1, 2) }) },
);
type Move = typeof move extends fc.Arbitrary<infer M> ? M : never;

/** One of the two chains, with the outputs that the recipes can name. */
interface Side {
  readonly chain: Chain;
  readonly coins: Coin[];
  mine(blocks: number): Promise<unknown>;
  fund(script: Uint8Array, value: bigint): Promise<OutPoint>;
  reorg(depth: number): Promise<unknown>;
}

function build(coins: readonly Coin[], height: number, { inputs, outputs, ...rest }: Recipe): Tx {
  const spent = [
    ...new Set(inputs.map((each) => at(coins, ((each % coins.length) + coins.length) % coins.length))),
  ];
  const locks = Array.from({ length: rest.copies }, () => outputs.map((each) => at(LOCKS, each))).flat();
  const total = spent.reduce((sum, coin) => sum + coin.value, 0n) - rest.feeSat;
  const share = total > 0n ? total / BigInt(locks.length) : 0n;
  const payments: Payment[] = locks.map((lock) => [lock, share]);
  const locktime = rest.locktime === undefined ? 0 : height + rest.locktime;
  return spend(spent, payments, { version: rest.version, sequence: rest.sequence, locktime });
}

/** Plays one move; what comes back has to be the same on both sides. Outputs that nobody took are forgotten. */
async function play(side: Side, each: Move): Promise<string> {
  const known = side.coins.length;
  const answer = await answerTo(side, each);
  if (answer !== 'accepted') side.coins.length = known;
  return answer;
}

async function answerTo(side: Side, each: Move): Promise<string> {
  const { height } = await side.chain.tip();
  const make = (from: Recipe): Tx => {
    const tx = build(side.coins, height, from);
    const id = txid(tx);
    tx.outputs.forEach((output, vout) => {
      const lock = LOCKS.find((each) => each.script === output.script);
      if (lock !== undefined && vout < 3) side.coins.push({ txid: id, vout, value: sat(output.value), lock });
    });
    return tx;
  };
  switch (each.type) {
    case 'mine':
      return String(await side.mine(1).then(() => 'mined'));
    case 'reorg':
      return String(await side.reorg(each.depth).then(() => 'reorganised'));
    case 'broadcast':
      return classOf(side.chain.broadcast(make(each.tx)));
    case 'package': {
      const parent = make(each.parent);
      // The child spends the parent's last output here named, and what its recipe says
      const child = { ...each.child, inputs: [-1, ...each.child.inputs] };
      // With two faulty members nodes differ in which fault they name
      const { accepted } = await side.chain.broadcastPackage(parent, make(child));
      return accepted ? 'accepted' : 'package refused';
    }
  }
}

async function confirmed(side: Side): Promise<boolean[]> {
  const outputs = await Promise.all(side.coins.map((coin) => side.chain.unspentOutput(coin)));
  return outputs.map((output) => output !== undefined);
}

describe('the simulated chain beside bitcoind', () => {
  let regtest: Regtest;
  let simulation: SimulatedChain;
  let sides: readonly [Side, Side];
  beforeAll(async () => {
    regtest = await startRegtest({
      minRelayFeeSatPerKvB: 1000,
      extraArgs: ['-incrementalrelayfee=0.00001', '-blockmintxfee=0'],
    });
    simulation = simulatedChain();
    simulation.mine(101);
    sides = [
      {
        chain: await regtest.chain(),
        coins: [],
        mine: (blocks) => regtest.mine(blocks),
        fund: (to, value) => regtest.fund(to, value),
        reorg: (depth) => regtest.reorg(depth),
      },
      {
        chain: simulation,
        coins: [],
        mine: async (blocks) => simulation.mine(blocks),
        fund: async (to, value) => simulation.fund(to, value),
        reorg: async (depth) => simulation.reorg(depth),
      },
    ];
  });
  afterAll(() => regtest.stop());

  it('random transactions, packages, blocks and reorganisations: the same is refused, for the same reason, and the same is mined', async () => {
    await fc.assert(
      fc.asyncProperty(fc.array(move, { minLength: 1, maxLength: 25 }), async (moves) => {
        const [real, simulated] = sides;
        for (const side of sides) {
          side.coins.length = 0;
          for (let i = 0; i < COINS; i++) {
            const lock = at(LOCKS, i % 2);
            side.coins.push({ ...(await side.fund(lock.script, COIN_SAT)), value: sat(COIN_SAT), lock });
          }
          await side.mine(3);
        }
        const told: [string, string][] = [];
        for (const each of moves) {
          const both: [string, string] = [await play(real, each), await play(simulated, each)];
          told.push(both);
          expect(both[1], JSON.stringify(told)).toBe(both[0]);
          expect(await confirmed(simulated)).toEqual(await confirmed(real));
        }
        for (const side of sides) await side.mine(1);
        expect(await confirmed(simulated)).toEqual(await confirmed(real));
      }),
      { numRuns: RUNS },
    );
  });
});
