import { readFile } from 'node:fs/promises';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { commandTree } from '../../src/cli/program.ts';
import { codeBlocks, firstMissing } from './codeBlocks.ts';
import { type Home, makeHome } from './shell.ts';

const DOCUMENT = fileURLToPath(new URL('../../docs/run-a-node.md', import.meta.url));
const blocks = codeBlocks(await readFile(DOCUMENT, 'utf8'));

describe('docs/run-a-node.md, on regtest', () => {
  let home: Home;
  beforeAll(async () => {
    home = await makeHome();
  });
  afterAll(() => home.remove());

  it('every command works, in its order, and prints what the document shows', async () => {
    const commands = blocks.filter(({ language }) => language === 'sh');
    expect(commands.length).toBeGreaterThan(15);
    const printed = await home.run(commands);
    const missing = commands.flatMap((command, at) => {
      const shown = blocks[blocks.indexOf(command) + 1];
      if (shown?.language !== 'output') return [];
      const line = firstMissing(printed[at] ?? '', shown.text, home.path);
      return line === undefined ? [] : [`line ${shown.line}: '${line}' is not in:\n${printed[at]}`];
    });
    expect(missing.join('\n')).toBe('');
  });
});

describe('docs/run-a-node.md, elsewhere', () => {
  const lines = blocks
    .filter(({ language }) => language === 'signet' || language === 'text')
    .flatMap(({ text }) => text.split('\n'))
    .filter((line) => /^(wattlane|consumer|producer|utility) /.test(line));

  it.each(lines)('%s: a command that there is, with its arguments and options', async (line) => {
    const ran: string[] = [];
    const io = {
      stdout: { write: () => {} },
      stderr: { write: () => {} },
      stdin: process.stdin,
      env: {},
      now: () => 0,
      interrupted: new AbortController().signal,
    };
    const tree = commandTree({
      io,
      action: (command) => command.action(() => void ran.push(command.name())),
    });
    const [, ...words] = line
      .replace(/ >.*/, '')
      .replaceAll('02a1…', `02${'a1'.repeat(32)}`)
      .replaceAll('03b2…', `03${'b2'.repeat(32)}`)
      .split(' ');
    await tree.parseAsync(words, { from: 'user' });
    expect(ran).toHaveLength(1);
  });
});
