import { type ChildProcess, spawn } from 'node:child_process';
import type { Answers, Hello, PartySettings, Request } from './protocol.ts';

/** A party in a process of its own. */
export interface PartyProcess {
  readonly hello: Hello;
  ask<T extends Request['type']>(request: Extract<Request, { type: T }>): Promise<Answers[T]>;
  /** Stops the node and waits for the end of the process. */
  stop(): Promise<void>;
}

/** Starts the party's program; `before` is a program that starts it in turn, with its arguments. */
export async function startParty(
  program: readonly string[],
  settings: PartySettings,
  before: readonly string[] = [],
): Promise<PartyProcess> {
  const [command = '', ...args] = [...before, process.execPath, ...program, JSON.stringify(settings)];
  const child = spawn(command, args, { stdio: ['ignore', 'ignore', 'inherit', 'ipc'] });
  const ended = new Promise<void>((resolve) => child.once('exit', () => resolve()));
  const waiting = new Map<number, { resolve(value: never): void; reject(error: Error): void }>();
  let next = 1;
  const hello = new Promise<Hello>((resolve, reject) => waiting.set(0, { resolve, reject }));
  child.on('message', ({ id, value, error }: { id: number; value?: never; error?: string }) => {
    const asked = waiting.get(id);
    waiting.delete(id);
    if (error !== undefined) asked?.reject(new Error(`${settings.role}: ${error}`));
    else asked?.resolve(value as never);
  });
  child.once('exit', (code) => {
    for (const { reject } of waiting.values()) reject(new Error(`${settings.role} ended with ${code}`));
  });
  const ask: PartyProcess['ask'] = (request) =>
    new Promise((resolve, reject) => {
      const id = next++;
      waiting.set(id, { resolve, reject });
      child.send({ ...request, id });
    });
  return {
    hello: await hello,
    ask,
    stop: async () => {
      await ask({ type: 'stop' }).catch(() => kill(child));
      await ended;
    },
  };
}

function kill(child: ChildProcess): void {
  child.kill('SIGKILL');
}
