import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync } from 'node:fs';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import {
  type BitcoindProgram,
  FaucetEmpty,
  findBitcoind,
  type Regtest,
  StartFailed,
  startRegtest,
} from '../../regtest/index.ts';
import { hasEnded, isRunning, kill } from '../../regtest/processes.ts';
import { probe } from '../../regtest/program.ts';
import { fromHex } from '../../src/base/bytes.ts';
import { RpcError } from '../../src/chain/bitcoind/index.ts';
import { OP, p2wsh } from '../../src/tx/script.ts';
import { decodeTx } from '../../src/tx/transaction.ts';

const SCRIPT = p2wsh(Uint8Array.of(OP.ONE));

describe('a node of our own', () => {
  let regtest: Regtest;

  beforeAll(async () => {
    regtest = await startRegtest();
  });

  afterAll(() => regtest.stop());

  test('started: one reward can be spent', async () => {
    expect(await regtest.height()).toBe(101);
  });

  test('mine to an address: its coins', async () => {
    const address = 'bcrt1qft5p2uhsdcdc3l2ua4ap5qqfg4pjaqlp250x7us7a8qqhrxrxfsqseac85';
    const [hash] = await regtest.mine(1, address);
    expect(JSON.stringify(await regtest.call('getblock', hash, 2))).toContain(address);
  });

  test('fund: output 0 has the value and script, in a block', async () => {
    const chain = await regtest.chain();
    const outpoint = await regtest.fund(SCRIPT, 123_456n);
    expect(await chain.unspentOutput(outpoint)).toEqual({
      value: 123_456n,
      script: SCRIPT,
      confirmations: 1,
      coinbase: false,
    });
  });

  test('fund without confirmation: in the mempool, the height stays', async () => {
    const height = await regtest.height();
    const { txid } = await regtest.fund(SCRIPT, 10_000n, { confirm: false });
    expect(await regtest.call('getrawmempool')).toContain(txid);
    expect(await regtest.height()).toBe(height);
    await regtest.mine(1);
  });

  test('fund many at once: each its own output', async () => {
    const made = await Promise.all(
      Array.from({ length: 10 }, (_, i) => regtest.fund(SCRIPT, 10_000n + BigInt(i), { confirm: false })),
    );
    expect(new Set(made.map((each) => each.txid)).size).toBe(10);
    await regtest.mine(1);
    expect(await regtest.call('getrawmempool')).toEqual([]);
  });

  test('fund more than one reward: from several', async () => {
    await regtest.mine(3);
    const { txid } = await regtest.fund(SCRIPT, 12_000_000_000n);
    expect(await (await regtest.chain()).unspentOutput({ txid, vout: 0 })).toMatchObject({
      value: 12_000_000_000n,
    });
  });

  test('fund more than there is: FaucetEmpty; a text that is no address: RangeError', async () => {
    await expect(regtest.fund(SCRIPT, 2_000_000_000_000_000n)).rejects.toBeInstanceOf(FaucetEmpty);
    await expect(regtest.fund('nobody', 10_000n)).rejects.toBeInstanceOf(RangeError);
  });

  test('reorg: another tip, one block higher, and its transactions come back', async () => {
    const { txid } = await regtest.fund(SCRIPT, 10_000n);
    const chain = await regtest.chain();
    const before = await chain.tip();
    const mined = await regtest.reorg(2);
    const after = await chain.tip();
    expect(mined).toHaveLength(3);
    expect(after).toEqual({ height: before.height + 1, hash: mined[2] });
    expect(await chain.blockHash(before.height)).not.toBe(before.hash);
    expect(await chain.unspentOutput({ txid, vout: 0 })).toBeDefined();
  });

  test('mine exactly: the transactions that are named, not what the mempool holds', async () => {
    const asked = await regtest.fund(SCRIPT, 10_000n, { confirm: false });
    const raw = String(await regtest.call('getrawtransaction', asked.txid));
    const other = await regtest.fund(SCRIPT, 20_000n, { confirm: false });
    const tx = decodeTx(fromHex(raw));
    if (!tx.ok) throw new Error(tx.error.reason);
    const block = await regtest.mineExactly([tx.value]);
    expect(await regtest.call('getblock', block, 1)).toMatchObject({
      tx: [expect.any(String), asked.txid],
    });
    expect(await regtest.call('getrawmempool')).toEqual([other.txid]);
    await regtest.mine(1);
  });

  test('reorg again and again at one height: a new branch each time, the faucet still pays', async () => {
    const tips = new Set<string | undefined>();
    for (let i = 0; i < 4; i++) tips.add((await regtest.reorg(1, { mine: 1 }))[0]);
    expect(tips.size).toBe(4);
    await regtest.fund(SCRIPT, 10_000n);
  });

  test('reorg of every block: the faucet is filled on the new branch', async () => {
    await regtest.reorg(await regtest.height());
    await regtest.fund(SCRIPT, 10_000n);
  });

  test('call of an unknown method: RpcError', async () => {
    await expect(regtest.call('nosuchmethod')).rejects.toBeInstanceOf(RpcError);
  });
});

