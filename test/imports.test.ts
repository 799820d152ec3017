import { readdirSync, readFileSync } from 'node:fs';
import { join, relative, sep } from 'node:path';
import { fileURLToPath } from 'node:url';
import { describe, expect, it } from 'vitest';
import { BROWSER_ENTRIES, browserViolations } from './support/browserRules.ts';
import { FOLDERS, importViolations } from './support/importRules.ts';
import { sourceFacts } from './support/sourceText.ts';
import { WEB_LAB, WEB_PACKAGES, WEB_SOURCES, webEntries, webViolations } from './support/webRules.ts';

const ROOT = fileURLToPath(new URL('..', import.meta.url));

/** Every TypeScript file under the repository's folder, by its path from there. */
function sourcesOf(...folders: readonly string[]): Map<string, string> {
  const sources = new Map<string, string>();
  for (const folder of folders)
    for (const entry of readdirSync(join(ROOT, folder), { recursive: true, withFileTypes: true })) {
      if (!entry.isFile() || !/\.tsx?$/.test(entry.name)) continue;
      const path = join(entry.parentPath, entry.name);
      sources.set(relative(ROOT, path).split(sep).join('/'), readFileSync(path, 'utf8'));
    }
  return sources;
}

/** `a, b (a remark)` as `['a', 'b']`; `all` stays a word. */
function listOf(cell: string): readonly string[] | 'all' {
  const names = cell.replace(/\([^)]*\)/g, '').trim();
  if (names === 'all') return 'all';
  return names === '' ? [] : names.split(/\s*,\s*/);
}

