import { existsSync } from 'node:fs';
import { delimiter, dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { cachedKnots, installKnots } from './debian.ts';
import { type BitcoindProgram, OLDEST_VERSION, probe } from './program.ts';

/** There is no bitcoind on this machine and none can be fetched; the message says what to do. */
export class BitcoindNotFound extends Error {
  override readonly name = 'BitcoindNotFound';

  constructor(reason: string) {
    super(
      `no bitcoind: ${reason}\n` +
        `Install Bitcoin Core ${OLDEST_VERSION} or later (https://bitcoincore.org/en/download/) or Bitcoin Knots, so that ` +
        '`bitcoind` is on the PATH, or set BITCOIND to the path of the program.',
    );
  }
}

/** The environment variables that the search looks at. */
export interface Environment {
  readonly PATH?: string | undefined;
  readonly BITCOIND?: string | undefined;
  readonly WATTLANE_CACHE?: string | undefined;
}

let found: Promise<BitcoindProgram> | undefined;

/** {@link searchBitcoind} in this process's environment, once: a failed search is repeated at the next call. */
export function findBitcoind(): Promise<BitcoindProgram> {
  found ??= searchBitcoind(process.env).catch((error: unknown) => {
    found = undefined;
    throw error;
  });
  return found;
}

/**
 * The bitcoind to use, the first of: `$BITCOIND`; `bitcoind` on the PATH; the copy that was fetched
 * before; on Debian a copy fetched now from its own packages. Throws {@link BitcoindNotFound}.
 *
 * Copies are kept in `$WATTLANE_CACHE`, by default `.cache/` in this package.
 */
export async function searchBitcoind(environment: Environment): Promise<BitcoindProgram> {
  const named = environment.BITCOIND;
  if (named !== undefined && named !== '') {
    const program = await probe(named);
    if (typeof program === 'string') throw new BitcoindNotFound(`BITCOIND is set, but ${program}`);
    return program;
  }
  const onPath = await searchPath(environment.PATH ?? '');
  if (typeof onPath === 'object') return onPath;
  const cache = join(environment.WATTLANE_CACHE ?? join(packageRoot(), '.cache'), 'bitcoind');
  const fetched = (await cachedKnots(cache)) ?? (await installKnots(cache, environment.PATH));
  if (typeof fetched === 'object') return fetched;
  throw new BitcoindNotFound([onPath, fetched].filter((reason) => reason !== undefined).join('; '));
}

/** The first bitcoind on the PATH that will do, else why the last one does not, else `undefined`. */
async function searchPath(path: string): Promise<BitcoindProgram | string | undefined> {
  let reason: string | undefined;
  for (const directory of path.split(delimiter)) {
    const file = join(directory, process.platform === 'win32' ? 'bitcoind.exe' : 'bitcoind');
    if (directory === '' || !existsSync(file)) continue;
    const program = await probe(file);
    if (typeof program === 'object') return program;
    reason = program;
  }
  return reason;
}

/** The nearest folder upward with a package.json: this file runs from `regtest/` and, built, from `dist/regtest/`. */
function packageRoot(): string {
  let directory = dirname(fileURLToPath(import.meta.url));
  while (!existsSync(join(directory, 'package.json'))) {
    const parent = dirname(directory);
    if (parent === directory) return process.cwd();
    directory = parent;
  }
  return directory;
}
