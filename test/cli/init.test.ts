import { mkdtemp, readdir, readFile, rm, stat, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { openSeed, seedPath } from '../../src/daemon/seed/seed.ts';
import { checkMnemonic } from '../../src/wallet/mnemonic.ts';
import { buildProgram, type Program } from '../../tools/program.ts';
import { runCli, spawnCli } from './support/runCli.ts';

let folder: string;
let passphraseFile: string;
let program: Program;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'wattlane-init-'));
  passphraseFile = join(folder, 'passphrase');
  await writeFile(passphraseFile, 'a long one\n');
  program = await buildProgram('src/cli/main.ts', { others: ['src/daemon/main.ts'] });
});
afterAll(async () => {
  await rm(folder, { recursive: true });
  await program.remove();
});

const init = (dataDir: string, ...args: string[]) =>
  runCli(['--data-dir', join(folder, dataDir), 'init', '--passphrase-file', passphraseFile, ...args]);

describe('init', () => {
  it('makes a seed that the words open again, for its owner alone, and settings without a secret', async () => {
    const words = join(folder, 'words');
    const { code, stdout } = await init(
      'one',
      '--role',
      'producer',
      '--words-file',
      words,
      '--listen',
      '0.0.0.0:9735',
      '--json',
    );
    expect(code).toBe(0);
    const dataDir = join(folder, 'one');
    expect(JSON.parse(stdout)).toMatchObject({
      role: 'producer',
      network: 'regtest',
      dataDir,
      wordsFile: words,
    });
    const phrase = (await readFile(words, 'utf8')).trim();
    expect(checkMnemonic(phrase).ok).toBe(true);
    expect(await openSeed(seedPath(dataDir), 'a long one')).toEqual({ ok: true, value: phrase });
    for (const file of [words, seedPath(dataDir), join(dataDir, 'wattlaned.json')])
      expect((await stat(file)).mode & 0o077).toBe(0);
    const settings = await readFile(join(dataDir, 'wattlaned.json'), 'utf8');
    expect(JSON.parse(settings)).toEqual({ role: 'producer', listen: '0.0.0.0:9735', passphraseFile });
    for (const word of phrase.split(' ')) expect(stdout).not.toContain(` ${word} `);
  });

  it('a node that is there already is left as it is', async () => {
    const before = await readFile(seedPath(join(folder, 'one')), 'utf8');
    expect(await init('one', '--role', 'producer', '--words-file', join(folder, 'other'))).toMatchObject({
      code: 1,
      stderr: expect.stringContaining('exists already'),
    });
    expect(await readFile(seedPath(join(folder, 'one')), 'utf8')).toBe(before);
    expect(await readdir(folder)).not.toContain('other');
  });

  it('words that cannot be written: nothing of a node stays', async () => {
    const words = join(folder, 'words');
    expect(await init('two', '--role', 'utility', '--words-file', words)).toMatchObject({ code: 1 });
    expect(await readdir(join(folder, 'two'))).toEqual([]);
  });

  it.each([
    [['--role', 'consumer'], 'there is no terminal to show the words'],
    [['--role', 'king', '--words-file', 'x'], 'must be one of consumer, producer, utility'],
    [['--words-file', 'x'], 'role is not set'],
    [['--role', 'consumer', '--network', 'mainnet', '--words-file', 'x'], 'must not be mainnet'],
    [['--role', 'consumer', '--listen', 'here', '--words-file', 'x'], '--listen must be HOST:PORT'],
  ])('%j: exit code 2 with the reason, and no file', async (args, reason) => {
    expect(await init('three', ...args)).toMatchObject({
      code: 2,
      stdout: '',
      stderr: expect.stringContaining(reason),
    });
    expect(await readdir(folder)).not.toContain('three');
  });
});

describe('restore', () => {
  it('words that are none, a backup that is not there: exit codes 2 and 5, and no data directory', async () => {
    const words = join(folder, 'noWords');
    await writeFile(words, 'abandon '.repeat(12));
    const restore = [
      '--data-dir',
      join(folder, 'four'),
      'restore',
      '--role',
      'consumer',
      '--passphrase-file',
      passphraseFile,
    ];
    expect(await runCli([...restore, '--words-file', words])).toMatchObject({
      code: 2,
      stderr: expect.stringContaining('checksum'),
    });
    expect(await runCli([...restore, '--words-file', words, '--backup', join(folder, 'none')])).toMatchObject(
      { code: 5 },
    );
  });
});

describe('restore of words alone', () => {
  const words =
    'abandon abandon abandon abandon abandon abandon abandon abandon abandon abandon abandon about';

  it.each([
    ['no birthday: the seed counts as used, from block 0 on, also when its first start fails', [], 0],
    ['a birthday: that one', ['--birthday', '77'], 77],
  ])('with %s', async (name, args, birthday) => {
    const wordsFile = join(folder, 'goodWords');
    await writeFile(wordsFile, words);
    const dataDir = join(folder, `restored ${name.length}`);
    const command = ['--role', 'consumer', '--passphrase-file', passphraseFile, '--words-file', wordsFile];
    // no folder can be made there, so that the start fails before it needs a chain
    const broken = ['--backup-file', join(wordsFile, 'x')];
    const restored = await spawnCli(
      ['--data-dir', dataDir, 'restore', ...command, ...broken, ...args],
      [program.path],
    );
    expect(restored.code).not.toBe(0);
    expect(JSON.parse(await readFile(join(dataDir, 'wattlaned.json'), 'utf8'))).toMatchObject({ birthday });
  });
});

describe('start', () => {
  it('without a seed: exit code 5, and how to make one', async () => {
    expect(await runCli(['--data-dir', join(folder, 'none'), 'start'])).toMatchObject({
      code: 5,
      stderr: expect.stringContaining("'wattlane init'"),
    });
  });

  it('with a wrong passphrase: exit code 4, and what the daemon says', async () => {
    const wrong = join(folder, 'wrong');
    await writeFile(wrong, 'another\n');
    const dataDir = join(folder, 'one');
    expect(
      await spawnCli(['--data-dir', dataDir, 'start', '--passphrase-file', wrong], [program.path]),
    ).toMatchObject({
      code: 4,
      stderr: expect.stringContaining('not the passphrase of the seed'),
    });
  });
});
