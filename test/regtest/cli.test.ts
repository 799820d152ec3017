import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { hasEnded, isRunning, kill } from '../../regtest/processes.ts';
import { buildProgram, type Program } from '../../tools/program.ts';

const ADDRESS = 'bcrt1qft5p2uhsdcdc3l2ua4ap5qqfg4pjaqlp250x7us7a8qqhrxrxfsqseac85';
const ROOT = fileURLToPath(new URL('../..', import.meta.url));

let directory: string;
let program: Program;

beforeAll(async () => {
  directory = await mkdtemp(join(tmpdir(), 'wattlane-cli-'));
  program = await buildProgram('regtest/cli.ts');
});

afterAll(async () => {
  await run('stop');
  await rm(directory, { recursive: true });
  await program.remove();
});

interface Ended {
  readonly code: number;
  readonly stdout: string;
  readonly stderr: string;
}

/** `npm run regtest -- ARGS`, compiled. */
async function run(...args: readonly string[]): Promise<Ended> {
  const child = spawn(process.execPath, [program.path, '--datadir', directory, ...args], {
    cwd: ROOT,
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  let [stdout, stderr] = ['', ''];
  child.stdout.on('data', (chunk) => {
    stdout += chunk;
  });
  child.stderr.on('data', (chunk) => {
    stderr += chunk;
  });
  const [code] = await once(child, 'close');
  return { code, stdout: stdout.trim(), stderr: stderr.trim() };
}

async function pidOf(): Promise<number> {
  return JSON.parse(await readFile(join(directory, 'state.json'), 'utf8')).pid;
}

test('start, mine, fund, reorg, cli, stop: each does its part and says so', async () => {
  const started = await run('start', '--seed', 'cli');
  expect(started).toMatchObject({ code: 0, stderr: '' });
  expect(started.stdout).toMatch(/height 101/);
  expect(started.stdout).toMatch(/^rpc +http:\/\/127\.0\.0\.1:\d+$/m);
  const pid = await pidOf();
  expect(isRunning(pid)).toBe(true);
  expect((await run('status')).stdout).toBe(started.stdout);

  expect((await run('mine', '2')).stdout.split('\n')).toHaveLength(2);
  const funded = await run('fund', ADDRESS, '50000');
  expect(funded.stdout).toMatch(/^[0-9a-f]{64}:0$/);
  const [txid] = funded.stdout.split(':');
  expect(JSON.parse((await run('cli', 'gettxout', String(txid), '0')).stdout)).toMatchObject({
    value: 0.0005,
  });
  expect((await run('reorg', '2')).stdout.split('\n')).toHaveLength(3);
  expect(await run('cli', 'getblockcount')).toMatchObject({ code: 0, stdout: '105' });

  expect(await run('start')).toMatchObject({ code: 1, stderr: expect.stringContaining('runs already') });
  expect(await run('cli', 'getblockhash', '9999')).toMatchObject({
    code: 1,
    stderr: 'regtest: Block height out of range',
  });
  expect(await run('fund', 'nobody', '5')).toMatchObject({
    code: 1,
    stderr: expect.stringContaining('nobody'),
  });
  expect(await run('reorg', '9999')).toMatchObject({
    code: 1,
    stderr: expect.stringContaining('105 blocks'),
  });

  expect(await run('stop')).toMatchObject({ code: 0, stdout: expect.stringContaining('stopped') });
  expect(isRunning(pid)).toBe(false);
  expect(await run('stop')).toMatchObject({ code: 1, stderr: expect.stringContaining('nothing runs') });
});

test('start after a stop: the chain goes on; with --fresh: a new one', async () => {
  expect((await run('start', '--seed', 'cli')).stdout).toMatch(/height 105/);
  await run('stop');
  expect((await run('start', '--seed', 'cli', '--fresh')).stdout).toMatch(/height 101/);
  await run('stop');
});

test('the node was killed: the next commands say that nothing runs, and start works', async () => {
  await run('start');
  const pid = await pidOf();
  kill(pid, 'SIGKILL');
  await hasEnded(pid, 30_000);
  expect(await run('status')).toMatchObject({ code: 1, stderr: expect.stringContaining('nothing runs') });
  expect(await run('start')).toMatchObject({ code: 0 });
  await run('stop');
});

test('the process id of another program in the state file: that program is left alone', async () => {
  await writeFile(join(directory, 'state.json'), JSON.stringify({ pid: process.pid, rpcPort: 1 }));
  expect(await run('stop')).toMatchObject({ code: 1, stderr: expect.stringContaining('nothing runs') });
});

test('a damaged state file: an error that names it', async () => {
  await writeFile(join(directory, 'state.json'), '{"pid": "x"');
  expect(await run('status')).toMatchObject({ code: 1, stderr: expect.stringContaining('state.json') });
  await rm(join(directory, 'state.json'));
});

test.each([
  [[], /a command is missing/],
  [['fly'], /unknown command fly/],
  [['mine'], /mine takes/],
  [['mine', 'x'], /x is not a number/],
  [['mine', '0'], /0 is not a number/],
  [['mine', '-1'], /-1/],
  [['fund', ADDRESS], /fund takes/],
  [['fund', ADDRESS, '1.5'], /1\.5 is not an amount/],
  [['fund', ADDRESS, '2200000000000000'], /not that many/],
  [['start', '--what'], /--what/],
  [['start', 'now'], /no arguments/],
  [['cli'], /RPC method/],
])('%j: exit code 2 with the reason and the usage', async (args, reason) => {
  const { code, stderr } = await run(...args);
  expect(code).toBe(2);
  expect(stderr).toMatch(reason);
  expect(stderr).toContain('npm run regtest');
});

test('--help: the usage, exit code 0', async () => {
  expect(await run('--help')).toMatchObject({ code: 0, stdout: expect.stringContaining('reorg N') });
});
