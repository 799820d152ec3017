import { type ChildProcess, spawn } from 'node:child_process';

/** A daemon in a process of its own. */
export interface DaemonProcess {
  readonly process: ChildProcess;
  /** Its ready line; rejects when it ends before. */
  readonly ready: Promise<Readonly<Record<string, unknown>>>;
  /** Its exit code or signal. */
  readonly ended: Promise<number | string>;
  /** What it has logged so far. */
  log(): string;
  /** Resolves when a line of the log holds `text`. */
  logged(text: string): Promise<void>;
}

export function spawnDaemon(
  program: string,
  args: readonly string[],
  passphrase: string | undefined,
): DaemonProcess {
  const { WATTLANE_PASSPHRASE: _, ...env } = process.env;
  const child = spawn(process.execPath, [program, ...args], {
    env: passphrase === undefined ? env : { ...env, WATTLANE_PASSPHRASE: passphrase },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  let log = '';
  let out = '';
  const waiting = new Set<() => void>();
  child.stderr.on('data', (data) => {
    log += data;
    for (const look of waiting) look();
  });
  const ended = new Promise<number | string>((resolve) => {
    child.on('close', (code, signal) => resolve(code ?? signal ?? ''));
  });
  const ready = new Promise<Readonly<Record<string, unknown>>>((resolve, reject) => {
    child.stdout.on('data', (data) => {
      out += data;
      if (out.includes('\n')) resolve(JSON.parse(out.slice(0, out.indexOf('\n'))));
    });
    void ended.then((how) => reject(new Error(`wattlaned ended with ${how}\n${log}`)));
  });
  ready.catch(() => {});
  return {
    process: child,
    ready,
    ended,
    log: () => log,
    logged: (text) =>
      new Promise((resolve, reject) => {
        const look = () => {
          if (!log.includes(text)) return;
          waiting.delete(look);
          resolve();
        };
        waiting.add(look);
        look();
        void ended.then((how) => reject(new Error(`ended with ${how} and not '${text}'\n${log}`)));
      }),
  };
}
