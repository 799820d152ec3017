import { posix } from 'node:path';
import { lineAt, type SourceFacts, sourceFacts } from './sourceText.ts';

/** Files by their path from the repository's root, with forward slashes. */
export type Sources = ReadonlyMap<string, string>;

/** What a folder of `src/` may import besides itself. */
export interface FolderRule {
  /** Folders of `src/`, or single files of them. */
  readonly from: readonly string[] | 'all';
  /** Packages of package.json; `node:*` counts as one. */
  readonly packages: readonly string[] | 'all';
  /** No clock, no randomness, no I/O, no `Buffer`. */
  readonly pure: boolean;
}

/** The arrows of docs/architecture.md. A folder that is missing here fails the test. */
export const FOLDERS: Readonly<Record<string, FolderRule>> = {
  base: { from: [], packages: [], pure: true },
  crypto: {
    from: ['base'],
    packages: ['@noble/ciphers', '@noble/hashes', 'tiny-secp256k1', 'secp256k1'],
    pure: true,
  },
  tx: { from: ['base', 'crypto'], packages: [], pure: true },
  market: { from: ['base', 'crypto', 'tx'], packages: [], pure: true },
  wire: { from: ['base', 'crypto', 'tx', 'market'], packages: [], pure: true },
  // over data only, so that a verdict can be judged again by anyone who has the evidence
  dispute: { from: ['base', 'crypto', 'tx', 'market', 'wire'], packages: [], pure: true },
  channel: { from: ['base', 'crypto', 'tx', 'market', 'wire', 'dispute'], packages: [], pure: true },
  // joined to the channel by data only, so that a watchtower can run it alone
  penalty: { from: ['base', 'crypto', 'tx', 'chain/port.ts'], packages: [], pure: true },
  tower: { from: ['base', 'crypto', 'tx', 'chain/port.ts', 'penalty/fees.ts'], packages: [], pure: true },
  wallet: {
    from: ['base', 'crypto', 'tx', 'chain/port.ts'],
    packages: ['bip32', 'bip39', 'bitcoinjs-lib', 'tiny-secp256k1'],
    pure: true,
  },
  chain: { from: ['base', 'crypto', 'tx'], packages: 'all', pure: false },
  backup: { from: ['base', 'crypto', 'tx', 'wire'], packages: [], pure: true },
  store: { from: ['base', 'crypto'], packages: 'all', pure: false },
  // nothing but what is sent and received, so that every byte of it can be tested
  'transport/noise': {
    from: ['base', 'crypto'],
    packages: ['@noble/ciphers', '@noble/hashes'],
    pure: true,
  },
  // says `init` and answers pings: of the messages it knows those of BOLT 1 alone
  'transport/session': {
    from: ['base', 'transport/noise', 'wire/lightning.ts'],
    packages: [],
    pure: true,
  },
  transport: {
    from: ['base', 'crypto', 'transport/noise', 'transport/session'],
    packages: 'all',
    pure: false,
  },
  // what a node's interface is, for server, client and documents alike
  rpc: { from: ['base'], packages: ['zod'], pure: true },
  // a page in a browser asks with it: the file for Node alone takes ws
  client: { from: ['base', 'rpc'], packages: ['ws'], pure: false },
  node: { from: 'all', packages: 'all', pure: false },
  daemon: { from: 'all', packages: 'all', pure: false },
  // serves files and says where the daemons are; which daemons, it is told
  page: { from: ['base'], packages: 'all', pure: false },
  // what needs no daemon is read here: evidence, transactions, messages, addresses
  cli: {
    from: [
      'base',
      'rpc',
      'client',
      'daemon',
      'page',
      'tx',
      'wire',
      'dispute',
      'wallet',
      'chain/port.ts',
      'transport/address.ts',
    ],
    packages: 'all',
    pure: false,
  },
};

