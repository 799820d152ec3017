import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type Regtest, startRegtest } from '../../regtest/index.ts';
import { tokenPath } from '../../src/daemon/rpc/tokens.ts';
import { createSeed, newPhrase, seedPath } from '../../src/daemon/seed/seed.ts';
import { VERSION } from '../../src/daemon/version.ts';
import { buildProgram, type Program } from '../../tools/program.ts';
import { type DaemonProcess, spawnDaemon } from '../support/wattlaned.ts';

const PASSPHRASE = 'correct horse battery staple';
const QUICK = { N: 2 ** 10, r: 8, p: 1 };

let regtest: Regtest;
let dir: string;
let program: Program;
const children: DaemonProcess[] = [];

beforeAll(async () => {
  dir = await mkdtemp(join(tmpdir(), 'wattlane-wattlaned-'));
  [regtest, program] = await Promise.all([startRegtest(), buildProgram('src/daemon/main.ts')]);
  await createSeed(seedPath(dir), { phrase: newPhrase(), passphrase: PASSPHRASE }, QUICK);
});
afterAll(async () => {
  for (const { process } of children) process.kill('SIGKILL');
  await Promise.all(children.map(({ ended }) => ended));
  await regtest.stop();
  await program.remove();
  await rm(dir, { recursive: true, force: true });
});

function start(more: readonly string[] = [], passphrase: string | undefined = PASSPHRASE): DaemonProcess {
  const login = ['--bitcoind-url', regtest.rpcUrl, '--bitcoind-cookie-file', regtest.cookieFile];
  const ports = ['--listen', '127.0.0.1:0', '--rpc-listen', '127.0.0.1:0'];
  const own = more.includes('--data-dir') ? [] : ['--data-dir', dir];
  const child = spawnDaemon(
    program.path,
    ['--role', 'consumer', ...own, ...login, ...ports, ...more],
    passphrase,
  );
  children.push(child);
  return child;
}

describe('wattlaned', () => {
  it('one at a time on a data directory: the second ends with 3; a killed one leaves nothing in the way', async () => {
    const first = start();
    const { nodeId, pid } = await first.ready;
    expect(pid).toBe(first.process.pid);
    const second = start();
    expect(await second.ended).toBe(3);
    expect(second.log()).toContain('"code":"locked"');
    first.process.kill('SIGKILL');
    expect(await first.ended).toBe('SIGKILL');
    const third = start();
    expect((await third.ready).nodeId).toBe(nodeId);
    third.process.kill('SIGTERM');
    expect(await third.ended).toBe(0);
    expect(third.log()).not.toContain(PASSPHRASE);
  });

  it('what it cannot start with: an exit code for each', async () => {
    const cases: readonly (readonly [number, string, DaemonProcess])[] = [
      [2, '--listn', start(['--listn', 'x'])],
      [4, 'wrongPassphrase', start([], 'wrong')],
      [4, 'noPassphrase', start([], '')],
      [5, 'noSeed', start(['--data-dir', join(dir, 'empty')])],
      [6, 'wrongNetwork', start(['--network', 'signet'])],
    ];
    for (const [code, word, child] of cases) {
      expect(await child.ended, word).toBe(code);
      expect(child.log()).toContain(word);
    }
  });

  it('no bitcoind: says so and waits; there at last, it starts; asked to stop while it waits, it does', async () => {
    let waiting: DaemonProcess | undefined;
    await regtest.restart(async () => {
      waiting = start();
      await waiting.logged('waiting for bitcoind');
    });
    await waiting?.ready;
    waiting?.process.kill('SIGINT');
    expect(await waiting?.ended).toBe(0);
    await regtest.restart(async () => {
      const child = start();
      await child.logged('waiting for bitcoind');
      child.process.kill('SIGTERM');
      expect(await child.ended).toBe(0);
    });
  });

  it('asked to stop over the RPC: 0; at a second signal: at once', async () => {
    const stopped = start();
    const { rpc } = await stopped.ready;
    const token = (await readFile(tokenPath(dir, 'admin'), 'utf8')).trim();
    const answer = await fetch(String(rpc), {
      method: 'POST',
      headers: { authorization: `Bearer ${token}`, 'content-type': 'application/json' },
      body: JSON.stringify({ jsonrpc: '2.0', id: 1, method: 'stop', params: {} }),
    });
    expect(await answer.json()).toMatchObject({ result: {} });
    expect(await stopped.ended).toBe(0);
    const child = start();
    await child.ready;
    child.process.kill('SIGTERM');
    child.process.kill('SIGINT');
    expect([0, 1]).toContain(await child.ended);
  });

  it('its version is the package’s', async () => {
    const text = await readFile(new URL('../../package.json', import.meta.url), 'utf8');
    expect(JSON.parse(text).version).toBe(VERSION);
  });
});
