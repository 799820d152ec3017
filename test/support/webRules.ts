import { posix } from 'node:path';
import { FOLDERS, packageOf, type Sources } from './importRules.ts';

/** Packages that are bundled into the page. */
export const WEB_PACKAGES: readonly string[] = [...['@preact/signals', 'preact', 'qr', 'uplot']];

/** What the page takes of `src/` besides the pure folders: a folder, or a file. None of it needs Node. */
export const WEB_SOURCES: readonly string[] = ['client', 'cli/parse', 'node/options.ts', 'rpc/states.ts'];

/** What the laboratory and the page agree on. */
export const WEB_LAB: readonly string[] = [
  ...['lab/errors.ts', 'lab/fields.ts', 'lab/schema.ts', 'lab/terms.ts'],
];

/** An import or export of one statement, from the beginning of its line. */
const IMPORT = /^(?:import|export)(\s+type)?(?:\s[^;'=]*?\sfrom)?\s+'([^']+)';/gm;

interface Import {
  readonly path: string;
  readonly specifier: string;
  readonly isType: boolean;
}

/** Files of `src/` that are in the page's bundle by an import of the page itself. */
export function webEntries(sources: Sources): readonly string[] {
  const targets = importsOf(sources)
    .filter(({ isType, specifier }) => !isType && specifier.startsWith('.'))
    .map(targetOf)
    .filter((target) => target.startsWith('src/'));
  return [...new Set(targets)];
}

/** Everything of `web/src/` that breaks a rule of docs/architecture.md, one line each. Types may be taken from anywhere. */
export function webViolations(sources: Sources): readonly string[] {
  return importsOf(sources).flatMap((each) => {
    const { path, specifier, isType } = each;
    const why = specifier.startsWith('.') ? refusedTarget(targetOf(each), isType) : refusedPackage(specifier);
    return why === undefined ? [] : [`${path} imports '${specifier}': ${why}`];
  });
}

function importsOf(sources: Sources): readonly Import[] {
  return [...sources]
    .filter(([path]) => path.startsWith('web/src/'))
    .flatMap(([path, text]) =>
      [...text.matchAll(IMPORT)].map(([, type, specifier = '']) => ({
        path,
        specifier,
        isType: type !== undefined,
      })),
    );
}

function targetOf({ path, specifier }: Import): string {
  return posix.normalize(posix.join(posix.dirname(path), specifier));
}

function refusedPackage(specifier: string): string | undefined {
  if (WEB_PACKAGES.includes(packageOf(specifier))) return undefined;
  return `the page may use ${WEB_PACKAGES.join(', ')} and no other package`;
}

function refusedTarget(target: string, isType: boolean): string | undefined {
  if (isType || target.startsWith('web/') || WEB_LAB.includes(target)) return undefined;
  const [top, ...inner] = target.split('/');
  if (top !== 'src') return 'the page takes nothing from there but types';
  const place = inner.join('/');
  const isAllowed = [...pureFolders(), ...WEB_SOURCES].some(
    (allowed) => place === allowed || place.startsWith(`${allowed}/`),
  );
  return isAllowed ? undefined : `the page may take pure folders and ${WEB_SOURCES.join(', ')} of src/`;
}

function pureFolders(): readonly string[] {
  return Object.keys(FOLDERS).filter((folder) => FOLDERS[folder]?.pure);
}
