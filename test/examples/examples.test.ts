import { execFile } from 'node:child_process';
import { readdirSync, readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { buildProgram, type Program } from '../../tools/program.ts';

const ROOT = fileURLToPath(new URL('../..', import.meta.url));

const files = readdirSync(`${ROOT}/examples`)
  .filter((name) => name.endsWith('.ts'))
  .map((name) => `examples/${name}`);
let compiled: Program;
beforeAll(async () => {
  const [first = '', ...others] = files;
  compiled = await buildProgram(first, { others });
});
afterAll(() => compiled.remove());

/** Runs an example, by default compiled; rejects when it exits with anything but 0. */
async function run(
  example: string,
  program = [compiled.pathOf(`examples/${example}.ts`)],
): Promise<readonly string[]> {
  const { stdout } = await promisify(execFile)(process.execPath, program, { cwd: ROOT });
  return stdout.trim().split('\n');
}

describe('examples', () => {
  it('open-trade-close: five units are paid and the channel is closed', async () => {
    const lines = await run('open-trade-close', ['--import', 'tsx', 'examples/open-trade-close.ts']);
    expect(lines[0]).toMatch(/^channel [0-9a-f]{64} is open$/);
    expect(lines.slice(1, 6)).toEqual([0, 1, 2, 3, 4].map((unit) => `unit ${unit}: paid 4000 msat`));
    expect(lines[6]).toMatch(/^closed by [0-9a-f]{64}$/);
    expect(lines[7]).toMatch(/^the consumer has spent \d+ sat, fees included$/);
  });

  it('non-delivery: payment and stake are the utility’s', async () => {
    const lines = await run('non-delivery');
    expect(lines).toContain('the utility: unit 0 was not delivered');
    expect(lines).toContain('the consumer goes to the chain: deliveryUnanswered');
    // 20,000 of its own, 99,000 of the stake, 4 of the payment; the producer keeps its reserve
    expect(lines.at(-1)).toBe('the utility has 119004 sat, the producer 1000 sat');
  });

  it('breach-and-justice: an old state brings its publisher nothing', async () => {
    const lines = await run('breach-and-justice');
    expect(lines).toContain('the producer sees state 0, which was given up');
    expect(lines).toContain('the producer claims justice: to_broadcaster');
    // its own 100,000 and the consumer's 500,000, before the fees of the claims
    expect(lines.at(-1)).toBe('the producer has 600000 sat, the consumer 0 sat');
  });

  it('dispute: the utility pays the seller of a unit that came', async () => {
    const lines = await run('dispute');
    expect(lines).toContain('verdict: unit 0 delivered');
    expect(lines).toContain('one transaction pays everyone: true');
    expect(lines.at(-1)).toBe('the signed verdict is right');
  });

  it('backup-and-restore: a lost disk costs a fee, and the README shows the calls', async () => {
    const lines = await run('backup-and-restore');
    expect(lines[1]).toBe('the consumer closes, as it was asked to');
    const coins = Number(/has (\d+) sat/.exec(lines[2] ?? '')?.[1]);
    expect(coins).toBeGreaterThan(999_500);
    const [readme, example] = ['README.md', 'examples/backup-and-restore.ts'].map((file) =>
      readFileSync(`${ROOT}/${file}`, 'utf8'),
    );
    for (const call of ['onBackup: save });', 'backup: safePlace, onBackup: save });']) {
      const line = readme?.split('\n').find((each) => each.startsWith('const') && each.includes(call));
      expect(example).toContain(line);
    }
  });

  it('every example: short enough to read at once', () => {
    for (const file of files)
      expect(readFileSync(`${ROOT}/${file}`, 'utf8').split('\n').length, file).toBeLessThan(80);
  });
});
