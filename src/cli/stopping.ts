import { readFile, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { pause } from './following.ts';

/** Which process `start` has left running. */
function pidPath(dataDir: string): string {
  return join(dataDir, 'wattlaned.pid');
}

export async function rememberPid(dataDir: string, pid: number): Promise<void> {
  await writeFile(pidPath(dataDir), `${pid}\n`, { mode: 0o600 });
}

/**
 * Resolves when the daemon that `start` left running in this directory has ended, so that nobody holds it any more;
 * false when the signal came first. One that was started by other means is not waited for.
 */
export async function daemonIsGone(dataDir: string, signal: AbortSignal): Promise<boolean> {
  const pid = Number(await readFile(pidPath(dataDir), 'utf8').catch(() => ''));
  while (Number.isSafeInteger(pid) && pid > 0 && isRunning(pid)) if (!(await pause(signal))) return false;
  await rm(pidPath(dataDir), { force: true });
  return true;
}

function isRunning(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === 'EPERM';
  }
}
