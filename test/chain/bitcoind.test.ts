import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { type Regtest, startRegtest } from '../../regtest/index.ts';
import { sat } from '../../src/base/amount.ts';
import { fromHex } from '../../src/base/bytes.ts';
import { bitcoindChain, type Retry } from '../../src/chain/bitcoind/index.ts';
import { decodeBlock } from '../../src/chain/block.ts';
import { type Chain, ChainError } from '../../src/chain/port.ts';
import { OP, p2wsh } from '../../src/tx/script.ts';
import { type OutPoint, type Tx, txid, unsignedInput, withWitness } from '../../src/tx/transaction.ts';

const QUICK: Retry = { attempts: 3, firstMs: 1, longestMs: 2 };
/** Anyone can spend it: the witness is the script alone. */
const OPEN_SCRIPT = Uint8Array.of(OP.ONE);
const OPEN = p2wsh(OPEN_SCRIPT);

let regtest: Regtest;
let chain: Chain;

beforeAll(async () => {
  regtest = await startRegtest();
  chain = await regtest.chain();
});

afterAll(() => regtest.stop());

function spend(outpoint: OutPoint, value: bigint, script = OPEN, version = 2): Tx {
  const tx: Tx = {
    version,
    inputs: [unsignedInput(outpoint)],
    outputs: [{ value: sat(value), script }],
    locktime: 0,
  };
  return withWitness(tx, 0, [OPEN_SCRIPT]);
}

describe('a transaction that the node has already', () => {
  test('confirmed, its outputs spent by another block: accepted, as the blocks read of late tell', async () => {
    const first = spend(await regtest.fund(OPEN, 100_000n), 99_000n);
    expect(await chain.broadcast(first)).toEqual({ accepted: true });
    await regtest.mine(1);
    await chain.block((await chain.tip()).hash);
    const second = spend({ txid: txid(first), vout: 0 }, 98_000n);
    await chain.broadcast(second);
    await regtest.mine(1);
    expect(await chain.broadcast(first)).toEqual({ accepted: true });
  });

  test('confirmed in a block that was taken back: its double spend counts', async () => {
    const coin = await regtest.fund(OPEN, 100_000n);
    const first = spend(coin, 99_000n);
    await chain.broadcast(first);
    await regtest.mine(1);
    await chain.block((await chain.tip()).hash);
    await regtest.reorg(1, { mine: 0 });
    expect(await chain.broadcast(spend(coin, 90_000n))).toEqual({ accepted: true });
    await regtest.mine(2);
    expect(await chain.broadcast(first)).toMatchObject({ accepted: false });
  });

  test('a package with its parent in a block: the child alone decides', async () => {
    const parent = spend(await regtest.fund(OPEN, 100_000n), 99_000n);
    const child = spend({ txid: txid(parent), vout: 0 }, 98_000n);
    await chain.broadcast(parent);
    await regtest.mine(1);
    expect(await chain.broadcastPackage(parent, child)).toEqual({ accepted: true });
    expect(await chain.broadcastPackage(parent, child)).toEqual({ accepted: true });
    await regtest.mine(1);
    expect(await chain.broadcastPackage(parent, child)).toEqual({ accepted: true });
  });

  test('a package that pays nothing for its parent: taken for the fee of its child', async () => {
    const coin = await regtest.fund(OPEN, 100_000n);
    const parent = spend(coin, 100_000n, OPEN, 3);
    expect(await chain.broadcast(parent)).toEqual({ accepted: false, reason: 'min relay fee not met' });
    const child = spend({ txid: txid(parent), vout: 0 }, 98_000n, OPEN, 3);
    expect(await chain.broadcastPackage(parent, child)).toEqual({ accepted: true });
  });
});

describe('fee rates', () => {
  test('a mempool that asks for more than 1,000 sat/kvB: never below it', async () => {
    const dear = await startRegtest({ minRelayFeeSatPerKvB: 12_345 });
    try {
      const dearChain = await dear.chain();
      expect(await dearChain.minimumFeeRate()).toBe(12_345n);
      expect(await dearChain.feeRate(6)).toBe(12_345n);
    } finally {
      await dear.stop();
    }
  });

  test('a target out of range: the nearest that bitcoind knows', async () => {
    expect(await chain.feeRate(0)).toBe(await chain.feeRate(1));
    expect(await chain.feeRate(1_000_000)).toBe(1_000n);
  });
});

describe('the connection', () => {
  const login = () => ({ cookieFile: regtest.cookieFile });

  test('a node of another network: otherNetwork that names both', async () => {
    const wrong = bitcoindChain({ network: 'mainnet', url: regtest.rpcUrl, login: login() });
    await expect(wrong).rejects.toMatchObject({ code: 'otherNetwork' });
    await expect(wrong).rejects.toThrow(/regtest.*mainnet/);
  });

  test('wrong password: refused', async () => {
    const wrong = bitcoindChain({
      network: 'regtest',
      url: regtest.rpcUrl,
      login: { user: '__cookie__', password: 'wrong' },
    });
    await expect(wrong).rejects.toMatchObject({ code: 'refused' });
  });

  test('node restarted: unreachable meanwhile, then on with the new cookie', async () => {
    const steady = await bitcoindChain({
      network: 'regtest',
      url: regtest.rpcUrl,
      login: login(),
      retry: QUICK,
    });
    const before = await steady.tip();
    const pid = regtest.pid;
    await regtest.restart(async () => {
      await expect(steady.tip()).rejects.toBeInstanceOf(ChainError);
      await expect(steady.tip()).rejects.toMatchObject({ code: 'unreachable', retry: true });
    });
    expect(regtest.pid).not.toBe(pid);
    expect(await steady.tip()).toEqual(before);
    await steady.close();
  });
});

