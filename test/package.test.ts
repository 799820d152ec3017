import { execFile } from 'node:child_process';
import { mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { buildPackage } from './support/built.ts';

const run = promisify(execFile);

describe('the package, built', () => {
  let folder: string;
  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), 'wattlane-package-'));
    await buildPackage(folder);
  });
  afterAll(() => rm(folder, { recursive: true }));

  /** What a module prints that sees the package by its name, as Node runs it. */
  const printed = async (...lines: readonly string[]): Promise<string> => {
    const { stdout } = await run(process.execPath, ['--input-type=module', '-e', lines.join('\n')], {
      cwd: folder,
    });
    return stdout.trim();
  };

  it('each of its exports: loads and has names', async () => {
    const { exports } = JSON.parse(await readFile(join(folder, 'package.json'), 'utf8')) as {
      exports: Record<string, object>;
    };
    const names = Object.keys(exports).map((name) => name.replace('.', 'wattlane'));
    const counts = await printed(
      `const names = ${JSON.stringify(names)};`,
      'const modules = await Promise.all(names.map((name) => import(name)));',
      'console.log(JSON.stringify(modules.map((module) => Object.keys(module).length > 0)));',
    );
    expect(JSON.parse(counts)).toEqual(names.map(() => true));
  });

  it('`wattlane` is `wattlane/browser` and what needs Node: the same values, not copies', async () => {
    const more = await printed(
      `import * as all from 'wattlane';`,
      `import * as browser from 'wattlane/browser';`,
      'console.log(JSON.stringify(Object.keys(all).filter((name) => all[name] !== browser[name])));',
      'console.log(JSON.stringify(Object.keys(browser).filter((name) => !(name in all))));',
    );
    const needNode = ['bitcoindChain', 'nativeSecp256k1', 'webSocketServer', 'webSocketTransport'];
    expect(more.split('\n').map((line) => JSON.parse(line))).toEqual([needNode, []]);
  });

  it('`wattlane wallet`: finds the page where the package has it', async () => {
    const wallet = async () => {
      const command = ['dist/src/cli/main.js', 'wallet', 'consumer=none'];
      const ended = await run(process.execPath, command, { cwd: folder }).catch((error) => error);
      return ended.stderr as string;
    };
    expect(await wallet()).toContain('there is no page in');
    await mkdir(join(folder, 'dist/web'), { recursive: true });
    await writeFile(join(folder, 'dist/web/index.html'), '<title>page</title>');
    expect(await wallet()).toContain('no daemon has run in');
    const { scripts, files } = JSON.parse(await readFile(join(folder, 'package.json'), 'utf8'));
    expect([scripts.prepack, files]).toEqual([
      expect.stringContaining('npm run build:web'),
      expect.arrayContaining(['dist']),
    ]);
  });

  it('a node on `wattlane/sqlite`: the same node when it is started again', async () => {
    const start = [
      `import { createNode, memoryNetwork, mnemonicFromEntropy, simulatedChain, toHex } from 'wattlane';`,
      `import { sqliteStore } from 'wattlane/sqlite';`,
      'const chain = simulatedChain();',
      `const store = await sqliteStore('node.db');`,
      'const mnemonic = mnemonicFromEntropy(new Uint8Array(16).fill(1));',
      'const transport = (id) => memoryNetwork().join(id);',
      'const node = await createNode({ mnemonic, chain, transport, store });',
      'console.log(toHex(node.id), await node.wallet.newAddress());',
      'await node.stop();',
      'await store.close();',
    ];
    const [first, second] = [await printed(...start), await printed(...start)];
    const [id, address] = first.split(' ');
    const [idAgain, nextAddress] = second.split(' ');
    expect(idAgain).toBe(id);
    expect(nextAddress).not.toBe(address);
  });
});
