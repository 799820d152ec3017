import { execFile } from 'node:child_process';
import { existsSync } from 'node:fs';
import { mkdir, mkdtemp, readdir, rename, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { withLock } from './lock.ts';
import { type BitcoindProgram, probe } from './program.ts';

const execute = promisify(execFile);

/** Where Debian carries bitcoin-knots. Its packages run on any Debian: they bring their own C library. */
const SUITE = 'trixie';
const BACKPORTS = 'trixie-backports';
const KEYRINGS = [
  '/usr/share/keyrings/debian-archive-keyring.gpg',
  '/usr/share/keyrings/debian-archive-keyring.pgp',
];
/** Fetched as dependencies, but needed to run a whole system only. */
const NEEDED = /^(bitcoin-knots|lib|zlib)[^/]*\.deb$/;

/** The copy that {@link installKnots} put into `cache` earlier, `undefined` when there is none or it does not run. */
export async function cachedKnots(cache: string): Promise<BitcoindProgram | undefined> {
  const root = join(cache, rootName());
  if (!existsSync(root)) return undefined;
  const program = await programIn(root);
  return typeof program === 'object' ? program : undefined;
}

/**
 * Unpacks Debian's bitcoin-knots and the libraries it needs into `cache`, with a private state of apt: no root
 * rights, nothing installed, and Debian's keyring verifies all. A text instead says why it cannot be done here.
 */
export async function installKnots(
  cache: string,
  path: string | undefined,
): Promise<BitcoindProgram | string> {
  const run = runOn(path);
  const mirror = await debianMirror(run);
  if (mirror === undefined)
    return 'it can be fetched on Debian only (this machine has no apt that uses Debian packages)';
  const keyring = KEYRINGS.find((file) => existsSync(file));
  if (keyring === undefined) return 'the keyring of Debian is not on this machine';
  await mkdir(cache, { recursive: true });
  return withLock(join(cache, 'lock'), async () => {
    const earlier = await cachedKnots(cache); // by whoever held the lock before us
    return earlier ?? build(cache, run, `deb [signed-by=${keyring}] ${mirror}`);
  });
}

/** Runs a program of the system and returns what it prints. */
type Run = (program: string, args: readonly string[]) => Promise<string>;

function runOn(path: string | undefined): Run {
  return async (program, args) => {
    const env = { ...process.env, PATH: path, LC_ALL: 'C' };
    const { stdout } = await execute(program, [...args], { env, maxBuffer: 16 * 1024 * 1024 });
    return stdout;
  };
}

/** The address of Debian's packages that the machine's own apt uses; a wrong one fails at Debian's signature. */
async function debianMirror(run: Run): Promise<string | undefined> {
  const format = '$(ORIGIN) $(COMPONENT) $(REPO_URI)';
  const indexes = await attempt(run, ['indextargets', '--format', format, 'Created-By: Packages']);
  for (const line of indexes.split('\n')) {
    const [origin, component, uri] = line.trim().split(' ');
    if (origin === 'Debian' && component === 'main' && uri !== undefined && !uri.includes('security'))
      return uri;
  }
  // Where apt was never updated (a fresh container) it knows its addresses, but not yet what is there.
  const uris = await attempt(run, ['-o', 'Debug::NoLocking=true', 'update', '--print-uris']);
  return /^'(\S+\/debian)\/+dists\//m.exec(uris)?.[1];
}

function attempt(run: Run, args: readonly string[]): Promise<string> {
  return run('apt-get', args).catch(() => '');
}

/** In a folder of its own, moved to its place only when the program runs: whoever is stopped half-way leaves no wrong copy. */
async function build(cache: string, run: Run, source: string): Promise<BitcoindProgram | string> {
  // The lock is ours, so what is there is of a run that was killed.
  for (const name of await filesOf(cache))
    if (name.startsWith('build-')) await rm(join(cache, name), { recursive: true, force: true });
  const work = await mkdtemp(join(cache, 'build-'));
  try {
    const root = join(work, 'root');
    await unpack(work, root, run, source);
    const program = await programIn(root);
    if (typeof program === 'string') return program;
    await rm(join(cache, rootName()), { recursive: true, force: true });
    await rename(root, join(cache, rootName()));
    return await programIn(join(cache, rootName()));
  } catch (error) {
    return `the packages of Debian cannot be fetched: ${lastLines(error)}`;
  } finally {
    await rm(work, { recursive: true, force: true });
  }
}

async function unpack(work: string, root: string, run: Run, source: string): Promise<void> {
  const archives = join(work, 'cache', 'archives');
  await mkdir(join(work, 'lists', 'partial'), { recursive: true });
  await mkdir(join(archives, 'partial'), { recursive: true });
  await writeFile(join(work, 'status'), '');
  await writeFile(join(work, 'sources.list'), `${source} ${SUITE} main\n${source} ${BACKPORTS} main\n`);
  const settings = [
    `Dir::Etc::SourceList=${join(work, 'sources.list')}`,
    'Dir::Etc::SourceParts=/dev/null',
    'Dir::Etc::PreferencesParts=/dev/null',
    `Dir::State::Lists=${join(work, 'lists')}`,
    `Dir::State::status=${join(work, 'status')}`,
    `Dir::State::extended_states=${join(work, 'extended_states')}`,
    `Dir::Cache=${join(work, 'cache')}`,
    'Debug::NoLocking=true', // of dpkg's own state, which stays as it is
    'APT::Sandbox::User=', // as root: apt's unprivileged user cannot write here
    'Acquire::Retries=3',
  ].flatMap((setting) => ['-o', setting]);
  await run('apt-get', [...settings, '-q', 'update']);
  // With an empty status the resolver names every library down to the C library and its loader.
  const install = ['-q', '-y', '--no-install-recommends', '--download-only', '-t', BACKPORTS];
  await run('apt-get', [...settings, ...install, 'install', 'bitcoin-knots']);
  await mkdir(root);
  for (const file of await readdir(archives))
    if (NEEDED.test(file)) await run('dpkg-deb', ['-x', join(archives, file), root]);
}

/** bitcoind in an unpacked root, started by that root's own loader with that root's own libraries. */
async function programIn(root: string): Promise<BitcoindProgram | string> {
  const libraries = join(root, 'usr', 'lib');
  for (const triplet of await filesOf(libraries)) {
    const directory = join(libraries, triplet);
    const files = await filesOf(directory);
    const loader = files.find((file) => /^ld(64|-linux[^/]*)?\.so\.\d+$/.test(file));
    if (loader === undefined || !files.includes('libc.so.6')) continue;
    return probe(join(directory, loader), [
      '--library-path',
      directory,
      join(root, 'usr', 'bin', 'bitcoind'),
    ]);
  }
  return `there is no C library in ${root}`;
}

function filesOf(directory: string): Promise<readonly string[]> {
  return readdir(directory).catch((): string[] => []);
}

function rootName(): string {
  return `knots-${SUITE}-${process.arch}`;
}

function lastLines(error: unknown): string {
  const text =
    error instanceof Error && 'stderr' in error && typeof error.stderr === 'string' && error.stderr !== ''
      ? error.stderr
      : String(error);
  return text.trim().split('\n').slice(-3).join(' / ');
}
