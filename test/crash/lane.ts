import { mkdtempSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { type Regtest, startRegtest } from '../../regtest/index.ts';
import { Child } from '../../tools/child.ts';
import type { Calls } from './calls.ts';
import { SCRATCH } from './scratch.ts';

/** A process that is a party, or can become one. */
export type PartyProcess = Child<Calls>;

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
    const taken = this.#free.shift() ?? new Child<Calls>(this.#program);
    while (this.#free.length < 1) this.#free.push(new Child<Calls>(this.#program));
    return taken;
  }

  /** A process of its own, with more in its environment. */
  begin(env: Readonly<Record<string, string>>): PartyProcess {
    return new Child<Calls>(this.#program, { env });
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
