import { mkdtemp, readFile, rename, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { isRunning } from './processes.ts';

const LOOK_AGAIN_MS = 200;

/** Runs `work` while holding the lock directory `path`; waits for whoever has it, and takes it from one that died. */
export async function withLock<T>(path: string, work: () => Promise<T>): Promise<T> {
  while (!(await take(path))) {
    if (await holderDied(path)) await breakLock(path);
    else await sleep(LOOK_AGAIN_MS);
  }
  try {
    return await work();
  } finally {
    await rm(path, { recursive: true, force: true });
  }
}

/** A directory moves onto no other that holds a file: the lock appears in one step, its holder's process id in it. */
async function take(path: string): Promise<boolean> {
  const own = await mkdtemp(`${path}-`);
  await writeFile(join(own, 'pid'), String(process.pid));
  if (await move(own, path)) return true;
  await rm(own, { recursive: true, force: true });
  return false;
}

async function holderDied(path: string): Promise<boolean> {
  const pid = Number(await readFile(join(path, 'pid'), 'utf8').catch(() => ''));
  return pid > 0 && !isRunning(pid);
}

/** Moved aside and looked at again: another process may have broken the dead lock and taken its own meanwhile. */
async function breakLock(path: string): Promise<void> {
  const aside = `${path}-broken-${process.pid}`;
  if (!(await move(path, aside))) return;
  if ((await holderDied(aside)) || !(await move(aside, path)))
    await rm(aside, { recursive: true, force: true });
}

function move(from: string, to: string): Promise<boolean> {
  return rename(from, to).then(
    () => true,
    () => false,
  );
}
