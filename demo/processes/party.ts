import { type ChildProcess, spawn } from 'node:child_process';
import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { guard } from '../../regtest/guard.ts';
import type { Regtest } from '../../regtest/index.ts';
import type { RpcClient, RpcEvent } from '../../src/client/index.ts';
import { rpcClient } from '../../src/client/index.ts';
import { nodeSockets } from '../../src/client/nodeSocket.ts';
import { tokenPath } from '../../src/daemon/rpc/tokens.ts';
import { createSeed, seedPath } from '../../src/daemon/seed/seed.ts';
import type { Role } from '../../src/index.ts';
import { StoryFailed } from '../failed.ts';

const PASSPHRASE = 'a passphrase of the demo';

export interface PartyOptions {
  readonly role: Role;
  readonly phrase: string;
  readonly dataDir: string;
  readonly regtest: Regtest;
  /** The daemon's program. */
  readonly program: string;
  /** More settings of its daemon, as flags. */
  readonly flags: readonly string[];
}

/** Where a daemon was reached first, and is again after each start. */
interface Place {
  readonly address: string;
  readonly rpc: string;
}

/** One party: its daemon, in a process of its own, and the client that drives it. */
export class Party {
  readonly role: Role;
  readonly #options: PartyOptions;
  readonly #heard: RpcEvent[] = [];
  readonly #waiting = new Set<() => void>();
  #running: Running | undefined;
  #place: Place | undefined;
  #client: RpcClient | undefined;
  #failure: unknown;

  constructor(options: PartyOptions) {
    this.role = options.role;
    this.#options = options;
  }

  /** Makes the seed, starts the daemon and connects to it. */
  async begin(): Promise<void> {
    const { dataDir, phrase } = this.#options;
    const made = await createSeed(seedPath(dataDir), { phrase, passphrase: PASSPHRASE });
    if (!made.ok) throw new StoryFailed(`the ${this.role} has no seed: ${made.error.code}`);
    await writeFile(join(dataDir, 'passphrase'), PASSPHRASE, { mode: 0o600 });
    await this.start();
    const token = (await readFile(tokenPath(dataDir, 'admin'), 'utf8')).trim();
    this.#client = await rpcClient({ url: this.place.rpc.replace(/^http/, 'ws'), token, open: nodeSockets });
    void this.#listen(this.#client);
  }

  get place(): Place {
    if (this.#place === undefined) throw new StoryFailed(`the ${this.role} was not started`);
    return this.#place;
  }

  get pid(): number {
    return this.#running?.child.pid ?? 0;
  }

  /** Starts the daemon; resolves with its ready line. After a kill it takes the same ports again. */
  async start(): Promise<void> {
    const running = run(this.#options, this.#place);
    this.#running = running;
    const ready = await running.ready;
    this.#place = { address: ready.address, rpc: ready.rpc };
  }

  /** Ends the daemon with SIGKILL: it hears nothing of it. */
  async kill(): Promise<void> {
    await this.#running?.end('SIGKILL');
    this.#running = undefined;
  }

  /** Ends it in order. */
  async stop(): Promise<void> {
    this.#client?.close();
    await this.#running?.end('SIGTERM');
    this.#running = undefined;
  }

  get call(): RpcClient['call'] {
    if (this.#client === undefined) throw new StoryFailed(`the ${this.role} was not started`);
    return this.#client.call;
  }

  /** Every event of this type so far, over all starts of the daemon. */
  heard<T extends RpcEvent['type']>(type: T): readonly Extract<RpcEvent, { type: T }>[] {
    return this.#heard.filter((event): event is Extract<RpcEvent, { type: T }> => event.type === type);
  }

  /** Resolves when it has told so many events of this type. */
  told(type: RpcEvent['type'], count = 1): Promise<void> {
    return new Promise((resolve, reject) => {
      const look = () => {
        if (this.#failure !== undefined) reject(this.#failure);
        else if (this.heard(type).length >= count) resolve();
        else return;
        this.#waiting.delete(look);
      };
      this.#waiting.add(look);
      look();
    });
  }

  /** One subscription from the first event on; the client takes it up again after each lost connection. */
  async #listen(client: RpcClient): Promise<void> {
    try {
      for await (const event of client.subscribe({ from: 1 })) {
        this.#heard.push(event);
        for (const look of [...this.#waiting]) look();
      }
    } catch (error) {
      this.#failure = error;
      for (const look of [...this.#waiting]) look();
    }
  }
}

interface Running {
  readonly child: ChildProcess;
  readonly ready: Promise<Place>;
  end(signal: 'SIGTERM' | 'SIGKILL'): Promise<void>;
}

function run({ role, dataDir, regtest, program, flags }: PartyOptions, place: Place | undefined): Running {
  const bitcoind = ['--bitcoind-url', regtest.rpcUrl, '--bitcoind-cookie-file', regtest.cookieFile];
  const zmq = regtest.zmqAddress === undefined ? [] : ['--bitcoind-zmq', regtest.zmqAddress];
  const listen = ['--listen', place?.address ?? '127.0.0.1:0'];
  const rpc = ['--rpc-listen', place === undefined ? '127.0.0.1:0' : new URL(place.rpc).host];
  const own = ['--role', role, '--data-dir', dataDir, '--passphrase-file', join(dataDir, 'passphrase')];
  const args = [...own, ...bitcoind, ...zmq, ...listen, ...rpc, ...flags];
  const child = spawn(process.execPath, [program, ...args], {
    stdio: ['ignore', 'pipe', 'pipe'],
    detached: true, // out of the terminal's group: Ctrl-C ends it through the guard
  });
  const release = guard({ pid: child.pid ?? 0, directory: dataDir });
  const log: string[] = [];
  child.stderr.on('data', (data) => {
    log.push(String(data));
  });
  const ended = new Promise<void>((resolve) => {
    child.on('close', () => {
      release();
      resolve();
    });
  });
  const ready = new Promise<Place>((resolve, reject) => {
    let out = '';
    child.stdout.on('data', (data) => {
      out += data;
      if (out.includes('\n')) resolve(JSON.parse(out.slice(0, out.indexOf('\n'))));
    });
    void ended.then(() => reject(new StoryFailed(`the ${role}’s daemon ended:\n${log.join('')}`)));
  });
  return {
    child,
    ready,
    end: async (signal) => {
      child.kill(signal);
      await ended;
    },
  };
}
