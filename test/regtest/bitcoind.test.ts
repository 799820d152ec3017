import { existsSync } from 'node:fs';
import { chmod, mkdir, mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { BitcoindNotFound, searchBitcoind } from '../../regtest/bitcoind.ts';

const posix = process.platform !== 'win32';
const debianKeyring = ['gpg', 'pgp'].some((kind) =>
  existsSync(`/usr/share/keyrings/debian-archive-keyring.${kind}`),
);

let root: string;

beforeEach(async () => {
  root = await mkdtemp(join(tmpdir(), 'wattlane-search-'));
});

afterEach(() => rm(root, { recursive: true, force: true }));

/** A shell script at `path` under the test's directory. */
async function script(path: string, body: string): Promise<string> {
  const file = join(root, path);
  await mkdir(dirname(file), { recursive: true });
  await writeFile(file, `#!/bin/sh\n${body}\n`);
  await chmod(file, 0o755);
  return file;
}

const says = (version: string) => `echo "${version}"`;
const CORE = says('Bitcoin Core daemon version v30.0.0');
const KNOTS = says('Bitcoin Knots daemon version v29.5.0.knots20260508');
const OLD = says('Bitcoin Core version v22.0.0');

function search(environment: { path?: string[]; BITCOIND?: string }) {
  return searchBitcoind({
    PATH: (environment.path ?? ['empty']).map((directory) => join(root, directory)).join(':'),
    BITCOIND: environment.BITCOIND,
    WATTLANE_CACHE: join(root, 'cache'),
  });
}

async function reasonOf(found: Promise<unknown>): Promise<string> {
  return found.then(
    () => expect.fail('it was found'),
    (error: unknown) => {
      if (error instanceof BitcoindNotFound) return error.message;
      throw error;
    },
  );
}

/** As a fetched copy lies in the cache: started by its own loader. */
function cachedCopy(version: string): Promise<unknown> {
  const copy = join('cache', 'bitcoind', `knots-trixie-${process.arch}`);
  return Promise.all([
    script(join(copy, 'usr/lib/some-linux-gnu/ld-linux-some.so.2'), version),
    script(join(copy, 'usr/lib/some-linux-gnu/libc.so.6'), ''),
    script(join(copy, 'usr/lib/another/readme'), ''),
  ]);
}

describe.runIf(posix)('the bitcoind to use', () => {
  test('$BITCOIND set: that one, whatever the PATH holds', async () => {
    const named = await script('named/my-bitcoind', CORE);
    await script('bin/bitcoind', KNOTS);
    expect(await search({ BITCOIND: named, path: ['bin'] })).toEqual({
      command: named,
      args: [],
      version: 30,
      knots: false,
    });
  });

  test.each([
    ['that is not there', undefined, /does not run/],
    ['that fails', 'exit 1', /does not run/],
    ['that is something else', says('GNU bash, version 5.2'), /is not bitcoind/],
    ['that is too old', OLD, /version 22, 28 or later/],
  ])(
    '$BITCOIND set to a program %s: an error that names it, no other is taken',
    async (_name, body, reason) => {
      const named = body === undefined ? join(root, 'missing') : await script('named/bitcoind', body);
      await script('bin/bitcoind', CORE);
      const message = await reasonOf(search({ BITCOIND: named, path: ['bin'] }));
      expect(message).toMatch(reason);
      expect(message).toContain(named);
      expect(message).toContain('BITCOIND');
    },
  );

  test('on the PATH: before a cached copy', async () => {
    const onPath = await script('bin/bitcoind', KNOTS);
    await cachedCopy(CORE);
    expect(await search({ path: ['empty', 'bin'] })).toMatchObject({
      command: onPath,
      knots: true,
      version: 29,
    });
  });

  test('an old one on the PATH before a new one: the new one', async () => {
    await script('old/bitcoind', OLD);
    const fresh = await script('new/bitcoind', CORE);
    expect(await search({ path: ['old', 'new'] })).toMatchObject({ command: fresh });
  });

  test('a cached copy: by its own loader, whatever its machine type is called', async () => {
    await cachedCopy(KNOTS);
    const found = await search({});
    expect(found.command).toMatch(/some-linux-gnu\/ld-linux-some\.so\.2$/);
    expect(found.args[0]).toBe('--library-path');
    expect(found.args[2]).toMatch(/usr\/bin\/bitcoind$/);
  });

  test('nowhere, no apt: an error that says what to install and to set', async () => {
    const message = await reasonOf(search({}));
    expect(message).toMatch(/Install Bitcoin Core 28 or later/);
    expect(message).toMatch(/set BITCOIND/);
  });

  test('an old one only: the error says so', async () => {
    await script('old/bitcoind', OLD);
    expect(await reasonOf(search({ path: ['old'] }))).toMatch(/version 22, 28 or later/);
  });

  test('apt of Ubuntu: an error, nothing is fetched', async () => {
    await script('bin/apt-get', 'echo "$@" >> "$0.log"; echo "Ubuntu main http://archive.test/ubuntu/"');
    expect(await reasonOf(search({ path: ['bin'] }))).toMatch(/on Debian only/);
    expect(await readFile(join(root, 'bin/apt-get.log'), 'utf8')).not.toMatch(/install/);
  });
});

/** An apt that offers Debian's address and "downloads" a package, and a dpkg-deb that "unpacks" it. */
async function fakeApt(install: string): Promise<void> {
  const apt = `
for option; do
  case "$option" in Dir::Cache=*) cache="\${option#Dir::Cache=}";; Dir::Etc::SourceList=*) list="\${option#*=}";; esac
done
case "$*" in
  indextargets*) echo 'Debian main http://packages.test/debian-security/'; echo 'Debian main http://packages.test/debian/';;
  *install*) echo install >> "$0.log"; ${install};;
  *update) echo update >> "$0.log"; /bin/cat "$list" >> "$0.log";;
esac`;
  const dpkg = `
/bin/mkdir -p "$3/usr/lib/some-linux-gnu" "$3/usr/bin"
loader="$3/usr/lib/some-linux-gnu/ld-linux-some.so.2"
: > "$3/usr/lib/some-linux-gnu/libc.so.6"
printf '#!/bin/sh\\n%s\\n' '${KNOTS}' > "$loader"
/bin/chmod +x "$loader"`;
  await script('bin/apt-get', apt);
  await script('bin/dpkg-deb', dpkg);
}

const aptLog = () => readFile(join(root, 'bin/apt-get.log'), 'utf8');
const ONE_PACKAGE =
  ': > "$cache/archives/bitcoin-knots_1_some.deb"; : > "$cache/archives/systemd_1_some.deb"';

describe.runIf(posix && debianKeyring)("a copy from Debian's packages", () => {
  test('fetched from the address that apt uses, verified by the keyring of Debian, kept', async () => {
    await fakeApt(ONE_PACKAGE);
    const found = await search({ path: ['bin'] });
    expect(found).toMatchObject({ knots: true, version: 29 });
    expect(await aptLog()).toMatch(
      /^deb \[signed-by=\S+\] http:\/\/packages\.test\/debian\/ trixie-backports main$/m,
    );
    expect(await search({ path: ['bin'] })).toEqual(found);
    expect((await aptLog()).match(/^install$/gm)).toHaveLength(1);
  });

  test('wanted by several at the same time: fetched once, the folder holds nothing but the copy', async () => {
    await fakeApt(ONE_PACKAGE);
    const found = await Promise.all(Array.from({ length: 4 }, () => search({ path: ['bin'] })));
    expect(new Set(found.map((each) => each.command)).size).toBe(1);
    expect((await aptLog()).match(/^install$/gm)).toHaveLength(1);
    expect(await readdir(join(root, 'cache/bitcoind'))).toEqual([`knots-trixie-${process.arch}`]);
  });

  test('no network: an error with what apt said, and no half copy', async () => {
    await fakeApt('echo "E: Unable to fetch some archives" >&2; exit 100');
    expect(await reasonOf(search({ path: ['bin'] }))).toMatch(
      /cannot be fetched: .*Unable to fetch some archives/,
    );
    expect(await readdir(join(root, 'cache/bitcoind'))).toEqual([]);
  });

  test('the lock of a process that died: taken over', async () => {
    await fakeApt(ONE_PACKAGE);
    await mkdir(join(root, 'cache/bitcoind/lock'), { recursive: true });
    await writeFile(join(root, 'cache/bitcoind/lock/pid'), '4194304999');
    expect(await search({ path: ['bin'] })).toMatchObject({ knots: true });
  });

  test('a copy that does not run any more: fetched again', async () => {
    await fakeApt(ONE_PACKAGE);
    await cachedCopy('exit 1');
    expect(await search({ path: ['bin'] })).toMatchObject({ knots: true });
  });
});
