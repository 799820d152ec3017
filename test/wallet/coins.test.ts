import fc from 'fast-check';
import { expect, test } from 'vitest';
import { sat } from '../../src/base/amount.ts';
import { toHex } from '../../src/base/bytes.ts';
import type { Block } from '../../src/chain/port.ts';
import { outpointKey, type Tx, txid } from '../../src/tx/transaction.ts';
import {
  addPending,
  balanceOf,
  coinsOf,
  connectBlock,
  disconnectBlock,
  dropPending,
  historyOf,
  spendableCoins,
  statusOf,
} from '../../src/wallet/coins.ts';
import { createWalletState, giveScript, nextIndex, watchScript } from '../../src/wallet/lookahead.ts';
import { reserveCoins } from '../../src/wallet/reservation.ts';
import { type WalletState, walletStateFromJson, walletStateToJson } from '../../src/wallet/state.ts';
import { EFFORT } from '../support/effort.ts';
import {
  chainSteps,
  coinbaseTx,
  FOREIGN_SCRIPT,
  KEYS,
  makeBlock,
  makeTx,
  ownScript,
  playSteps,
} from './chainModel.ts';

const EMPTY = createWalletState(KEYS.accounts, 'regtest');
const GENESIS = makeBlock(undefined, []);

function scan(blocks: readonly Block[], state: WalletState = EMPTY): WalletState {
  return blocks.reduce(connectBlock, state);
}

/** Each state goes through the disk's codec, so that every test is one of the codec. */
function stored(state: WalletState): WalletState {
  const read = walletStateFromJson(walletStateToJson(state));
  if (!read.ok) throw new Error(read.error.reason);
  return read.value;
}

function pay(value: number, branch = 0, index = 0) {
  return { value: sat(value), script: ownScript(branch, index) };
}

function payOther(value: number) {
  return { value: sat(value), script: FOREIGN_SCRIPT };
}

test('blocks and reorganisations, any sequence: each undo is exact, the end is a fresh scan of the final chain', () => {
  fc.assert(
    fc.property(chainSteps, (steps) => {
      const { moves, chain } = playSteps(steps);
      const before: WalletState[] = [];
      let state = EMPTY;
      for (const { type, block } of moves) {
        if (type === 'connect') {
          before.push(state);
          state = stored(connectBlock(state, block));
        } else {
          state = stored(disconnectBlock(state, block));
          expect(state).toEqual(before.pop());
        }
      }
      expect(state).toEqual(scan(chain));
      expect(coinsOf(state)).toEqual(coinsOf(scan(chain)));
    }),
    { numRuns: 60 * EFFORT },
  );
});

test('blocks and reorganisations with pending transactions: each undo is exact, coins are never counted twice', () => {
  fc.assert(
    fc.property(chainSteps, fc.array(fc.nat(), { maxLength: 12 }), (steps, picks) => {
      const { moves } = playSteps(steps);
      const mined = moves.flatMap(({ block }) => block.transactions.map(({ tx }) => tx));
      const announced = picks
        .map((pick) => mined[pick % Math.max(mined.length, 1)])
        .filter((tx) => tx !== undefined);
      const before: WalletState[] = [];
      let state = announced.reduce(addPending, EMPTY);
      for (const { type, block } of moves) {
        if (type === 'connect') {
          before.push(state);
          state = stored(connectBlock(state, block));
        } else {
          state = stored(disconnectBlock(state, block));
          expect(state).toEqual(before.pop());
        }
        const balance = balanceOf(state);
        const coins = coinsOf(state).filter((coin) => coin.owner.type === 'wallet');
        const worth = coins.reduce((sum, coin) => sum + coin.value, 0n);
        expect(balance.confirmed + balance.immature - balance.pendingOut + balance.pendingIn).toBe(worth);
        expect(balance.spendable <= worth).toBe(true);
      }
    }),
    { numRuns: 60 * EFFORT },
  );
});

test('any chain: each coin is unspent in the ledger, and none that was within the look-ahead is missing', () => {
  fc.assert(
    fc.property(chainSteps, (steps) => {
      const { chain } = playSteps(steps);
      let state = EMPTY;
      const ledger = new Map<string, bigint>();
      for (const block of chain) {
        state = connectBlock(state, block);
        const watched = new Set(state.branches.flatMap((branch) => branch.scripts));
        for (const { txid: id, tx } of block.transactions) {
          for (const input of tx.inputs) ledger.delete(outpointKey(input));
          for (const [vout, output] of tx.outputs.entries())
            if (watched.has(toHex(output.script))) ledger.set(outpointKey({ txid: id, vout }), output.value);
        }
        expect(new Map(coinsOf(state).map((coin) => [outpointKey(coin), coin.value]))).toEqual(ledger);
      }
    }),
    { numRuns: 60 * EFFORT },
  );
});