describe('the repository', () => {
  const sources = sourcesOf('src', 'regtest', 'examples');

  it('src, regtest and examples: every import keeps the rules of docs/architecture.md', () => {
    expect(importViolations(sources)).toEqual([]);
  });

  it('one wrong import added at the end of a file: refused', () => {
    const file = 'src/tx/commitment.ts';
    const spoiled = `${sources.get(file)}import type { Channel } from '../channel/state.ts';`;
    const [arrow, circle] = importViolations(new Map([...sources, [file, spoiled]]));
    expect(arrow).toContain('imports src/channel/state.ts: tx may import base, crypto and nothing else');
    expect(circle).toContain('imports in a circle: ');
  });

  it('what a browser loads: nothing of Node, and no package that needs it', () => {
    expect(browserViolations(sources)).toEqual([]);
    expect(BROWSER_ENTRIES.filter((entry) => !sources.has(entry))).toEqual([]);
  });

  it.each([
    ['src/base/bytes.ts', "import 'node:fs';", "imports 'node:fs'"],
    ['src/transport/session/session.ts', "import type { WebSocket } from 'ws';", "imports 'ws'"],
    ['src/rpc/errors.ts', 'export const a = Buffer.alloc(1);', 'uses Buffer'],
    ['src/node/driver.ts', 'export const a = process.env;', 'uses process'],
    ['src/node/node.ts', "import '../store/sqlite/index.ts';", "imports 'better-sqlite3'"],
  ])('%s with %s: refused for the browser, with the way to it', (file, text, what) => {
    const spoiled = browserViolations(new Map([...sources, [file, `${sources.get(file)}${text}`]]));
    expect(spoiled.join('\n')).toContain(what);
    expect(spoiled[0]).toMatch(/\(src\/(browser|client\/index)\.ts -> .*\.ts\)$/);
  });

  describe('the page', () => {
    const page = new Map([...sources, ...sourcesOf('web', 'lab')]);

    it('web: every import keeps the rules of docs/architecture.md', () => {
      expect(webViolations(page)).toEqual([]);
    });

    it('what it takes of src: nothing of Node, and no package that needs it', () => {
      const entries = webEntries(page);
      expect(entries).toContain('src/client/index.ts');
      expect(browserViolations(sources, entries)).toEqual([]);
    });

    it.each([
      ["import { startDaemon } from '../../src/daemon/daemon.ts';", 'pure folders'],
      ["import { startHub } from '../../lab/hub.ts';", 'nothing from there but types'],
      ["import { readFile } from 'node:fs/promises';", 'no other package'],
      ["import {\n  WebSocket,\n} from 'ws';", 'no other package'],
      ["export * from '../../test/support/world.ts';", 'nothing from there but types'],
    ])('%s in a file of it: refused', (text, why) => {
      const [only, ...more] = webViolations(new Map([['web/src/main.tsx', text]]));
      expect(only).toContain(why);
      expect(more).toEqual([]);
    });

    it('its rules: as docs/architecture.md says them', () => {
      const text = readFileSync(join(ROOT, 'docs/architecture.md'), 'utf8').replace(/\s+/g, ' ');
      const listed = (names: readonly string[]) => names.map((name) => `\`${name}\``).join(', ');
      expect(text).toContain(`of \`src/\` the pure folders, ${listed(WEB_SOURCES)}`);
      expect(text).toContain(`of \`lab/\` ${listed(WEB_LAB)}`);
      expect(text).toContain(`of packages ${listed(WEB_PACKAGES)}`);
    });
  });

  it('every export of package.json: built of a file that is there', () => {
    const { exports } = JSON.parse(readFileSync(join(ROOT, 'package.json'), 'utf8')) as {
      exports: Record<string, { readonly types: string; readonly default: string }>;
    };
    for (const { types, default: built } of Object.values(exports)) {
      expect(types).toBe(built.replace(/\.js$/, '.d.ts'));
      expect([...sources.keys()]).toContain(built.replace(/^\.\/dist\//, '').replace(/\.js$/, '.ts'));
    }
  });

  it('the table of docs/architecture.md: says what the rules say', () => {
    const text = readFileSync(join(ROOT, 'docs/architecture.md'), 'utf8');
    const rows = [...text.matchAll(/^\| ([\w/]+) \|([^|]*)\|([^|]*)\| (yes|no) \|$/gm)];
    const written = rows.map(([, folder = '', from = '', packages = '', pure]) => [
      folder,
      {
        from: listOf(from),
        packages: packages.trim() === 'any' ? 'all' : listOf(packages),
        pure: pure === 'yes',
      },
    ]);
    expect(Object.fromEntries(written)).toEqual(FOLDERS);
  });

  it('the pure folders: all there, so that no rule speaks of nothing', () => {
    const pure = Object.keys(FOLDERS).filter((folder) => FOLDERS[folder]?.pure);
    const isPresent = (folder: string) =>
      [...sources.keys()].some((path) => path.startsWith(`src/${folder}/`));
    expect(pure.filter((folder) => !isPresent(folder))).toEqual([]);
  });
});

/** The violations of a made-up repository. */
function violations(files: Readonly<Record<string, string>>): readonly string[] {
  return importViolations(new Map(Object.entries(files)));
}

describe('import rules', () => {
  it('an arrow from left to right: allowed', () => {
    const files = { 'src/base/a.ts': '', 'src/tx/b.ts': "import { a } from '../base/a.ts';" };
    expect(violations(files)).toEqual([]);
  });

  it.each([
    ['static', "import { a } from '../channel/a.ts';"],
    ['type only', "import type { A } from '../channel/a.ts';"],
    ['over several lines', "import {\n  a,\n} from '../channel/a.ts';"],
    ['for its effect', "import '../channel/a.ts';"],
    ['dynamic', "const a = await import('../channel/a.ts');"],
    ['in a type', "type A = typeof import('../channel/a.ts');"],
    ['exported on', "export * from '../channel/a.ts';"],
  ])('an arrow the wrong way, %s: refused', (_how, text) => {
    const [only, ...rest] = violations({ 'src/channel/a.ts': '', 'src/tx/b.ts': text });
    expect(only).toMatch(
      /^src\/tx\/b\.ts:\d imports src\/channel\/a\.ts: tx may import base, crypto and nothing/,
    );
    expect(rest).toEqual([]);
  });

  it('the monitor on the channel machine, and the machine on the monitor: refused', () => {
    const files = { 'src/channel/a.ts': '', 'src/penalty/b.ts': '' };
    const text = (folder: string, file: string) => `import {} from '../${folder}/${file}.ts';`;
    expect(violations({ ...files, 'src/penalty/c.ts': text('channel', 'a') })).toHaveLength(1);
    expect(violations({ ...files, 'src/channel/c.ts': text('penalty', 'b') })).toHaveLength(1);
  });

  it('a port from a pure folder: allowed; its adapter: refused', () => {
    const files = { 'src/chain/port.ts': '', 'src/chain/simulated/index.ts': '' };
    expect(violations({ ...files, 'src/penalty/a.ts': "import '../chain/port.ts';" })).toEqual([]);
    expect(
      violations({ ...files, 'src/penalty/a.ts': "import '../chain/simulated/index.ts';" }),
    ).toHaveLength(1);
  });

  it('a folder without a rule: refused', () => {
    expect(violations({ 'src/misc/a.ts': '' })).toEqual([
      'src/misc/a.ts: folder src/misc has no rule in test/support/importRules.ts',
    ]);
  });

  it('src on the tests or on regtest: refused', () => {
    const files = { 'regtest/index.ts': '', 'src/node/a.ts': "import '../../regtest/index.ts';" };
    expect(violations(files)).toEqual([
      "src/node/a.ts:1 imports '../../regtest/index.ts': src/ imports nothing outside src/",
    ]);
  });

  it('node:* or a foreign package in a pure folder: refused; in an adapter: allowed', () => {
    expect(violations({ 'src/tx/a.ts': "import { readFileSync } from 'node:fs';" })).toHaveLength(1);
    expect(violations({ 'src/tx/a.ts': "import { Psbt } from 'bitcoinjs-lib';" })).toHaveLength(1);
    expect(violations({ 'src/crypto/a.ts': "import { sha256 } from '@noble/hashes/sha2';" })).toEqual([]);
    expect(violations({ 'src/store/a.ts': "import { readFileSync } from 'node:fs';" })).toEqual([]);
  });

  it.each([
    'Buffer.from(bytes)',
    'process.env.HOME',
    'Date.now()',
    'new Date()',
    'Math.random()',
    'console.log(1)',
    'setTimeout(run, 1)',
    'crypto.getRandomValues(bytes)',
    // biome-ignore lint/suspicious/noTemplateCurlyInString: the text of a source file
    '`now ${Date.now()}`',
  ])('%s in a pure folder or in a port: refused; in an adapter: allowed', (text) => {
    const source = `export const a = ${text};`;
    expect(violations({ 'src/channel/a.ts': source })).toHaveLength(1);
    expect(violations({ 'src/chain/port.ts': source })).toHaveLength(1);
    expect(violations({ 'src/store/a.ts': source })).toEqual([]);
  });

  it('the same words in comments, strings, longer names and properties: not meant', () => {
    const text = [
      '/* console */ // process.env',
      'export const a = \'Date.now()\' + "Buffer" + `Math.random`;',
      'export const b = psbt.toBuffer() + at.process + new Date(time).getTime() + processes;',
      "export const c = /[/'`]console/.test(a) ? 4 / 2 : 'it’s' + 1;",
    ];
    expect(violations({ 'src/wallet/a.ts': text.join('\n') })).toEqual([]);
  });

  it('an import whose name a variable holds: refused, but in the native curve', () => {
    const text = 'const a = await import(name);';
    expect(violations({ 'src/tx/a.ts': text })).toHaveLength(1);
    expect(violations({ 'src/crypto/native.ts': text })).toEqual([]);
  });

  it('two or three files in a circle, types only: refused, with the way round', () => {
    const to = (name: string) => `import type {} from './${name}.ts';`;
    expect(violations({ 'src/tx/a.ts': to('b'), 'src/tx/b.ts': to('a') })).toEqual([
      'imports in a circle: src/tx/a.ts -> src/tx/b.ts -> src/tx/a.ts',
    ]);
    const three = { 'src/tx/a.ts': to('b'), 'src/tx/b.ts': to('c'), 'src/tx/c.ts': to('a') };
    expect(violations(three)).toEqual([
      'imports in a circle: src/tx/a.ts -> src/tx/b.ts -> src/tx/c.ts -> src/tx/a.ts',
    ]);
    expect(
      violations({ 'src/tx/a.ts': to('b') + to('c'), 'src/tx/b.ts': to('c'), 'src/tx/c.ts': '' }),
    ).toEqual([]);
  });

  it('a relative import without .ts, or of a file that is not there: refused', () => {
    expect(violations({ 'src/tx/a.ts': "import './b';", 'src/tx/b.ts': '' })).toEqual([
      "src/tx/a.ts:1 imports './b': write the .ts ending",
    ]);
    expect(violations({ 'src/tx/a.ts': "\nimport './b.ts';" })).toEqual([
      "src/tx/a.ts:2 imports './b.ts': there is no src/tx/b.ts",
    ]);
  });

  it('an example on the public API, its own files and Node: allowed; deeper: refused', () => {
    const files = { 'src/index.ts': '', 'src/tx/a.ts': '', 'regtest/index.ts': '', 'examples/data.ts': '' };
    const example = (specifier: string) =>
      violations({ ...files, 'examples/a.ts': `import '${specifier}';` });
    for (const specifier of ['wattlane', 'wattlane/regtest', '../src/index.ts', './data.ts', 'node:fs'])
      expect(example(specifier)).toEqual([]);
    for (const specifier of ['../src/tx/a.ts', 'bitcoinjs-lib', 'wattlane/tx'])
      expect(example(specifier)).toHaveLength(1);
  });
});

describe('reading a source file', () => {
  it('specifiers and lines: of code, not of comments and strings', () => {
    const text = [
      "// import a from 'a'",
      "import b from 'b';",
      'const c = "import d from \'d\'";',
      // biome-ignore lint/suspicious/noTemplateCurlyInString: the text of a source file
      "const e = `${await import('f')} from 'g'`;",
      "export type { H } from 'h';",
    ].join('\n');
    expect(sourceFacts(text).imports).toEqual([
      { specifier: 'b', line: 2 },
      { specifier: 'f', line: 4 },
      { specifier: 'h', line: 5 },
    ]);
  });

  it('any file of the repository: blanking keeps every line break', () => {
    for (const text of sourcesOf('src', 'test').values())
      expect(sourceFacts(text).code.split('\n').length).toBe(text.split('\n').length);
  });
});
