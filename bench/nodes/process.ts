import { Child } from '../../tools/child.ts';
import type { Answers, Hello, PartyCalls, PartySettings, Request } from './protocol.ts';

/** A party in a process of its own. */
export interface PartyProcess {
  readonly hello: Hello;
  ask<T extends Request['type']>(request: Extract<Request, { type: T }>): Promise<Answers[T]>;
  /** Stops the node and waits for the end of the process. */
  stop(): Promise<void>;
}

/** Starts the party's program; `before` is a program that starts it in turn, with its arguments. */
export async function startParty(
  program: string,
  settings: PartySettings,
  before: readonly string[] = [],
): Promise<PartyProcess> {
  const child = new Child<PartyCalls>(program, { before });
  const hello = await child.call('begin', settings);
  return {
    hello,
    ask: async (request) => (await child.call('ask', request)) as Answers[typeof request.type],
    stop: async () => {
      await child.call('ask', { type: 'stop' }).catch(() => child.kill());
      await child.ended;
    },
  };
}
