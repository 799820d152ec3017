import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import fc from 'fast-check';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { toHex } from '../../src/base/bytes.ts';
import { encodeEvidence } from '../../src/dispute/file.ts';
import { evidenceReport } from '../../src/rpc/shapes/evidence.ts';
import { encodeTx } from '../../src/tx/transaction.ts';
import { mnemonicFromEntropy } from '../../src/wallet/mnemonic.ts';
import { encodeMessage } from '../../src/wire/messages.ts';
import { evidence } from '../dispute/support.ts';
import { runCli, spawnCli } from './support/runCli.ts';

let folder: string;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'wattlane-decode-'));
});
afterAll(() => rm(folder, { recursive: true }));

const ID = `02${'79be667ef9dcbbac55a06295ce870b07029bfcdb2dce28d959f2815b16f81798'}`;
const TX = {
  version: 3,
  locktime: 0x20000001,
  inputs: [
    { txid: 'aa'.repeat(32), vout: 0, sequence: 0x80000002, scriptSig: new Uint8Array(), witness: [] },
  ],
  outputs: [{ value: 240n as never, script: Uint8Array.of(0x51, 0x02, 0x4e, 0x73) }],
};

describe('decode', () => {
  it.each([
    [`${ID}@host:9735`, 'nodeUri', 'a node and where it listens'],
    [ID, 'publicKey', 'a public key'],
    ['bcrt1qw508d6qejxtdg4y5r3zarvary0c5xw7kygt080', 'address', 'an address of regtest'],
    ['tb1qw508d6qejxtdg4y5r3zarvary0c5xw7kxpjzsx', 'address', 'an address of testnet or signet'],
    [
      toHex(encodeMessage({ type: 'yield_turn', channelId: new Uint8Array(32), turn: 7n })),
      'message',
      'a message between nodes: yield_turn',
    ],
    [toHex(encodeTx(TX)), 'transaction', 'by its form a commitment'],
  ])('%s', async (text, type, title) => {
    const { code, stdout } = await runCli(['decode', text, '--json']);
    expect(code).toBe(0);
    expect(JSON.parse(stdout)).toMatchObject({ type, title: expect.stringContaining(title) });
    expect((await runCli(['decode', text])).stdout).toContain(title);
  });

  it('a file, in bytes or as text, is the same as what is in it', async () => {
    const bytes = encodeTx(TX);
    await writeFile(join(folder, 'bytes'), bytes);
    await writeFile(join(folder, 'hex'), `${toHex(bytes)}\n`);
    const [one, other] = [
      await runCli(['decode', join(folder, 'bytes')]),
      await runCli(['decode', join(folder, 'hex')]),
    ];
    expect(one.stdout).toBe(other.stdout);
    expect(one.code).toBe(0);
  });

  it('the words of a seed are not repeated', async () => {
    const words = mnemonicFromEntropy(new Uint8Array(16).fill(9));
    const { code, stdout, stderr } = await runCli(['decode', words]);
    expect({ code, stderr }).toEqual({ code: 0, stderr: '' });
    expect(stdout).toContain('12 words');
    for (const word of words.split(' ')) expect(stdout).not.toContain(` ${word} `);
  });

  it('nothing that it knows: exit code 1', async () => {
    expect(await runCli(['decode', 'no such thing'])).toMatchObject({ code: 1, stdout: '' });
    expect(await runCli(['decode', 'deadbeef'])).toMatchObject({ code: 1 });
  });

  it('any bytes: an answer or exit code 1, never a crash', async () => {
    await fc.assert(
      fc.asyncProperty(fc.uint8Array({ minLength: 1, maxLength: 200 }), async (bytes) => {
        expect([0, 1]).toContain((await runCli(['decode', toHex(bytes)])).code);
      }),
      { numRuns: 50 },
    );
  });
});

describe('evidence verify', () => {
  it('a file that can be judged: what the rules say, exit code 0, as the RPC has it with --json', async () => {
    const path = join(folder, 'good');
    await writeFile(path, encodeEvidence({ ...evidence(), verdict: null }));
    const { code, stdout } = await runCli(['evidence', 'verify', path]);
    expect(code).toBe(0);
    expect(stdout).toContain('delivery 1, unit 1: notDelivered\n');
    expect(stdout).toContain('the utility signed no verdict\n');
    const { report } = JSON.parse((await runCli(['evidence', 'verify', path, '--json'])).stdout);
    expect(evidenceReport.parse(report).judged?.decision).toBe('penalise');
  });

  it('no file, no evidence: a line that says so', async () => {
    const path = join(folder, 'bad');
    await writeFile(path, 'WATTLANE EVIDENCE, or so it says, but no more than that is in it at all');
    expect(await spawnCli(['evidence', 'verify', join(folder, 'missing')])).toMatchObject({
      code: 5,
      stderr: expect.stringContaining('is not there'),
    });
    expect(await runCli(['evidence', 'verify', path])).toMatchObject({
      code: 1,
      stderr: expect.stringContaining('is no evidence: unknownVersion'),
    });
  });
});