test('a payment to index 19: twenty more are watched, and again fewer when its block is undone', () => {
  const first = makeBlock(GENESIS, [makeTx([], [pay(1000, 0, 19)], 1)]);
  const before = scan([GENESIS]);
  expect(nextIndex(before, 'bip84', 'receive')).toBe(0);
  const after = connectBlock(before, first);
  expect(nextIndex(after, 'bip84', 'receive')).toBe(20);
  expect(after.branches[0]?.scripts.length).toBe(40);
  expect(disconnectBlock(after, first)).toEqual(before);
});

test('one block pays index 39 first and index 19 later: both are found', () => {
  const block = makeBlock(GENESIS, [makeTx([], [pay(1, 2, 39)], 1), makeTx([], [pay(2, 2, 19)], 2)]);
  expect(balanceOf(scan([GENESIS, block])).confirmed).toBe(3n);
});

test('addresses handed out: never the same twice, never one that was paid to, and all are watched', () => {
  const first = giveScript(EMPTY, 'bip86', 'receive');
  const second = giveScript(first.state, 'bip86', 'receive');
  expect([first.path.index, second.path.index]).toEqual([0, 1]);
  expect(second.script).toEqual(ownScript(2, 1));
  const paid = scan([GENESIS, makeBlock(GENESIS, [makeTx([], [pay(1, 2, 7)], 1)])], second.state);
  expect(giveScript(paid, 'bip86', 'receive').path.index).toBe(8);
  let state = EMPTY;
  for (let i = 0; i < 30; i++) state = giveScript(state, 'bip84', 'receive').state;
  expect(state.branches[0]?.scripts.length).toBe(50);
});

test('a coinbase: immature for 100 blocks, its own included, then spendable', () => {
  const blocks = [GENESIS];
  const reward = makeBlock(GENESIS, [coinbaseTx([pay(5000)], 1)]);
  blocks.push(reward);
  while (blocks.length < 100) blocks.push(makeBlock(blocks.at(-1), []));
  const state = scan(blocks);
  expect(balanceOf(state)).toMatchObject({ confirmed: 0n, immature: 5000n, spendable: 0n });
  expect(balanceOf(connectBlock(state, makeBlock(blocks.at(-1), [])))).toMatchObject({
    confirmed: 5000n,
    immature: 0n,
    spendable: 5000n,
  });
});

const funding = makeTx([], [pay(10_000)], 1);
const funded = scan([GENESIS, makeBlock(GENESIS, [funding])]);
const tip = makeBlock(GENESIS, [funding]);
const coin = { txid: txid(funding), vout: 0 };

test('a pending send: its coin is gone, its change is there and spendable if the policy says so', () => {
  const send = makeTx([coin], [payOther(3000), pay(6800, 1, 0)], 2);
  const state = addPending(funded, send);
  expect(balanceOf(state)).toEqual({
    confirmed: 10_000n,
    immature: 0n,
    pendingIn: 6800n,
    pendingOut: 10_000n,
    reserved: 0n,
    spendable: 6800n,
    watched: 0n,
  });
  expect(spendableCoins(state, { change: false })).toEqual([]);
  expect(historyOf(state).at(-1)).toMatchObject({
    txid: txid(send),
    status: 'pending',
    sent: 10_000n,
    received: 6800n,
    fee: 200n,
  });
});

test('an announced payment from someone else: pending, not spendable', () => {
  const incoming = makeTx([], [pay(700, 0, 1)], 9);
  const state = addPending(funded, incoming);
  expect(balanceOf(state)).toMatchObject({ pendingIn: 700n, spendable: 10_000n });
  expect(coinsOf(state).at(-1)).toMatchObject({ status: 'incoming', block: null });
});

test('change of a transaction that others pay into as well: not spendable before it confirms', () => {
  const joint = makeTx([coin, { txid: 'ab'.repeat(32), vout: 0 }], [payOther(15_000), pay(4000, 1, 0)], 2);
  const state = addPending(funded, joint);
  expect(spendableCoins(state, { change: true })).toEqual([]);
  expect(historyOf(state).at(-1)?.fee).toBeNull();
});

test('a pending send is double-spent in a block: conflicted with all that spends from it; the block undone: pending again', () => {
  const send = makeTx([coin], [payOther(3000), pay(6800, 1, 0)], 2);
  const child = makeTx([{ txid: txid(send), vout: 1 }], [payOther(6000)], 3);
  const state = [send, child].reduce(addPending, funded);
  const rival = makeTx([coin], [payOther(9900)], 4);
  const block = makeBlock(tip, [rival]);
  const beaten = connectBlock(state, block);
  expect([send, child].map((tx) => statusOf(beaten, txid(tx)))).toEqual(['conflicted', 'conflicted']);
  expect(balanceOf(beaten)).toMatchObject({ confirmed: 0n, pendingIn: 0n, pendingOut: 0n, spendable: 0n });
  expect(disconnectBlock(beaten, block)).toEqual(state);
  expect(Object.keys(dropPending(beaten, txid(send)).transactions).sort()).toEqual(
    [txid(funding), txid(rival)].sort(),
  );
});

