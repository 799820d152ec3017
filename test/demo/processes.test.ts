import { execFile } from 'node:child_process';
import { mkdtemp, readdir, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { describe, expect, it } from 'vitest';
import { settleAccounts } from '../../demo/accounting.ts';
import { parseOptions } from '../../demo/options.ts';
import { runProcesses } from '../../demo/processes/run.ts';
import { screenOn } from '../../demo/screen.ts';

const ROOT = fileURLToPath(new URL('../..', import.meta.url));

describe('the demo with three daemons', () => {
  it('one killed in the middle: every satoshi is where the rules put it, and nothing is left behind', async () => {
    const folder = await mkdtemp(join(tmpdir(), 'wattlane-demo-'));
    const args = ['--import', 'tsx', 'demo/main.ts', '--processes', '--units', '3'];
    const { code, stdout, stderr } = await new Promise<{ code: unknown; stdout: string; stderr: string }>(
      (resolve) =>
        execFile(
          process.execPath,
          args,
          { cwd: ROOT, env: { ...process.env, TMPDIR: folder } },
          (error, stdout, stderr) => resolve({ code: error?.code ?? 0, stdout, stderr }),
        ),
    );
    expect(`${stdout}\n${stderr}`).toContain('Equal, to the satoshi.');
    expect(stdout).toContain('kill -9');
    expect(code).toBe(0);
    const left = await readdir(folder);
    expect(left.filter((name) => name.startsWith('wattlane'))).toEqual([]);
    await rm(folder, { recursive: true });
  });

  it('rules that differ by a satoshi: it says so', async () => {
    const written: string[] = [];
    const screen = screenOn({ write: (text) => written.push(text) }, {});
    const right = await runProcesses({ seed: 'other', units: 1 }, screen, (facts) => {
      const accounts = settleAccounts(facts);
      const { producer } = accounts.expectedSat;
      return { ...accounts, expectedSat: { ...accounts.expectedSat, producer: producer + 1n } };
    });
    expect(right).toBe(false);
    expect(written.join('')).toContain('1 sat missing');
  });

  it('options of the other stories: refused', () => {
    expect(parseOptions(['--processes', '--scenario', 'breach'])).toMatchObject({ ok: false });
    expect(parseOptions(['--processes', '--units', '1000'])).toMatchObject({ ok: false });
    expect(parseOptions(['--processes', '--units', '5'])).toMatchObject({
      value: { type: 'processes', options: { seed: 'demo', units: 5 } },
    });
  });
});
