import { readdir, readFile, rm } from 'node:fs/promises';
import { basename, dirname, join } from 'node:path';
import { guard } from '../../regtest/guard.ts';
import type { Regtest } from '../../regtest/index.ts';
import type { Role } from '../../src/base/role.ts';
import { type RpcClient, rpcClient } from '../../src/client/index.ts';
import { nodeSockets } from '../../src/client/nodeSocket.ts';
import { storePath } from '../../src/daemon/edges.ts';
import { writeDurably } from '../../src/daemon/files.ts';
import { tokenPath } from '../../src/daemon/rpc/tokens.ts';
import { seedPath } from '../../src/daemon/seed/seed.ts';
import { Child } from '../../tools/child.ts';
import { labFailure, reasonOf } from '../failure.ts';
import type { PartyCalls, PartyPlace } from './calls.ts';

/** What every party of the demo is started with. */
export interface PartyOptions {
  readonly role: Role;
  readonly dataDir: string;
  /** The data directory goes with the demo. */
  readonly temporary: boolean;
  /** The file that Node runs. */
  readonly program: string;
  /** The Bitcoin node, once it runs. */
  readonly regtest: () => Pick<Regtest, 'rpcUrl' | 'cookieFile' | 'zmqAddress'>;
  /** Of a seed that is made. */
  readonly passphrase: string;
  /** The page that may call it. */
  readonly origin: string;
  /** It began or ceased to run. */
  readonly changed: () => void;
}

interface Running {
  readonly child: Child<PartyCalls>;
  readonly release: () => void;
}

/** One party of the demo: its data directory, and one daemon after the other, each in a process of its own. */
export class Party {
  readonly role: Role;
  readonly dataDir: string;
  readonly #options: PartyOptions;
  #running: Running | undefined;
  #place: PartyPlace | undefined;
  #nodeId = '';
  #client: RpcClient | undefined;
  #token = '';
  #isBusy = false;
  /** Its store is new and its seed is not, and no start has taken that up yet. */
  #mustRestore = false;

  constructor(options: PartyOptions) {
    this.role = options.role;
    this.dataDir = options.dataDir;
    this.#options = options;
  }

  get running(): boolean {
    return this.#running !== undefined && !this.#isBusy;
  }

  /** Of its seed, also while it is off. */
  get nodeId(): string {
    return this.#nodeId;
  }

  /** Where peers connect, `host:port`; the same over all starts. */
  get address(): string {
    return this.#place?.address ?? '';
  }

  /** Of its RPC. */
  get socketUrl(): string {
    return `${this.#place?.rpcUrl.replace(/^http/, 'ws')}/`;
  }

  /** Its admin token: stays the same in one data directory. */
  get token(): string {
    return this.#token;
  }

  get pid(): number {
    return this.#running?.child.pid ?? 0;
  }