describe('the end', () => {
  test('stop: no process and no directory left, also when called twice', async () => {
    const regtest = await startRegtest();
    await Promise.all([regtest.stop(), regtest.stop()]);
    expect(isRunning(regtest.pid)).toBe(false);
    expect(existsSync(regtest.dataDir)).toBe(false);
  });

  test('stop of a node that was killed: no error, no directory left', async () => {
    const regtest = await startRegtest();
    kill(regtest.pid, 'SIGKILL');
    await regtest.stop();
    expect(isRunning(regtest.pid)).toBe(false);
    expect(existsSync(regtest.dataDir)).toBe(false);
  });

  test('a named data directory: kept, and the chain goes on from there', async () => {
    const dataDir = await mkdtemp(join(tmpdir(), 'wattlane-kept-'));
    try {
      const first = await startRegtest({ dataDir });
      await first.fund(SCRIPT, 10_000n);
      await first.stop();
      const second = await startRegtest({ dataDir });
      expect(await second.height()).toBe(102);
      await second.stop();
    } finally {
      await rm(dataDir, { recursive: true });
    }
  });

  test('a data directory in use: StartFailed with what bitcoind said', async () => {
    const first = await startRegtest();
    try {
      const second = startRegtest({ dataDir: first.dataDir });
      await expect(second).rejects.toBeInstanceOf(StartFailed);
      await expect(second).rejects.toThrow(/lock/i);
      expect(await first.height()).toBe(101);
    } finally {
      await first.stop();
    }
  });

  test('an argument that bitcoind does not know: StartFailed that names it', async () => {
    await expect(startRegtest({ extraArgs: ['-nosuchoption=1'] })).rejects.toThrow(/nosuchoption/);
  });

  test.each(['SIGKILL', 'SIGINT', 'SIGTERM'] as const)(
    'our process ended by %s: no process and no directory left',
    async (signal) => {
      const { owner, pid, dataDir } = await startElsewhere(
        'await new Promise(() => setInterval(() => {}, 1000))',
      );
      owner.kill(signal);
      expect(await hasEnded(pid, 30_000)).toBe(true);
      await gone(dataDir);
    },
  );

  test('our process ended by a forgotten stop: it ends, and leaves nothing', async () => {
    const { owner, pid, dataDir } = await startElsewhere('');
    if (owner.exitCode === null) await once(owner, 'exit');
    expect(await hasEnded(pid, 30_000)).toBe(true);
    await gone(dataDir);
  });
});

/** A process of its own that starts a node, prints its process id and directory, and goes on with `then`. */
async function startElsewhere(then: string): Promise<{ owner: ChildProcess; pid: number; dataDir: string }> {
  const module = new URL('../../regtest/index.ts', import.meta.url);
  const source = `
    const { startRegtest } = await import(${JSON.stringify(module.href)});
    const node = await startRegtest();
    console.log(node.pid + ' ' + node.dataDir);
    ${then}`;
  const owner = spawn(process.execPath, ['--import', 'tsx', '--input-type=module', '-e', source], {
    cwd: fileURLToPath(new URL('../..', import.meta.url)),
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  const [line] = await once(owner.stdout, 'data');
  const [pid, dataDir] = String(line).trim().split(' ');
  return { owner, pid: Number(pid), dataDir: String(dataDir) };
}

/** Waits until a directory is gone: the guard removes it after the process has ended. */
async function gone(directory: string): Promise<void> {
  await expect.poll(() => existsSync(directory), { timeout: 30_000 }).toBe(false);
}

describe('a seed', () => {
  async function story(seed: string): Promise<readonly unknown[]> {
    const regtest = await startRegtest({ seed });
    try {
      const told: unknown[] = [await regtest.call('getbestblockhash')];
      told.push(await regtest.fund(SCRIPT, 100_000n), await regtest.fund(SCRIPT, 5_100_000_000n));
      told.push(await regtest.fund(SCRIPT, 100_000n, { confirm: false }), await regtest.reorg(2));
      await regtest.reorg(1, { mine: 0 });
      told.push(await regtest.mineExactly([]));
      await regtest.restart();
      told.push(await regtest.mine(3), await regtest.fund(SCRIPT, 10_000n));
      return told;
    } finally {
      await regtest.stop();
    }
  }

  test('the same: the same blocks and transactions, also over a reorg and a restart', async () => {
    expect(await story('windmill')).toEqual(await story('windmill'));
  });

  test('another: other blocks and transactions', async () => {
    const [a, b] = [await story('windmill'), await story('turbine')];
    for (const [i, told] of a.entries()) expect(told).not.toEqual(b[i]);
  });
});

/** A program that says it is Bitcoin Core and, as that does, refuses options that only Knots knows. */
async function likeCore(directory: string): Promise<BitcoindProgram> {
  const { command, args } = await findBitcoind();
  const script = `#!/bin/sh
for option; do
  case "$option" in
    --version) echo 'Bitcoin Core daemon version v30.0.0'; exit;;
    -mempooltruc=*) echo "Error: Error parsing command line arguments: Invalid parameter $option" >&2; exit 1;;
  esac
done
exec ${[command, ...args].map((word) => `'${word}'`).join(' ')} "$@"
`;
  const file = join(directory, 'bitcoind');
  await writeFile(file, script, { mode: 0o755 });
  const program = await probe(file);
  if (typeof program === 'string') throw new Error(program);
  return program;
}

describe('Bitcoin Core', () => {
  test.each(['accept', 'enforce'] as const)(
    'mempoolTruc %s: started without the option',
    async (mempoolTruc) => {
      const directory = await mkdtemp(join(tmpdir(), 'wattlane-core-'));
      try {
        const regtest = await startRegtest({ program: await likeCore(directory), mempoolTruc });
        await regtest.stop();
        expect(isRunning(regtest.pid)).toBe(false);
      } finally {
        await rm(directory, { recursive: true });
      }
    },
  );
});

describe('version 3 rules', () => {
  test.each(['accept', 'enforce'] as const)(
    'mempoolTruc %s: as asked, on Bitcoin Knots',
    async (mempoolTruc) => {
      const { knots } = await findBitcoind();
      const regtest = await startRegtest({ mempoolTruc });
      try {
        const info = await regtest.call('getmempoolinfo');
        if (knots) expect(info).toMatchObject({ truc_policy: mempoolTruc });
      } finally {
        await regtest.stop();
      }
    },
  );
});
