import fc from 'fast-check';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type Regtest, startRegtest } from '../../regtest/index.ts';
import { sat } from '../../src/base/amount.ts';
import type { Chain } from '../../src/chain/port.ts';
import { simulatedChain } from '../../src/chain/simulated/index.ts';
import { sha256 } from '../../src/crypto/hash.ts';
import { type OutPoint, txid } from '../../src/tx/transaction.ts';
import { at, type Coin, key, type Lock, num, OP, p2wpkh, script, spend } from './chainCoins.ts';
import { classOf } from './chainReason.ts';

const A = key('a');
const BATCH = 100;
const CARRIES_DATA = 'txn-datacarrier-nonstandard';
const OUTPUT_SAT = 10_000n;

/** Opcodes without signatures: what each needs on the stack and how the stack grows by it. */
const OPERATIONS: readonly (readonly [opcode: number, needs: number, grows: number])[] = [
  ...[0x61].map((op) => [op, 0, 0] as const), // NOP
  ...[0x69, 0x75].map((op) => [op, 1, -1] as const), // VERIFY DROP
  ...[0x6d].map((op) => [op, 2, -2] as const), // 2DROP
  ...[0x6e, 0x78, 0x7d].map((op) => [op, 2, op === 0x6e ? 2 : 1] as const), // 2DUP OVER TUCK
  ...[0x6f].map((op) => [op, 3, 3] as const), // 3DUP
  ...[0x70].map((op) => [op, 4, 2] as const), // 2OVER
  ...[0x71].map((op) => [op, 6, 0] as const), // 2ROT
  ...[0x72].map((op) => [op, 4, 0] as const), // 2SWAP
  ...[0x73, 0x76, 0x82].map((op) => [op, 1, 1] as const), // IFDUP DUP SIZE
  ...[0x74].map((op) => [op, 0, 1] as const), // DEPTH
  ...[0x77].map((op) => [op, 2, -1] as const), // NIP
  ...[0x7b].map((op) => [op, 3, 0] as const), // ROT
  ...[0x7c].map((op) => [op, 2, 0] as const), // SWAP
  ...[0x87, 0x93, 0x94, 0x9a, 0x9b, 0x9c, 0x9e, 0x9f, 0xa0, 0xa1, 0xa2, 0xa3, 0xa4].map(
    (op) => [op, 2, -1] as const,
  ),
  ...[0x88, 0x9d].map((op) => [op, 2, -2] as const), // EQUALVERIFY NUMEQUALVERIFY
  ...[0x8b, 0x8c, 0x8f, 0x90, 0x91, 0x92].map((op) => [op, 1, 0] as const), // arithmetic on one number
  ...[0xa5].map((op) => [op, 3, -2] as const), // WITHIN
  ...[0xa6, 0xa7, 0xa8, 0xa9, 0xaa].map((op) => [op, 1, 0] as const), // hashes
  ...[0xb1, 0xb2].map((op) => [op, 1, 0] as const), // CLTV CSV
  ...[0x6a, 0x50, 0x65, 0x62, 0x7e, 0xba, 0xff].map((op) => [op, 0, 0] as const), // never valid
];

const element = fc.oneof(
  { weight: 6, arbitrary: fc.integer({ min: 0, max: 17 }).map(num).map(bytesOf) },
  {
    weight: 2,
    arbitrary: fc
      .constantFrom(
        [0x81],
        [0x82],
        [0x80],
        [0, 0x80],
        [1, 0],
        [0xff, 0xff, 0xff, 0x7f],
        [0xff, 0xff, 0xff, 0xff, 0x7f],
        [0, 0, 0, 0x80, 0],
      )
      .map((bytes) => Uint8Array.from(bytes)),
  },
  { weight: 1, arbitrary: fc.uint8Array({ maxLength: 40 }) },
);

/** The element that the shortest push of a number leaves. */
function bytesOf(push: number | Uint8Array): Uint8Array {
  if (typeof push !== 'number') return push;
  return push === 0 ? new Uint8Array(0) : Uint8Array.of(push - 0x50);
}

const instruction = fc.oneof(
  { weight: 3, arbitrary: element.map((bytes) => ({ type: 'push' as const, bytes })) },
  { weight: 8, arbitrary: fc.nat(10_000).map((choice) => ({ type: 'operate' as const, choice })) },
  { weight: 1, arbitrary: fc.constantFrom(0x63, 0x64).map((opcode) => ({ type: 'open' as const, opcode })) },
  { weight: 1, arbitrary: fc.constantFrom(0x67, 0x68).map((opcode) => ({ type: 'close' as const, opcode })) },
  { weight: 1, arbitrary: fc.constantFrom(0x6b, 0x6c).map((opcode) => ({ type: 'alt' as const, opcode })) },
);

