import { execFile } from 'node:child_process';
import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { afterEach, beforeEach, describe, expect, it, type TestContext } from 'vitest';
import { buildShim } from '../../powerloss/shim.ts';
import { storeDirectory } from '../../support/storeDirectory.ts';

const run = promisify(execFile);
const FAULT = new URL('./fault.ts', import.meta.url).pathname;

let directory: Awaited<ReturnType<typeof storeDirectory>>;
beforeEach(async () => {
  directory = await storeDirectory();
});
afterEach(() => directory.remove());

/** What `fault.ts` says, run by a shell after `before`; skips, loudly, where the system does not allow that. */
async function meet(
  context: TestContext,
  fault: string,
  shell: readonly string[],
  before: string,
): Promise<unknown> {
  const [file = 'sh', ...args] = shell;
  const allowed = await run(file, [...args, '-c', before, 'sh', directory.path]).then(
    () => true,
    () => false,
  );
  if (!allowed) {
    process.stderr.write(`\nNOT TESTED HERE: ${fault}, because \`${before}\` is not allowed\n\n`);
    context.skip(`\`${before}\` is not allowed`);
  }
  const script = `${before} && exec "$2" --import tsx "$3" "$4" "$1"`;
  const { stdout } = await run(file, [
    ...args,
    '-c',
    script,
    'sh',
    directory.path,
    process.execPath,
    FAULT,
    fault,
  ]);
  return JSON.parse(stdout);
}

const OWN_MOUNTS = ['unshare', '--map-root-user', '--mount', 'sh'];
const SMALL_DISK = 'mount -t tmpfs -o size=1m tmpfs "$1"';

describe('a store on a file system with a fault', () => {
  const refused = (code: string) => ({
    codes: [code, code],
    again: code,
    nothingOfIt: true,
    goesOn: true,
    kept: true,
  });

  it('full: every write of the group is refused by name, none is stored, and with room again it goes on', async (context) => {
    expect(await meet(context, 'full', OWN_MOUNTS, SMALL_DISK)).toEqual(refused('full'));
  });

  it('files that may not grow: the same, and the system’s word for it is that the write failed', async (context) => {
    const limited = 'ulimit -S -f 700 && command -v prlimit >/dev/null';
    expect(await meet(context, 'fileSize', ['bash'], limited)).toEqual(refused('io'));
  });

  it('read-only: refused by name, also a new one; writable again it opens with all that was there', async (context) => {
    const seen = await meet(context, 'readOnly', OWN_MOUNTS, SMALL_DISK);
    expect(seen).toEqual({ code: 'readOnly', fresh: 'readOnly', value: 'kept' });
  });

  it('a sync that fails: refused, and nothing more is answered until it is opened anew and has whole groups', async (context) => {
    const shim = await buildShim();
    if (shim === undefined) return context.skip('no C compiler');
    try {
      const under = join(directory.path, 'disk');
      await mkdir(under);
      const env = {
        ...process.env,
        ...(await shim.env(join(directory.path, 'journal'), under)),
        WATTLANE_SYNC_FAULT: join(directory.path, 'fault'),
      };
      const { stdout } = await run(process.execPath, ['--import', 'tsx', FAULT, 'sync', under], { env });
      expect(JSON.parse(stdout)).toEqual({
        codes: ['io', 'io'],
        afterwards: ['closed', 'closed'],
        isWhole: true,
      });
    } finally {
      await shim.remove();
    }
  });
});
