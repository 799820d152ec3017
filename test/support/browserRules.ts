import { isRelative, localTargets, packageOf, type Sources } from './importRules.ts';
import { lineAt, type SourceFacts, sourceFacts } from './sourceText.ts';

/** What a browser loads: these files and all that they import. */
export const BROWSER_ENTRIES: readonly string[] = ['src/browser.ts', 'src/client/index.ts'];

/** Of the packages of package.json those that a browser runs. `secp256k1` is named for its types: a bundle has nothing of it. */
const BROWSER_PACKAGES: ReadonlySet<string> = new Set([
  ...['@noble/ciphers', '@noble/hashes', 'bip32', 'bip39', 'bitcoinjs-lib', 'tiny-secp256k1', 'zod'],
  'secp256k1',
]);

/** What Node has and browsers have not. Behind `globalThis.` or `typeof` it is a question. */
const NODE_ONLY =
  /(?<![\w$#.])(?<!\btypeof )(?:Buffer|process|global|require|setImmediate|clearImmediate|__dirname|__filename|NodeJS|import\.meta)(?![\w$])/g;

/** Uses what it has asked for. */
const ASKS_FIRST: ReadonlySet<string> = new Set(['src/transport/schedule.ts']);

/** What keeps the entries from running in a browser, one line each: where, what, and by which imports it gets there. */
export function browserViolations(sources: Sources, entries = BROWSER_ENTRIES): readonly string[] {
  const ways = new Map(entries.map((entry) => [entry, entry]));
  const found: string[] = [];
  // grows while it is walked
  for (const [path, way] of ways) {
    const facts = sourceFacts(sources.get(path) ?? '');
    found.push(...violationsOf(path, facts).map((violation) => `${violation} (${way})`));
    for (const target of localTargets(path, facts))
      if (!ways.has(target)) ways.set(target, `${way} -> ${target}`);
  }
  return found;
}

function violationsOf(path: string, { imports, code }: SourceFacts): readonly string[] {
  const foreign = imports.filter((each) => !isRelative(each));
  return [
    ...foreign
      .filter(({ specifier }) => !BROWSER_PACKAGES.has(packageOf(specifier)))
      .map(({ specifier, line }) => `${path}:${line} imports '${specifier}', which needs Node`),
    ...(ASKS_FIRST.has(path) ? [] : [...code.matchAll(NODE_ONLY)]).map(
      (match) => `${path}:${lineAt(code, match.index)} uses ${match[0]}, which is Node's`,
    ),
  ];
}
