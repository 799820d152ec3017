import type { RpcEvent } from '../rpc/shapes/event.ts';
import type { Daemon } from './daemon.ts';
import { CliError } from './exit.ts';
import type { Io } from './io.ts';
import { interrupted } from './prompt.ts';

/** The number of the next event: whoever asks before a command hears all that follows from it. */
export async function nextEvent(daemon: Daemon): Promise<number> {
  const { newestEvent } = await daemon.call('getInfo', {});
  return (newestEvent ?? 0) + 1;
}

/** Ends what waits: Ctrl-C, or so many seconds. */
export function patience({ interrupted: signal }: Io, seconds: number | undefined): AbortSignal {
  return seconds === undefined ? signal : AbortSignal.any([signal, AbortSignal.timeout(seconds * 1000)]);
}

/** Why a wait ended before what it was for. */
export function gaveUp(io: Io, seconds: number | undefined, what: string): CliError {
  if (io.interrupted.aborted) return interrupted();
  return new CliError('unreachable', 'timeout', `${what} did not come within ${seconds} s`, [
    "The node goes on. 'wattlane events' shows what happened.",
  ]);
}

/** Hands each event from `from` on to `take` until it says true. */
export async function followUntil(
  daemon: Daemon,
  from: number,
  signal: AbortSignal,
  take: (event: RpcEvent) => boolean,
): Promise<boolean> {
  for await (const event of daemon.follow(from, signal)) if (take(event)) return true;
  return false;
}

const PAUSE_MS = 250;

/** A moment, for what is no event. Whether to go on after it. */
export function pause(signal: AbortSignal): Promise<boolean> {
  if (signal.aborted) return Promise.resolve(false);
  return new Promise((resolve) => {
    const stop = () => {
      clearTimeout(timer);
      resolve(false);
    };
    const timer = setTimeout(() => {
      signal.removeEventListener('abort', stop);
      resolve(true);
    }, PAUSE_MS);
    signal.addEventListener('abort', stop, { once: true });
  });
}