  /** Its RPC. Calls wait for a daemon that is off. */
  get client(): RpcClient {
    if (this.#client === undefined) throw new Error(`the ${this.role} was never started`);
    return this.#client;
  }

  /** Starts the process and opens its seed, or makes one; bitcoind need not be there yet. */
  async prepare(words?: string): Promise<void> {
    const child = new Child<PartyCalls>(this.#options.program, { detached: true });
    const directory = this.#options.temporary ? this.dataDir : undefined;
    const running = { child, release: guard({ pid: child.pid, directory }) };
    this.#running = running;
    void child.ended.then(() => {
      running.release();
      if (this.#running !== running) return;
      this.#running = undefined;
      this.#options.changed();
    });
    const seed = { dataDir: this.dataDir, passphrase: await this.#passphrase() };
    const unlocked = await child.call('unlock', words === undefined ? seed : { ...seed, words });
    this.#nodeId = unlocked.nodeId;
  }

  /** Makes the process that was prepared a daemon. */
  async begin(): Promise<PartyPlace> {
    const { role, dataDir } = this;
    const { regtest, origin } = this.#options;
    const { rpcUrl: url, cookieFile, zmqAddress } = regtest();
    if (this.#running === undefined) throw new Error('its process ended');
    this.#place = await this.#running.child.call('start', {
      role,
      dataDir,
      chain: { url, cookieFile, zmqAddress },
      ports: { peers: portOf(this.#place?.address), rpc: portOf(this.#place?.rpcUrl) },
      origin,
      restore: this.#mustRestore,
    });
    this.#mustRestore = false;
    this.#token = (await readFile(tokenPath(dataDir, 'admin'), 'utf8')).trim();
    this.#client ??= await rpcClient({ url: this.socketUrl, token: this.#token, open: nodeSockets });
    return this.#place;
  }

  /** Stops its daemon. Rejects with `busy` and `partyOff`. */
  async switchOff({ hard = false } = {}): Promise<void> {
    this.#mustRun();
    await this.#exclusively(() => (hard ? this.#kill() : this.#stop()));
  }

  /** Starts its daemon again. Rejects with `busy`, `partyOn` and `partyFailed`. */
  async switchOn(): Promise<void> {
    if (this.running) throw labFailure('partyOn', { role: this.role });
    await this.#exclusively(async () => void (await this.#start()));
  }

  /** Kills it, and starts it with its seed and its newest backup alone. Rejects with `busy` and `partyFailed`. */
  async loseDatabase(): Promise<void> {
    await this.#exclusively(async () => {
      await this.#kill();
      await this.#forget();
      await this.#start();
    });
  }

  /** Takes another seed. Rejects with `busy` and `partyFailed`. */
  async restore(words: string, passphrase: string): Promise<PartyPlace> {
    return this.#exclusively(async () => {
      await this.#stop();
      await this.#forget();
      await rm(seedPath(this.dataDir), { force: true });
      await this.#keepPassphrase(passphrase);
      return this.#start(words);
    });
  }

  /** What a cheat would keep. Rejects with `busy` and `partyOff`. */
  async listKept() {
    return this.#mustRun().child.call('listKept', undefined as never);
  }

  /** A commitment that was kept, hexadecimal. Rejects with `busy` and `partyOff`. */
  async commitment(trader: 'consumer' | 'producer', channel: string, n: bigint): Promise<string | null> {
    return this.#mustRun().child.call('commitment', { trader, channel, n });
  }

  /** For good: whatever is under way. */
  async end(): Promise<void> {
    this.#client?.close();
    this.#isBusy = true;
    await this.#stop();
    if (this.#options.temporary)
      await rm(this.dataDir, { recursive: true, force: true, maxRetries: 5, retryDelay: 100 });
  }

  async #start(words?: string): Promise<PartyPlace> {
    try {
      await this.prepare(words);
      return await this.begin();
    } catch (error) {
      await this.#kill();
      throw labFailure('partyFailed', { role: this.role, reason: reasonOf(error) });
    }
  }

  async #stop(): Promise<void> {
    const running = this.#running;
    if (running === undefined) return;
    await running.child.call('stop', undefined as never).catch(() => running.child.kill());
    await running.child.ended;
    this.#running = undefined;
  }

  async #kill(): Promise<void> {
    this.#running?.child.kill();
    await this.#running?.child.ended;
    this.#running = undefined;
  }

  /** Everything that the disk knew of its channels: the database, and what lies beside it under its name. */
  async #forget(): Promise<void> {
    this.#mustRestore = true;
    const store = storePath(this.dataDir);
    for (const name of await readdir(dirname(store)))
      if (name.startsWith(basename(store))) await rm(join(dirname(store), name));
  }

  /** Kept beside the seed, which would be folly with any coins but these. */
  async #passphrase(): Promise<string> {
    const kept = await readFile(this.#passphrasePath, 'utf8').catch(() => undefined);
    if (kept !== undefined) return kept;
    await this.#keepPassphrase(this.#options.passphrase);
    return this.#options.passphrase;
  }

  async #keepPassphrase(passphrase: string): Promise<void> {
    await writeDurably(this.#passphrasePath, passphrase, { replace: true });
  }

  get #passphrasePath(): string {
    return join(this.dataDir, 'passphrase');
  }

  #mustRun(): Running {
    this.#mustBeFree();
    if (this.#running === undefined) throw labFailure('partyOff', { role: this.role });
    return this.#running;
  }

  #mustBeFree(): void {
    if (this.#isBusy) throw labFailure('busy', { role: this.role });
  }

  async #exclusively<T>(work: () => Promise<T>): Promise<T> {
    this.#mustBeFree();
    this.#isBusy = true;
    this.#options.changed();
    try {
      return await work();
    } finally {
      this.#isBusy = false;
      this.#options.changed();
    }
  }
}

function portOf(place: string | undefined): number {
  return Number(/:(\d+)$/.exec(place ?? '')?.[1] ?? 0);
}