const program = fc.record({
  stack: fc.array(element, { maxLength: 5 }),
  instructions: fc.array(instruction, { maxLength: 14 }),
  sequence: fc.constantFrom(0xfffffffd, 0xffffffff, 1, 2, 3),
  locktime: fc.constantFrom(0, 2, 5),
});
type Program = typeof program extends fc.Arbitrary<infer P> ? P : never;

/** The script, for the most part one that does not run out of stack and leaves one element. */
function compile({ stack, instructions }: Program): Uint8Array {
  const items: (number | Uint8Array)[] = [];
  let depth = stack.length;
  let open = 0;
  for (const each of instructions) {
    if (each.type === 'push') {
      items.push(pushOf(each.bytes));
      depth += 1;
    } else if (each.type === 'operate') {
      const possible = OPERATIONS.filter(([, needs]) => needs <= Math.max(depth, 0));
      const [opcode, , grows] = at(possible, each.choice % possible.length);
      items.push(opcode);
      depth += grows;
    } else if (each.type === 'open') {
      items.push(each.opcode);
      depth -= 1;
      open += 1;
    } else if (each.type === 'close' && open > 0) {
      items.push(each.opcode);
      if (each.opcode === OP.ENDIF) open -= 1;
    } else if (each.type === 'alt') {
      items.push(each.opcode);
      depth += each.opcode === 0x6b ? -1 : 1;
    }
  }
  for (; open > 0; open--) items.push(OP.ENDIF);
  for (; depth > 1; depth--) items.push(0x77);
  return script(...items);
}

function pushOf(bytes: Uint8Array): number | Uint8Array {
  const [only] = bytes;
  if (only === undefined) return OP.ZERO;
  if (bytes.length > 1) return bytes;
  if (only === 0x81) return 0x4f;
  return only >= 1 && only <= 16 ? 0x50 + only : bytes;
}

function lockOf(each: Program): Lock {
  const witnessScript = compile(each);
  return { script: script(OP.ZERO, sha256(witnessScript)), witness: () => [...each.stack, witnessScript] };
}

interface Side {
  readonly chain: Chain;
  mine(blocks: number): Promise<unknown>;
  fund(script: Uint8Array, value: bigint): Promise<OutPoint>;
}

/** What the mempool says of a spend of each script. */
async function judge({ chain, mine, fund }: Side, programs: readonly Program[]): Promise<string[]> {
  const locks = programs.map(lockOf);
  const value = OUTPUT_SAT * BigInt(locks.length) + 20_000n;
  const funding: Coin = { ...(await fund(p2wpkh(A).script, value)), value: sat(value), lock: p2wpkh(A) };
  const parent = spend(
    [funding],
    locks.map((lock) => [lock, OUTPUT_SAT]),
  );
  expect(await chain.broadcast(parent)).toEqual({ accepted: true });
  await mine(3);
  const answers: string[] = [];
  for (const [vout, each] of programs.entries()) {
    const coin: Coin = { txid: txid(parent), vout, value: sat(OUTPUT_SAT), lock: at(locks, vout) };
    const { sequence, locktime } = each;
    answers.push(
      await classOf(chain.testAccept(spend([coin], [[p2wpkh(A), 9000n]], { sequence, locktime }))),
    );
  }
  return answers;
}

describe('the script interpreter beside bitcoind', () => {
  let regtest: Regtest;
  let sides: readonly [Side, Side];
  beforeAll(async () => {
    regtest = await startRegtest();
    const simulation = simulatedChain();
    simulation.mine(101);
    sides = [
      {
        chain: await regtest.chain(),
        mine: (n) => regtest.mine(n),
        fund: (to, value) => regtest.fund(to, value),
      },
      {
        chain: simulation,
        mine: async (n) => simulation.mine(n),
        fund: async (to, value) => simulation.fund(to, value),
      },
    ];
  });
  afterAll(() => regtest.stop());

  it('random scripts without signatures: both accept, or both refuse for the same reason', async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.array(program, { minLength: 1, maxLength: BATCH, size: 'max' }),
        async (programs) => {
          const [real, simulated] = [await judge(sides[0], programs), await judge(sides[1], programs)];
          // Bitcoin Knots refuses what looks like data in a script without running it
          const heard = real.map((answer, i) => (answer === CARRIES_DATA ? at(simulated, i) : answer));
          expect(simulated).toEqual(heard);
        },
      ),
      { numRuns: 10 },
    );
  });
});
