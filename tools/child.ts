import { type ChildProcess, fork } from 'node:child_process';
import { once } from 'node:events';

/** What a process of ours can be asked for, by name: one argument, one result, both plain data. */
export type CallsOf<C> = { readonly [N in keyof C]: (argument: never) => unknown };

/** The process ended before it answered. */
export class ChildDied extends Error {
  override readonly name = 'ChildDied';
}

export interface ChildOptions {
  /** More variables of its environment. */
  readonly env?: Readonly<Record<string, string>>;
  readonly args?: readonly string[];
  /** A program that starts it in turn, with its arguments, for example strace. */
  readonly before?: readonly string[];
  /** In a session of its own, so that the terminal's Ctrl-C does not reach it. */
  readonly detached?: boolean;
}

interface Request {
  readonly id: number;
  readonly name: string;
  readonly argument: unknown;
}

type Reply =
  | { readonly id: number; readonly value: unknown }
  | { readonly id: number; readonly error: string };

/** A program of ours in a process of its own, asked over the process channel. It ends when this process does. */
export class Child<C extends CallsOf<C>> {
  readonly #child: ChildProcess;
  readonly #asked = new Map<
    number,
    { readonly resolve: (value: unknown) => void; readonly reject: (error: Error) => void }
  >();
  /** Resolves when the process has ended. */
  readonly ended: Promise<void>;
  #hasEnded = false;
  #requests = 0;

  /** @param program a file that Node runs without help, and which calls {@link answerCalls} */
  constructor(program: string, { env = {}, args = [], before = [], detached = false }: ChildOptions = {}) {
    const [execPath = process.execPath, ...execArgv] = [...before, process.execPath];
    this.#child = fork(program, args, {
      serialization: 'advanced',
      execPath,
      execArgv,
      env: { ...process.env, ...env },
      detached,
    });
    this.ended = once(this.#child, 'exit').then(() => {
      this.#hasEnded = true;
      for (const { reject } of this.#asked.values()) reject(new ChildDied());
      this.#asked.clear();
    });
    this.#child.on('error', () => {}); // a call that came too late to be heard: `ended` says so
    this.#child.on('message', (reply: Reply) => {
      const asked = this.#asked.get(reply.id);
      this.#asked.delete(reply.id);
      if ('error' in reply) asked?.reject(new Error(reply.error));
      else asked?.resolve(reply.value);
    });
  }

  /** 0 where it could not be started. */
  get pid(): number {
    return this.#child.pid ?? 0;
  }

  /** Rejects with {@link ChildDied}, and with what the process says is wrong. */
  call<N extends keyof C & string>(
    name: N,
    argument: Parameters<C[N]>[0],
  ): Promise<Awaited<ReturnType<C[N]>>> {
    if (this.#hasEnded) return Promise.reject(new ChildDied());
    const request: Request = { id: ++this.#requests, name, argument };
    return new Promise((resolve, reject) => {
      this.#asked.set(request.id, {
        resolve: (value) => resolve(value as Awaited<ReturnType<C[N]>>),
        reject,
      });
      this.#child.send(request, () => {});
    });
  }

  /** Kills it from outside. */
  kill(): void {
    this.#child.kill('SIGKILL');
  }
}

/** Answers the calls of the process that started this one, and ends with it. */
export function answerCalls<C extends CallsOf<C>>(answers: C): void {
  process.on('message', ({ id, name, argument }: Request) => {
    const reply = (message: Reply) => process.send?.(message);
    answer(answers, name, argument).then(
      (value) => reply({ id, value }),
      (error: unknown) =>
        reply({ id, error: error instanceof Error ? (error.stack ?? error.message) : String(error) }),
    );
  });
  process.on('disconnect', () => process.exit());
}

async function answer<C extends CallsOf<C>>(answers: C, name: string, argument: unknown): Promise<unknown> {
  if (!(name in answers)) throw new Error(`no such call: ${name}`);
  const call = answers[name as keyof C];
  return call.call(answers, argument as never);
}
