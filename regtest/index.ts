import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { findBitcoind } from './bitcoind.ts';
import { type LaunchOptions, launch } from './launch.ts';
import { clockAt, RegtestNode } from './node.ts';
import type { BitcoindProgram } from './program.ts';

export { BitcoindNotFound, findBitcoind } from './bitcoind.ts';
export { FaucetEmpty } from './faucet.ts';
export { StartFailed } from './launch.ts';
export type { BitcoindProgram } from './program.ts';

export interface RegtestOptions {
  /** Kept by `stop()`; default a temporary directory, removed by `stop()`. */
  readonly dataDir?: string;
  /** What Bitcoin Knots does with version 3 transactions; Bitcoin Core always enforces. Default `enforce`. */
  readonly mempoolTruc?: 'accept' | 'enforce';
  /** Default bitcoind's own. */
  readonly minRelayFeeSatPerKvB?: number;
  /** More arguments of bitcoind, last, so that they win. */
  readonly extraArgs?: readonly string[];
  /** Publish new blocks over ZMQ; default true. */
  readonly zmq?: boolean;
  /**
   * Makes the chain a function of this word and of the calls: the same faucet coins, transactions and blocks,
   * ten minutes apart from a fixed time on. Without it blocks have the real time.
   */
  readonly seed?: string;
  /** Default {@link findBitcoind}. */
  readonly program?: BitcoindProgram;
}

export type Regtest = RegtestNode;

/**
 * Starts a regtest bitcoind of our own, with free ports, and fills its faucet.
 *
 * `stop()` ends it; so does the end of this process, whatever ends it. Throws {@link BitcoindNotFound} and
 * {@link StartFailed}.
 *
 * @example
 * const regtest = await startRegtest();
 * const chain = await regtest.chain();
 * const coin = await regtest.fund('bcrt1…', 100_000n);
 * await regtest.stop();
 */
export async function startRegtest(options: RegtestOptions = {}): Promise<Regtest> {
  return start(options, false);
}

/** The same, but out of reach of the terminal's Ctrl-C and, after `leaveRunning()`, of the end of this process. */
export async function startDetached(
  options: RegtestOptions & { readonly dataDir: string },
): Promise<Regtest> {
  return start(options, true);
}

async function start(options: RegtestOptions, detached: boolean): Promise<Regtest> {
  const program = options.program ?? (await findBitcoind());
  const temporary = options.dataDir === undefined;
  const dataDir = resolve(options.dataDir ?? (await mkdtemp(join(tmpdir(), 'wattlane-regtest-'))));
  const settings: LaunchOptions = {
    program,
    dataDir,
    mempoolTruc: options.mempoolTruc ?? 'enforce',
    minRelayFeeSatPerKvB: options.minRelayFeeSatPerKvB,
    extraArgs: options.extraArgs ?? [],
    zmq: options.zmq ?? true,
    mockTime: options.seed === undefined ? undefined : await clockAt(dataDir),
    detached,
    temporary,
  };
  const launched = await launch(settings).catch(async (error: unknown) => {
    if (temporary) await rm(dataDir, { recursive: true, force: true });
    throw error;
  });
  const own = { settings, release: launched.release };
  const node = new RegtestNode({ ...launched, dataDir, seed: options.seed, own });
  try {
    await node.fillFaucet();
    return node;
  } catch (error) {
    await node.stop();
    throw error;
  }
}
