import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { encodeEvidence } from '../../src/dispute/file.ts';
import { main } from '../../tools/evidence.ts';
import { evidence } from '../dispute/support.ts';

let folder: string;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'wattlane-evidence-'));
});
afterAll(() => rm(folder, { recursive: true }));

async function run(...args: string[]): Promise<{ code: number; lines: string[] }> {
  const lines: string[] = [];
  const code = await main(args, (line) => lines.push(line));
  return { code, lines };
}

it('a file that can be judged: what the rules say, exit code 0', async () => {
  const path = join(folder, 'good');
  await writeFile(path, encodeEvidence({ ...evidence(), verdict: null }));
  const { code, lines } = await run('verify', path);
  expect(code).toBe(0);
  expect(lines).toContain('delivery 1, unit 1: notDelivered');
  expect(lines).toContain('the utility signed no verdict');
});

it('no file, no evidence, no command: one line that says so, exit code 1', async () => {
  const path = join(folder, 'bad');
  await writeFile(path, 'WATTLANE EVIDENCE, or so it says, but no more than that is in it at all');
  expect((await run('verify', join(folder, 'missing'))).lines.join()).toContain('ENOENT');
  expect((await run('verify', path)).lines.join()).toContain('is no evidence: unknownVersion');
  expect(await run()).toEqual({ code: 1, lines: ['usage: npm run evidence -- verify FILE'] });
});