describe.each([
  ['ZMQ', () => (regtest.zmqAddress === undefined ? {} : { zmqAddress: regtest.zmqAddress })],
  ['polling', () => ({ pollMs: 20 })],
])('a listener of the tip, by %s', (_name, options) => {
  test('a new block, a branch that wins, a tip that goes down: called each time', async () => {
    const listening = await bitcoindChain({
      network: 'regtest',
      url: regtest.rpcUrl,
      login: { cookieFile: regtest.cookieFile },
      ...options(),
    });
    const seen = watchTips(listening);
    for (const change of [
      () => regtest.mine(1),
      () => regtest.reorg(2),
      () => regtest.reorg(1, { mine: 0 }),
    ]) {
      await change();
      await seen((await listening.tip()).hash);
    }
    await listening.close();
    await regtest.mine(1);
  });
});

const zeromq = await import('zeromq').catch(() => undefined);

test.runIf(zeromq !== undefined)('blocks while the poll sleeps: ZMQ tells of them', async () => {
  const listening = await bitcoindChain({
    network: 'regtest',
    url: regtest.rpcUrl,
    login: { cookieFile: regtest.cookieFile },
    pollMs: 1_000_000,
    ...(regtest.zmqAddress === undefined ? {} : { zmqAddress: regtest.zmqAddress }),
  });
  let calls = 0;
  listening.onTip(() => {
    calls += 1;
  });
  // The first call comes from the poll. bitcoind does not wait for subscribers: blocks until one is told of.
  while (calls < 2) await regtest.mine(1);
  await listening.close();
});

test('ZMQ of which nothing comes any more, also after a restart: the poll tells of blocks', async () => {
  const listening = await bitcoindChain({
    network: 'regtest',
    url: regtest.rpcUrl,
    login: { cookieFile: regtest.cookieFile },
    pollMs: 20,
    zmqAddress: 'tcp://127.0.0.1:1',
  });
  const seen = watchTips(listening);
  await regtest.mine(1);
  await seen((await listening.tip()).hash);
  await regtest.restart();
  await regtest.mine(1);
  await seen((await listening.tip()).hash);
  await listening.close();
});

test('an address that ZMQ cannot use: refused, not left to fail later', async () => {
  const wrong = bitcoindChain({
    network: 'regtest',
    url: regtest.rpcUrl,
    login: { cookieFile: regtest.cookieFile },
    zmqAddress: '127.0.0.1:28332',
  });
  await expect(wrong).rejects.toMatchObject({ code: 'refused' });
});

/** Returns a wait for the moment at which a listener, asking for the tip when called, sees this hash. */
function watchTips(listening: Chain): (hash: string) => Promise<void> {
  const waiting = new Map<string, () => void>();
  const seen = new Set<string>();
  listening.onTip(() => {
    void listening.tip().then(
      ({ hash }) => {
        seen.add(hash);
        waiting.get(hash)?.();
      },
      () => undefined, // closed meanwhile
    );
  });
  return (hash) =>
    seen.has(hash) ? Promise.resolve() : new Promise((resolve) => waiting.set(hash, resolve));
}

test('a tip that was invalidated, and blocks below it: abandoned; one that the node never heard of is not', async () => {
  await regtest.mine(3);
  const { height, hash } = await chain.tip();
  const below = { height: height - 1, hash: (await chain.blockHash(height - 1)) ?? '' };
  const stays = { height: height - 2, hash: (await chain.blockHash(height - 2)) ?? '' };
  await regtest.reorg(2, { mine: 0 });
  expect(await chain.isAbandoned({ height, hash })).toBe(true);
  expect(await chain.isAbandoned(below)).toBe(true);
  expect(await chain.isAbandoned(stays)).toBe(false);
  expect(await chain.isAbandoned({ height, hash: '12'.repeat(32) })).toBe(false);
  await regtest.mine(3);
});

describe('a block', () => {
  const raw = async () => {
    await regtest.fund(OPEN, 50_000n);
    const hash = String(await regtest.call('getbestblockhash'));
    return { hash, bytes: fromHex(String(await regtest.call('getblock', hash, 0))) };
  };

  test('whole: header and every transaction', async () => {
    const { hash, bytes } = await raw();
    const decoded = decodeBlock(bytes);
    expect(decoded).toMatchObject({ ok: true, value: { hash } });
    const known = await regtest.call('getblock', hash, 1);
    if (decoded.ok) expect(known).toMatchObject({ tx: decoded.value.transactions.map((each) => each.txid) });
    if (decoded.ok)
      expect(known).toMatchObject({
        time: decoded.value.time,
        previousblockhash: decoded.value.previousHash,
      });
  });

  test('cut anywhere, or with a byte more: malformed', async () => {
    const { bytes } = await raw();
    for (let length = 0; length < bytes.length; length++)
      expect(decodeBlock(bytes.subarray(0, length)).ok).toBe(false);
    expect(decodeBlock(Uint8Array.from([...bytes, 0])).ok).toBe(false);
  });

  test('an output altered: the merkle root gives it away', async () => {
    const { bytes } = await raw();
    const altered = bytes.slice();
    const at = indexOf(altered, OPEN);
    altered[at + 5] = (altered[at + 5] ?? 0) ^ 1;
    expect(decodeBlock(altered)).toMatchObject({ ok: false, error: { code: 'malformedBlock' } });
  });

  test('read twice: the second time without the node', async () => {
    const { hash } = await raw();
    const own = await regtest.chain();
    const block = await own.block(hash);
    expect(await own.block(hash)).toBe(block);
  });
});

function indexOf(bytes: Uint8Array, part: Uint8Array): number {
  for (let i = 0; i + part.length <= bytes.length; i++)
    if (part.every((byte, j) => bytes[i + j] === byte)) return i;
  throw new RangeError('not in there');
}
