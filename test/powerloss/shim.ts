import { execFile } from 'node:child_process';
import { mkdtemp, realpath, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';

const run = promisify(execFile);
const SOURCE = new URL('./shim.c', import.meta.url).pathname;

export interface Shim {
  /**
   * For the environment of a process: what it does from its start on to the files under the directory is appended to
   * the journal, which lies elsewhere. Processes that are started one after the other may share both.
   */
  env(journal: string, under: string): Promise<Readonly<Record<string, string>>>;
  remove(): Promise<void>;
}

/** The shim, compiled; `undefined`, said loudly, where there is no C compiler or no `LD_PRELOAD`. */
export async function buildShim(): Promise<Shim | undefined> {
  const directory = await mkdtemp(join(tmpdir(), 'wattlane-shim-'));
  const library = join(directory, 'shim.so');
  try {
    if (process.platform !== 'linux') throw new Error('LD_PRELOAD needs Linux');
    await run('cc', ['-shared', '-fPIC', '-O2', '-o', library, SOURCE, '-ldl', '-lpthread']);
  } catch (error) {
    await rm(directory, { recursive: true });
    process.stderr.write(`\nPOWER LOSS IS NOT TESTED HERE: the shim cannot be built (${error})\n\n`);
    return undefined;
  }
  return {
    env: async (journal, under) => ({
      LD_PRELOAD: library,
      WATTLANE_JOURNAL: journal,
      WATTLANE_JOURNAL_UNDER: await realpath(under),
      // what goes to the kernel by a ring is not seen
      UV_USE_IO_URING: '0',
    }),
    remove: () => rm(directory, { recursive: true, force: true }),
  };
}
