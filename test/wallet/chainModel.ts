import fc from 'fast-check';
import { sat } from '../../src/base/amount.ts';
import { fromHex, toHex, uintBE } from '../../src/base/bytes.ts';
import type { Block } from '../../src/chain/port.ts';
import { sha256 } from '../../src/crypto/hash.ts';
import {
  type OutPoint,
  outpointKey,
  type Tx,
  type TxOutput,
  txid,
  unsignedInput,
} from '../../src/tx/transaction.ts';
import { branchKeys, coinScript, createKeychain } from '../../src/wallet/hd.ts';

/** The keys of the wallet under test. */
export const KEYS = createKeychain(new Uint8Array(32).fill(5), 'regtest');

const scripts = KEYS.accounts.flatMap((account) =>
  (['receive', 'change'] as const).map((branch) => {
    const keyAt = branchKeys(account, branch, 'regtest');
    return Array.from({ length: 80 }, (_, index) => coinScript(account.scheme, keyAt(index)));
  }),
);

/** Script of one of the wallet's four branches (0 to 3: BIP84 receive and change, BIP86 receive and change). */
export function ownScript(branch: number, index: number): Uint8Array {
  return scripts[branch]?.[index] as Uint8Array;
}

export const FOREIGN_SCRIPT = fromHex(`0014${'77'.repeat(20)}`);

/** A transaction; `nonce` makes its id unique where nothing else does. */
export function makeTx(inputs: readonly OutPoint[], outputs: readonly TxOutput[], nonce: number): Tx {
  const foreign = { txid: toHex(sha256(uintBE(nonce, 4))), vout: 0 };
  return {
    version: 2,
    inputs: (inputs.length === 0 ? [foreign] : inputs).map((input) => unsignedInput(input)),
    outputs,
    locktime: 0,
  };
}

export function coinbaseTx(outputs: readonly TxOutput[], height: number): Tx {
  const input = { txid: '00'.repeat(32), vout: 0xffffffff };
  return {
    version: 2,
    inputs: [{ ...unsignedInput(input), scriptSig: uintBE(height, 4) }],
    outputs,
    locktime: 0,
  };
}

/** The block after `previous` (or block 0) with these transactions. */
export function makeBlock(previous: Block | undefined, transactions: readonly Tx[], nonce = 0): Block {
  const height = previous === undefined ? 0 : previous.height + 1;
  const previousHash = previous?.hash ?? '00'.repeat(32);
  const ids = transactions.map(txid);
  const hash = toHex(sha256(new TextEncoder().encode([height, previousHash, nonce, ...ids].join())));
  return {
    height,
    hash,
    previousHash,
    time: 1_700_000_000 + 600 * height,
    transactions: transactions.map((tx, i) => ({ txid: ids[i] as string, tx })),
  };
}

/** How to make a transaction, without reference to a chain: numbers pick from what there is. */
export interface TxPlan {
  readonly spend: readonly number[];
  readonly pay: readonly { readonly to: number; readonly index: number; readonly value: number }[];
}

export type ChainStep =
  | { readonly type: 'mine'; readonly transactions: readonly TxPlan[] }
  | { readonly type: 'reorg'; readonly depth: number };

const txPlan: fc.Arbitrary<TxPlan> = fc.record({
  spend: fc.array(fc.nat(), { maxLength: 2 }),
  pay: fc.array(
    fc.record({
      // 4: someone else
      to: fc.nat({ max: 4 }),
      index: fc.oneof(fc.nat({ max: 5 }), fc.nat({ max: 60 })),
      value: fc.integer({ min: 1, max: 100_000 }),
    }),
    { minLength: 1, maxLength: 3 },
  ),
});

/** Blocks with payments to, from and past the wallet, and reorganisations up to four blocks deep. */
export const chainSteps: fc.Arbitrary<readonly ChainStep[]> = fc.array(
  fc.oneof(
    {
      weight: 4,
      arbitrary: fc.record({ type: fc.constant('mine'), transactions: fc.array(txPlan, { maxLength: 4 }) }),
    },
    {
      weight: 1,
      arbitrary: fc.record({ type: fc.constant('reorg'), depth: fc.integer({ min: 1, max: 4 }) }),
    },
  ),
  { maxLength: 25 },
);

/** What the steps do to a chain, block by block. */
export type ChainMove = { readonly type: 'connect' | 'disconnect'; readonly block: Block };

/** Plays the steps: the moves of a follower, and the chain that remains. */
export function playSteps(steps: readonly ChainStep[]): {
  moves: readonly ChainMove[];
  chain: readonly Block[];
} {
  const chain: Block[] = [makeBlock(undefined, [])];
  const moves: ChainMove[] = [{ type: 'connect', block: chain[0] as Block }];
  let nonce = 0;
  for (const step of steps) {
    if (step.type === 'reorg') {
      for (let i = 0; i < step.depth && chain.length > 1; i++)
        moves.push({ type: 'disconnect', block: chain.pop() as Block });
      continue;
    }
    const unspent = unspentOf(chain);
    const transactions = step.transactions.map((plan) => {
      const inputs = plan.spend.flatMap((pick): OutPoint[] => {
        const keys = [...unspent.keys()];
        const key = keys[pick % Math.max(keys.length, 1)];
        const found = key === undefined ? undefined : unspent.get(key);
        if (found === undefined || key === undefined) return [];
        unspent.delete(key);
        return [found];
      });
      const outputs = plan.pay.map(({ to, index, value }) => ({
        value: sat(value),
        script: to === 4 ? FOREIGN_SCRIPT : ownScript(to, index),
      }));
      const tx = makeTx(inputs, outputs, nonce++);
      for (const vout of outputs.keys())
        unspent.set(outpointKey({ txid: txid(tx), vout }), { txid: txid(tx), vout });
      return tx;
    });
    const block = makeBlock(chain.at(-1), transactions, nonce++);
    chain.push(block);
    moves.push({ type: 'connect', block });
  }
  return { moves, chain };
}

function unspentOf(chain: readonly Block[]): Map<string, OutPoint> {
  const unspent = new Map<string, OutPoint>();
  for (const { transactions } of chain)
    for (const { txid, tx } of transactions) {
      for (const input of tx.inputs) unspent.delete(outpointKey(input));
      for (const vout of tx.outputs.keys()) unspent.set(outpointKey({ txid, vout }), { txid, vout });
    }
  return unspent;
}
