import { readFile, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { toHex } from '../src/base/bytes.ts';
import { withChecksum } from '../src/base/descriptorChecksum.ts';
import { type Answer, count, fields, flag, hash, hexBytes, list } from '../src/chain/bitcoind/answer.ts';
import { bitcoindChain, type RpcClient } from '../src/chain/bitcoind/index.ts';
import { type Chain, ChainError } from '../src/chain/port.ts';
import { encodeTx, type OutPoint, type Tx, txid } from '../src/tx/transaction.ts';
import { Faucet } from './faucet.ts';
import { cookieFile, type LaunchOptions, launch, type Ports, rpcAt } from './launch.ts';
import { commandLine, hasEnded, kill } from './processes.ts';

/** The first block's time with a seed, Unix seconds (2025-01-01 00:00 UTC), and the time between blocks. */
const FIRST_TIME = 1_735_689_600;
const BLOCK_SECONDS = 600;
/** So many are mined well within the time that an answer may take. */
const BLOCKS_PER_CALL = 250;
/** After this many blocks the first reward can be spent. */
const FIRST_BLOCKS = 101;
const STOP_WITHIN_MS = 30_000;

/** The time of a seeded chain outlives the process: blocks ahead of the clock would be refused at the next start. */
function clockFile(dataDir: string): string {
  return join(dataDir, 'clock');
}

/** Where the clock of a seeded node stands when it starts. */
export async function clockAt(dataDir: string): Promise<number> {
  const text = await readFile(clockFile(dataDir), 'utf8').catch(() => '');
  return /^\d+$/.test(text) ? Number(text) : FIRST_TIME;
}

/** Removes the chain and wallets of a stopped node, and nothing else that may lie in the directory. */
export async function forgetChain(dataDir: string): Promise<void> {
  await rm(join(dataDir, 'regtest'), { recursive: true, force: true });
  await rm(clockFile(dataDir), { force: true });
}

export interface RegtestNodeOptions {
  readonly dataDir: string;
  readonly seed: string | undefined;
  readonly pid: number;
  readonly ports: Ports;
  /** How it was started; `undefined` for a node that another process started. */
  readonly own: { readonly settings: LaunchOptions; readonly release: () => void } | undefined;
}

/** A regtest node of our own, running. */
export class RegtestNode {
  readonly dataDir: string;
  readonly rpc: RpcClient;
  readonly rpcUrl: string;
  readonly cookieFile: string;
  /** Where it publishes `hashblock`, `undefined` without ZMQ. */
  readonly zmqAddress: string | undefined;
  readonly #options: RegtestNodeOptions;
  readonly #faucet: Faucet;
  readonly #chains: Chain[] = [];
  #pid: number;
  #release: () => void;
  #stopped: Promise<void> | undefined;
  /** Mining and funding one after the other, so that the same calls make the same chain. */
  #queue: Promise<unknown> = Promise.resolve();

  constructor(options: RegtestNodeOptions) {
    this.#options = options;
    this.#pid = options.pid;
    this.dataDir = options.dataDir;
    this.rpc = rpcAt(options.dataDir, options.ports.rpc);
    this.rpcUrl = this.rpc.url;
    this.cookieFile = cookieFile(options.dataDir);
    this.zmqAddress = options.ports.zmq === undefined ? undefined : `tcp://127.0.0.1:${options.ports.zmq}`;
    this.#faucet = new Faucet(this.rpc, options.seed ?? 'wattlane');
    this.#release = options.own?.release ?? (() => undefined);
  }

  get ports(): Ports {
    return this.#options.ports;
  }

  get pid(): number {
    return this.#pid;
  }

  /** One RPC call, for what the other methods do not offer. Throws `RpcError` and `ChainError`. */
  async call(method: string, ...params: readonly unknown[]): Promise<unknown> {
    return this.rpc.call(method, params);
  }

  /** A {@link Chain} on this node, closed by {@link stop} at the latest. */
  async chain(): Promise<Chain> {
    const chain = await bitcoindChain({
      network: 'regtest',
      url: this.rpcUrl,
      login: { cookieFile: this.cookieFile },
      ...(this.zmqAddress === undefined ? {} : { zmqAddress: this.zmqAddress }),
    });
    this.#chains.push(chain);
    return chain;
  }

  async height(): Promise<number> {
    return count(await this.#ask('getblockcount'));
  }

  /** Mines `blocks` blocks with what the mempool holds, to `address` or to the faucet. Returns their hashes. */
  async mine(blocks: number, address?: string): Promise<readonly string[]> {
    return this.#inTurn(() => this.#mine(blocks, address));
  }

  /**
   * Mines one block to the faucet that holds these transactions and no other: that of a miner who has heard of
   * nothing else. Returns its hash. Throws `RpcError` when they do not make a valid block.
   */
  async mineExactly(transactions: readonly Tx[]): Promise<string> {
    return this.#inTurn(async () => {
      const target = await this.#miningDescriptor();
      const raw = transactions.map((tx) => toHex(encodeTx(tx)));
      if (this.#options.seed !== undefined) await this.#setTime(await this.#nextTime());
      return hash(fields(await this.#ask('generateblock', target, raw))('hash'));
    });
  }

  /** Mines what the faucet's first coin needs, unless it has one. */
  async fillFaucet(): Promise<void> {
    await this.#inTurn(async () => {
      if (!(await this.#faucet.isFilled())) await this.#mine(FIRST_BLOCKS);
    });
  }

  /**
   * Pays `value` satoshi to an address or an output script, and mines a block with it unless `confirm` is false.
   * Throws `FaucetEmpty`.
   */
  async fund(
    to: string | Uint8Array,
    value: bigint,
    { confirm = true }: { readonly confirm?: boolean } = {},
  ): Promise<OutPoint> {
    return this.#inTurn(async () => {
      const script = typeof to === 'string' ? await this.#scriptOf(to) : to;
      const tx = await this.#faucet.payment(script, value);
      await this.#ask('sendrawtransaction', toHex(encodeTx(tx)));
      if (confirm) await this.#mine(1);
      return { txid: txid(tx), vout: 0 };
    });
  }

  /**
   * Takes the last `depth` blocks back and mines `mine` others in their place (default `depth + 1`, so that the
   * new branch wins). Transactions of the lost blocks return to the mempool and into the new blocks; with `mine: 0`
   * they stay there, for a conflicting one to take their place. Returns the hashes of the new blocks.
   */
  async reorg(
    depth: number,
    { mine = depth + 1 }: { readonly mine?: number } = {},
  ): Promise<readonly string[]> {
    return this.#inTurn(async () => {
      const lowest = (await this.height()) - depth + 1;
      const lost = hash(await this.#ask('getblockhash', lowest));
      await this.#ask('invalidateblock', lost);
      return this.#mine(mine);
    });
  }

  /**
   * Stops bitcoind, runs `whileDown`, starts it again on the same ports and data, with a new cookie and process id, and
   * with other arguments if there are some.
   */
  async restart(
    whileDown: () => Promise<void> = async () => undefined,
    changes: Partial<Pick<LaunchOptions, 'extraArgs' | 'minRelayFeeSatPerKvB'>> = {},
  ): Promise<void> {
    const again = this.#options.own?.settings;
    if (again === undefined) throw new Error('this process did not start the node');
    await this.#inTurn(async () => {
      await this.#end();
      await whileDown();
      const mockTime = again.mockTime === undefined ? undefined : await clockAt(this.dataDir);
      const launched = await launch({ ...again, ...changes, mockTime }, this.#options.ports);
      this.#pid = launched.pid;
      this.#release = launched.release;
    });
  }

  /** Lets bitcoind go on after the end of this process. */
  leaveRunning(): void {
    this.#release();
  }

  /** Stops bitcoind and removes its data directory if that was a temporary one. Also when called again. */
  stop(): Promise<void> {
    this.#stopped ??= this.#stop();
    return this.#stopped;
  }

  async #stop(): Promise<void> {
    await Promise.all(this.#chains.map((chain) => chain.close()));
    await this.#end();
    this.rpc.close();
    if (this.#options.own?.settings.temporary === true)
      await rm(this.dataDir, { recursive: true, force: true, maxRetries: 5, retryDelay: 100 });
  }

  async #end(): Promise<void> {
    const asked = await this.rpc.call('stop', [], { attempts: 1, firstMs: 0, longestMs: 0 }).then(
      () => true,
      (error: unknown) => {
        if (error instanceof ChainError) return false;
        throw error;
      },
    );
    if (asked && (await hasEnded(this.#pid, STOP_WITHIN_MS))) return this.#release();
    // An id from a file may long be another program's.
    if (this.#options.own !== undefined || commandLine(this.#pid).includes(this.dataDir)) {
      kill(this.#pid, 'SIGKILL');
      await hasEnded(this.#pid, STOP_WITHIN_MS);
    }
    this.#release();
  }

  async #mine(blocks: number, address?: string): Promise<readonly string[]> {
    if (blocks === 0) return [];
    const [method, target] =
      address === undefined
        ? ['generatetodescriptor', await this.#miningDescriptor()]
        : ['generatetoaddress', address];
    if (this.#options.seed !== undefined) return this.#mineByTheClock(blocks, method, target);
    const mined: string[] = [];
    while (mined.length < blocks)
      mined.push(
        ...hashes(await this.#ask(method, Math.min(BLOCKS_PER_CALL, blocks - mined.length), target)),
      );
    return mined;
  }

  /** Each block ten minutes after the one before: its hash then depends on nothing but the seed and the calls. */
  async #mineByTheClock(blocks: number, method: string, target: string): Promise<readonly string[]> {
    let time = await this.#nextTime();
    const mined: string[] = [];
    for (; mined.length < blocks; time += BLOCK_SECONDS) {
      await this.#setTime(time);
      mined.push(...hashes(await this.#ask(method, 1, target)));
    }
    return mined;
  }

  async #nextTime(): Promise<number> {
    const best = hash(await this.#ask('getbestblockhash'));
    const time = count(fields(await this.#ask('getblockheader', best))('time'));
    return Math.max(FIRST_TIME, time + BLOCK_SECONDS);
  }

  async #setTime(time: number): Promise<void> {
    await this.#ask('setmocktime', time);
    await writeFile(clockFile(this.dataDir), String(time));
  }

  async #miningDescriptor(): Promise<string> {
    return withChecksum(`raw(${toHex(await this.#faucet.miningScript())})`);
  }

  async #scriptOf(address: string): Promise<Uint8Array> {
    const answer = fields(await this.#ask('validateaddress', address));
    if (!flag(answer('isvalid'))) throw new RangeError(`not an address of regtest: ${address}`);
    return hexBytes(answer('scriptPubKey'));
  }

  async #ask(method: string, ...params: readonly unknown[]): Promise<Answer> {
    return { value: await this.rpc.call(method, params), where: method };
  }

  #inTurn<T>(work: () => Promise<T>): Promise<T> {
    const turn = this.#queue.then(work);
    this.#queue = turn.catch(() => undefined);
    return turn;
  }
}

function hashes(answer: Answer): readonly string[] {
  return list(answer).map(hash);
}
