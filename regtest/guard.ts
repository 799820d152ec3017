import { spawn } from 'node:child_process';
import { rmSync } from 'node:fs';
import { kill } from './processes.ts';

export interface Guarded {
  /** `undefined`: only the directory is to go. */
  readonly pid: number | undefined;
  /** Removed with the process; `undefined` when the data is to stay, then the process may end in order. */
  readonly directory: string | undefined;
}

/**
 * Waits for the end of its standard input, which the system closes when our process ends, however it ends
 * (also by SIGKILL, which no handler of ours would see), and then ends the process it guards.
 */
const WATCH = `
cat >/dev/null
if [ -z "$2" ]; then kill -TERM "$1"; exit; fi
[ -n "$1" ] && kill -KILL "$1"
for i in 1 2 3 4 5 6 7 8 9 10; do rm -rf -- "$2" && exit; sleep 0.1; done
`;

const guarded = new Set<Guarded>();
let hooked = false;

/** Ends `process` when ours ends before the returned function was called. */
export function guard(process: Guarded): () => void {
  guarded.add(process);
  hookExit();
  const stopWatch = watch(process);
  return () => {
    guarded.delete(process);
    stopWatch();
  };
}

function watch({ pid, directory }: Guarded): () => void {
  if (process.platform === 'win32') return () => undefined;
  const shell = spawn('sh', ['-c', WATCH, 'sh', String(pid ?? ''), directory ?? ''], {
    stdio: ['pipe', 'ignore', 'ignore'],
    detached: true, // out of the terminal's group: Ctrl-C must not end the guard first
  });
  shell.on('error', () => undefined); // without a shell the hook below has to do
  shell.stdin.on('error', () => undefined);
  shell.unref();
  return () => shell.kill('SIGKILL');
}

function hookExit(): void {
  if (hooked) return;
  hooked = true;
  process.on('exit', () => {
    for (const { pid, directory } of guarded) {
      if (pid !== undefined) kill(pid, directory === undefined ? 'SIGTERM' : 'SIGKILL');
      if (directory !== undefined) rmSync(directory, { recursive: true, force: true, maxRetries: 5 });
    }
  });
}