/** Ports are types that the pure folders see too: what holds for those holds for them. */
const PORTS: ReadonlySet<string> = new Set([
  'src/chain/port.ts',
  'src/store/port.ts',
  'src/transport/port.ts',
]);

/** The native curve is optional: its file asks for it in a way that no bundler follows. */
const COMPUTED_IMPORTS_ALLOWED: ReadonlySet<string> = new Set(['src/crypto/native.ts']);

/** Words that stand for a clock, randomness, I/O or Node itself. */
const IMPURE =
  /(?<![\w$#.])(?:Buffer|process|console|Date\.now|new Date(?=\s*\(\s*\)|\s*[^\s(])|Math\.random|performance|setTimeout|setInterval|setImmediate|queueMicrotask|fetch|globalThis|crypto(?=\s*\.))(?![\w$])/g;

/** Files of `src/` itself, which gather what an application sees. */
const PUBLIC_FILES: ReadonlySet<string> = new Set(['src/index.ts', 'src/browser.ts']);
const PUBLIC_API: ReadonlySet<string> = new Set(['src/index.ts', 'regtest/index.ts']);
const PUBLIC_NAMES: ReadonlyMap<string, string> = new Map([
  ['wattlane', 'src/index.ts'],
  ['wattlane/regtest', 'regtest/index.ts'],
]);

/** Everything that breaks a rule, one line each: where, what, and what would be right. */
export function importViolations(sources: Sources, folders = FOLDERS): readonly string[] {
  const files = [...sources].map(([path, text]) => ({ path, facts: sourceFacts(text) }));
  return [
    ...files.flatMap(({ path, facts }) => fileViolations(path, facts, sources, folders)),
    ...cycles(files.map(({ path, facts }) => [path, localTargets(path, facts)])),
  ];
}

function fileViolations(
  path: string,
  facts: SourceFacts,
  sources: Sources,
  folders: Readonly<Record<string, FolderRule>>,
): readonly string[] {
  const found = [...specifierViolations(path, facts, sources)];
  if (path.startsWith('examples/')) return [...found, ...exampleViolations(path, facts)];
  if (!path.startsWith('src/')) return found;
  if (PUBLIC_FILES.has(path)) return [...found, ...outsideViolations(path, facts)];
  const folder = folderOf(path, folders);
  const rule = folders[folder];
  if (rule === undefined)
    return [...found, `${path}: folder src/${folder} has no rule in test/support/importRules.ts`];
  found.push(...outsideViolations(path, facts), ...arrowViolations(path, facts, folder, rule));
  if (rule.pure || PORTS.has(path)) found.push(...impureViolations(path, facts));
  return found;
}

/** Relative specifiers name a file that exists, ending and all. */
function specifierViolations(path: string, facts: SourceFacts, sources: Sources): readonly string[] {
  return facts.imports.filter(isRelative).flatMap(({ specifier, line }) => {
    if (!specifier.endsWith('.ts')) return [`${path}:${line} imports '${specifier}': write the .ts ending`];
    const target = resolve(path, specifier);
    return sources.has(target) ? [] : [`${path}:${line} imports '${specifier}': there is no ${target}`];
  });
}

function outsideViolations(path: string, facts: SourceFacts): readonly string[] {
  return facts.imports
    .filter(isRelative)
    .filter(({ specifier }) => !resolve(path, specifier).startsWith('src/'))
    .map(
      ({ specifier, line }) => `${path}:${line} imports '${specifier}': src/ imports nothing outside src/`,
    );
}

function arrowViolations(
  path: string,
  facts: SourceFacts,
  folder: string,
  { from, packages }: FolderRule,
): readonly string[] {
  return facts.imports.flatMap(({ specifier, line }) => {
    if (!isRelative({ specifier })) {
      const name = packageOf(specifier);
      if (packages === 'all' || packages.includes(name)) return [];
      return [
        `${path}:${line} imports '${specifier}': ${folder} may use ${listed(packages)} and no other package`,
      ];
    }
    const target = resolve(path, specifier);
    if (!target.startsWith('src/') || folderOf(target) === folder || from === 'all') return [];
    if (from.includes(folderOf(target)) || from.includes(target.slice('src/'.length))) return [];
    return [
      `${path}:${line} imports ${target}: ${folder} may import ${listed(from)} and nothing else of src/`,
    ];
  });
}

function impureViolations(path: string, { code, computedImports }: SourceFacts): readonly string[] {
  const words = [...code.matchAll(IMPURE)].map(
    (match) => `${path}:${lineAt(code, match.index)} uses ${match[0]}: this file is pure`,
  );
  if (COMPUTED_IMPORTS_ALLOWED.has(path)) return words;
  return [
    ...words,
    ...computedImports.map((line) => `${path}:${line} imports what a variable names: write the name`),
  ];
}

/** An example is what an application would write: it sees what an application sees. */
function exampleViolations(path: string, facts: SourceFacts): readonly string[] {
  return facts.imports.flatMap(({ specifier, line }) => {
    if (specifier.startsWith('node:') || PUBLIC_NAMES.has(specifier)) return [];
    const target = isRelative({ specifier }) ? resolve(path, specifier) : undefined;
    if (target !== undefined && (PUBLIC_API.has(target) || target.startsWith('examples/'))) return [];
    return [
      `${path}:${line} imports '${specifier}': examples import wattlane and wattlane/regtest (src/index.ts and regtest/index.ts) only`,
    ];
  });
}

/** One line for each group of files that import each other in a circle, with the shortest way round. */
function cycles(graph: readonly (readonly [string, readonly string[]])[]): readonly string[] {
  const edges = new Map(graph);
  const reported = new Set<string>();
  return graph.flatMap(([start]) => {
    if (reported.has(start)) return [];
    const way = wayBack(start, edges);
    if (way === undefined) return [];
    for (const file of way) reported.add(file);
    return [`imports in a circle: ${[...way, start].join(' -> ')}`];
  });
}

/** The files on a shortest path from `start` back to it, `start` first. */
function wayBack(
  start: string,
  edges: ReadonlyMap<string, readonly string[]>,
): readonly string[] | undefined {
  const cameFrom = new Map<string, string>();
  const queue = [start];
  for (const file of queue)
    for (const next of edges.get(file) ?? []) {
      if (next === start) {
        const way = [file];
        for (let at = file; at !== start; ) {
          at = cameFrom.get(at) as string;
          way.unshift(at);
        }
        return way;
      }
      if (cameFrom.has(next)) continue;
      cameFrom.set(next, file);
      queue.push(next);
    }
  return undefined;
}

/** The files of the repository that a file imports. */
export function localTargets(path: string, { imports }: SourceFacts): readonly string[] {
  return imports.filter(isRelative).map(({ specifier }) => resolve(path, specifier));
}

/** Whether an import is of a file of the repository. */
export function isRelative({ specifier }: { readonly specifier: string }): boolean {
  return specifier.startsWith('.');
}

function resolve(path: string, specifier: string): string {
  return posix.normalize(posix.join(posix.dirname(path), specifier));
}

/**
 * `channel` of `src/channel/states/open.ts`, `transport/noise` of a file in there, as it has a rule of its own; the file's
 * name for one that lies in `src/` itself.
 */
function folderOf(path: string, folders: Readonly<Record<string, FolderRule>> = FOLDERS): string {
  const [, folder, inner] = path.split('/') as [string, string, ...string[]];
  return `${folder}/${inner}` in folders ? `${folder}/${inner}` : folder;
}

/** `@noble/hashes` of `@noble/hashes/sha2`. */
export function packageOf(specifier: string): string {
  const [scope, name] = specifier.split('/');
  return specifier.startsWith('@') ? `${scope}/${name}` : (scope as string);
}

function listed(names: readonly string[]): string {
  return names.length === 0 ? 'nothing' : names.join(', ');
}