test("a joint transaction is beaten by a double spend of another party's coin: seen as conflicted, our coin is free", () => {
  const theirs = { txid: 'ab'.repeat(32), vout: 0 };
  const state = addPending(funded, makeTx([coin, theirs], [payOther(15_000)], 2));
  expect(balanceOf(state).spendable).toBe(0n);
  const block = makeBlock(tip, [makeTx([theirs], [payOther(5000)], 3)]);
  expect(balanceOf(connectBlock(state, block)).spendable).toBe(10_000n);
});

test('a replacement is added: the original and its children are gone; the original confirms after all: it counts', () => {
  const send = makeTx([coin], [payOther(3000), pay(6800, 1, 0)], 2);
  const child = makeTx([{ txid: txid(send), vout: 1 }], [payOther(6000)], 3);
  const replacement = makeTx([coin], [payOther(3000), pay(6000, 1, 0)], 4);
  const state = [send, child, replacement].reduce(addPending, funded);
  expect(Object.keys(state.transactions).sort()).toEqual([txid(funding), txid(replacement)].sort());
  const after = connectBlock(state, makeBlock(tip, [send]));
  expect(statusOf(after, txid(replacement))).toBe('conflicted');
  expect(balanceOf(after)).toMatchObject({ confirmed: 6800n, pendingIn: 0n });
});

test('a transaction that contradicts a confirmed one is added: nothing changes', () => {
  const send = makeTx([coin], [payOther(3000)], 2);
  const after = connectBlock(funded, makeBlock(tip, [send]));
  expect(addPending(after, makeTx([coin], [payOther(4000)], 3))).toBe(after);
});

test('a transaction that is none of the wallet: not recorded', () => {
  expect(addPending(funded, makeTx([], [payOther(1)], 7))).toBe(funded);
  const block = makeBlock(tip, [makeTx([], [payOther(1)], 7)]);
  expect(connectBlock(funded, block).transactions).toBe(funded.transactions);
});

test('a confirmed send, its block undone: pending again; a payment known from that block only: forgotten', () => {
  const send = makeTx([coin], [payOther(3000), pay(6800, 1, 0)], 2);
  const block = makeBlock(tip, [send, makeTx([], [pay(44, 0, 3)], 5)]);
  const pending = addPending(funded, send);
  const state = disconnectBlock(connectBlock(pending, block), block);
  expect(state).toEqual(pending);
  expect(statusOf(state, txid(send))).toBe('pending');
});

test('a watched script: its coin is listed, not counted, not spendable', () => {
  const state = connectBlock(
    watchScript(scan([GENESIS]), FOREIGN_SCRIPT, 'settlement'),
    makeBlock(GENESIS, [makeTx([], [payOther(800)], 1)]),
  );
  expect(coinsOf(state)).toMatchObject([{ owner: { type: 'watched', purpose: 'settlement' } }]);
  expect(balanceOf(state)).toMatchObject({ confirmed: 0n, watched: 800n, spendable: 0n });
});

test('reserved coins: not selected, counted; taken for another purpose: refused by name', () => {
  const reserved = reserveCoins(funded, [coin], 'channel 1');
  if (!reserved.ok) throw new Error(reserved.error.code);
  expect(balanceOf(reserved.value)).toMatchObject({ confirmed: 10_000n, reserved: 10_000n, spendable: 0n });
  expect(reserveCoins(reserved.value, [coin], 'channel 1').ok).toBe(true);
  expect(reserveCoins(reserved.value, [coin], 'channel 2')).toEqual({
    ok: false,
    error: { code: 'coinUnavailable', outpoint: coin, reservedFor: 'channel 1' },
  });
  expect(reserveCoins(funded, [{ txid: txid(funding), vout: 1 }], 'x')).toMatchObject({
    ok: false,
    error: { reservedFor: null },
  });
});

test('a block that does not follow, or a disconnect that is not the tip: a bug of the caller; done before: no change', () => {
  const stranger = makeBlock(makeBlock(GENESIS, [], 7), []);
  expect(() => connectBlock(funded, stranger)).toThrow('does not follow');
  expect(() => disconnectBlock(funded, stranger)).toThrow('is not the tip');
  expect(connectBlock(funded, tip)).toBe(funded);
  expect(disconnectBlock(funded, makeBlock(tip, []))).toBe(funded);
});

test('stored text that is no state: data', () => {
  for (const text of ['', '{}', '[]', '{"format":2}', '{"format":1}', 'null'])
    expect(walletStateFromJson(text)).toMatchObject({ ok: false, error: { code: 'malformedState' } });
});

test('three hundred blocks with a coin for the wallet in each: all of them counted', () => {
  let state = EMPTY;
  let previous: Block | undefined;
  const transactions = (height: number): readonly Tx[] =>
    Array.from({ length: 20 }, (_, i) =>
      makeTx([], [i === 0 ? pay(1000, 0, height % 15) : payOther(5)], height * 20 + i),
    );
  for (let height = 0; height < 300; height++) {
    previous = makeBlock(previous, transactions(height));
    state = connectBlock(state, previous);
  }
  expect(balanceOf(state).confirmed).toBe(300_000n);
});
