import { type ChildProcess, fork } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { type Regtest, startRegtest } from '../../regtest/index.ts';
import type { CallName, Calls, Reply, Request } from './calls.ts';
import { SCRATCH } from './scratch.ts';

/** The process of a party ended before it answered. */
export class PartyDied extends Error {
  override readonly name = 'PartyDied';
}

/** A process that is a party, or can become one. */
export class PartyProcess {
  readonly #child: ChildProcess;
  readonly #asked = new Map<
    number,
    { readonly resolve: (value: unknown) => void; readonly reject: (error: Error) => void }
  >();
  /** Resolves when the process has ended. */
  readonly ended: Promise<void>;
  #hasEnded = false;
  #requests = 0;

  constructor(program: string, env: Readonly<Record<string, string>> = {}) {
    this.#child = fork(program, {
      serialization: 'advanced',
      execArgv: [],
      env: { ...process.env, ...env },
    });
    this.ended = once(this.#child, 'exit').then(() => {
      this.#hasEnded = true;
      for (const { reject } of this.#asked.values()) reject(new PartyDied());
      this.#asked.clear();
    });
    this.#child.on('error', () => {}); // an order that came too late to be heard: `ended` says so
    this.#child.on('message', (reply: Reply) => {
      const asked = this.#asked.get(reply.id);
      this.#asked.delete(reply.id);
      if ('error' in reply) asked?.reject(new Error(reply.error));
      else asked?.resolve(reply.value);
    });
  }

  /** Rejects with {@link PartyDied}, and with what the process says is wrong. */
  call<N extends CallName>(name: N, argument: Parameters<Calls[N]>[0]): Promise<ReturnType<Calls[N]>> {
    if (this.#hasEnded) return Promise.reject(new PartyDied());
    const request: Request = { id: ++this.#requests, name, argument };
    return new Promise((resolve, reject) => {
      this.#asked.set(request.id, { resolve: (value) => resolve(value as ReturnType<Calls[N]>), reject });
      this.#child.send(request, () => {});
    });
  }

  /** Kills it from outside. */
  kill(): void {
    this.#child.kill('SIGKILL');
  }
}

/** So many runs share a chain before its miners' rewards run out. */
const RUNS_PER_CHAIN = 300;

/** A bitcoind of its own and processes at hand: runs one run after the other. */
export class Lane {
  readonly #program: string;
  readonly #free: PartyProcess[] = [];
  #regtest: Regtest | undefined;
  #dataDir = '';
  #runs = 0;

  constructor(program: string) {
    this.#program = program;
  }

  /** The chain of the next run. */
  async chain(): Promise<Regtest> {
    if (this.#runs++ % RUNS_PER_CHAIN === 0) {
      await this.#end();
      this.#dataDir = mkdtempSync(join(SCRATCH, 'wattlane-chain-'));
    }
    this.#regtest ??= await startRegtest({ dataDir: this.#dataDir });
    return this.#regtest;
  }

  /** A process that is no party yet; another one starts meanwhile, so that it is there when this one is killed. */
  take(): PartyProcess {
    const taken = this.#free.shift() ?? new PartyProcess(this.#program);
    while (this.#free.length < 1) this.#free.push(new PartyProcess(this.#program));
    return taken;
  }

  /** A process of its own, with more in its environment. */
  begin(env: Readonly<Record<string, string>>): PartyProcess {
    return new PartyProcess(this.#program, env);
  }

  /** A process that is no party any more. */
  give(process: PartyProcess): void {
    this.#free.push(process);
  }

  async stop(): Promise<void> {
    for (const process of this.#free) process.kill();
    await Promise.all(this.#free.map(({ ended }) => ended));
    await this.#end();
  }

  async #end(): Promise<void> {
    await this.#regtest?.stop();
    this.#regtest = undefined;
    if (this.#dataDir !== '') rmSync(this.#dataDir, { recursive: true });
    this.#dataDir = '';
  }
}
