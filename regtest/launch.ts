import { type ChildProcess, spawn } from 'node:child_process';
import { closeSync, openSync } from 'node:fs';
import { mkdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { RpcClient } from '../src/chain/bitcoind/index.ts';
import { ChainError } from '../src/chain/port.ts';
import { guard } from './guard.ts';
import { freePorts } from './ports.ts';
import { hasEnded, kill } from './processes.ts';
import type { BitcoindProgram } from './program.ts';

/** bitcoind started and then ended, or did not get ready in time; the message holds what it said. */
export class StartFailed extends Error {
  override readonly name = 'StartFailed';
}

export interface LaunchOptions {
  readonly program: BitcoindProgram;
  readonly dataDir: string;
  readonly mempoolTruc: 'accept' | 'enforce';
  readonly minRelayFeeSatPerKvB: number | undefined;
  readonly extraArgs: readonly string[];
  readonly zmq: boolean;
  /** Unix seconds at which the node's clock stands. */
  readonly mockTime: number | undefined;
  /** In a session of its own, so that the terminal's Ctrl-C does not reach it. */
  readonly detached: boolean;
  /** The data directory goes with the process. */
  readonly temporary: boolean;
}

export interface Ports {
  readonly rpc: number;
  readonly zmq: number | undefined;
}

export interface Launched {
  readonly pid: number;
  readonly ports: Ports;
  /** From here on the process no longer ends with ours. */
  readonly release: () => void;
}

const READY_WITHIN_MS = 60_000;
const LOOK_AGAIN_MS = 25;
const PORT_ATTEMPTS = 5;

export function cookieFile(dataDir: string): string {
  return join(dataDir, 'regtest', '.cookie');
}

export function rpcAt(dataDir: string, port: number): RpcClient {
  return new RpcClient({ url: `http://127.0.0.1:${port}`, login: { cookieFile: cookieFile(dataDir) } });
}

/** Starts bitcoind and returns when it answers. With other ports again when someone took one of ours first. */
export async function launch(options: LaunchOptions, fixed?: Ports): Promise<Launched> {
  for (let attempt = 1; ; attempt++) {
    const ports = fixed ?? (await choosePorts(options.zmq));
    try {
      return { ...(await launchAt(options, ports)), ports };
    } catch (error) {
      const clash = error instanceof PortTaken && fixed === undefined && attempt < PORT_ATTEMPTS;
      if (!clash) throw error;
    }
  }
}

class PortTaken extends StartFailed {}

async function choosePorts(zmq: boolean): Promise<Ports> {
  const [rpc, second] = await freePorts(zmq ? 2 : 1);
  if (rpc === undefined) throw new StartFailed('no free port');
  return { rpc, zmq: second };
}

async function launchAt(options: LaunchOptions, ports: Ports): Promise<Omit<Launched, 'ports'>> {
  await mkdir(options.dataDir, { recursive: true });
  const said = join(options.dataDir, 'stderr.log');
  const log = openSync(said, 'w');
  const { command, args } = options.program;
  const child = spawn(command, [...args, ...nodeArguments(options, ports)], {
    stdio: ['ignore', 'ignore', log],
    detached: options.detached,
  });
  closeSync(log);
  const ended = endOf(child);
  const pid = child.pid;
  if (pid === undefined) throw new StartFailed(`${command} does not start: ${(await ended).reason}`);
  child.unref(); // a forgotten stop() keeps nobody waiting
  const release = guard({ pid, directory: options.temporary ? options.dataDir : undefined });
  try {
    await ready(options, ports, ended);
    return { pid, release };
  } catch (error) {
    kill(pid, 'SIGKILL');
    await hasEnded(pid, READY_WITHIN_MS);
    release();
    throw await explained(error, said);
  }
}

interface End {
  readonly reason: string;
}

function endOf(child: ChildProcess): Promise<End> {
  return new Promise((resolve) => {
    child.once('error', (error) => resolve({ reason: error.message }));
    child.once('exit', (code, signal) => resolve({ reason: `it ended with ${signal ?? `code ${code}`}` }));
  });
}

async function ready(options: LaunchOptions, ports: Ports, ended: Promise<End>): Promise<void> {
  const rpc = rpcAt(options.dataDir, ports.rpc);
  const state: { end?: End } = {};
  void ended.then((end) => {
    state.end = end;
  });
  const until = Date.now() + READY_WITHIN_MS;
  try {
    while (!(await answers(rpc))) {
      if (state.end !== undefined) throw new StartFailed(state.end.reason);
      if (Date.now() > until) throw new StartFailed(`it was not ready after ${READY_WITHIN_MS} ms`);
      await sleep(LOOK_AGAIN_MS);
    }
    // bitcoind goes on without notifications when it cannot have the address.
    const sources = ports.zmq === undefined ? undefined : await rpc.call('getzmqnotifications');
    if (Array.isArray(sources) && sources.length === 0) throw new PortTaken('its ZMQ port was taken');
  } finally {
    rpc.close();
  }
}

async function answers(rpc: RpcClient): Promise<boolean> {
  try {
    await rpc.call('getblockchaininfo', [], { attempts: 1, firstMs: 0, longestMs: 0 });
    return true;
  } catch (error) {
    // `refused` too: another program on the port, or the cookie of an earlier run that was killed.
    if (error instanceof ChainError) return false;
    throw error;
  }
}

/** The error with what bitcoind wrote before it ended. */
async function explained(error: unknown, said: string): Promise<unknown> {
  if (!(error instanceof StartFailed) || error instanceof PortTaken) return error;
  const output = (await readFile(said, 'utf8').catch(() => '')).trim().slice(-2_000);
  const message = `bitcoind did not start: ${error.message}${output === '' ? '' : `; it said: ${output}`}`;
  const portTaken = /unable to bind|unable to start http server|address already in use/i.test(output);
  return portTaken ? new PortTaken(message) : new StartFailed(message);
}

function nodeArguments(options: LaunchOptions, ports: Ports): readonly string[] {
  const { program, mempoolTruc, minRelayFeeSatPerKvB: minRelayFee, mockTime } = options;
  return [
    '-regtest',
    `-datadir=${options.dataDir}`,
    '-server=1',
    '-daemon=0',
    `-rpcport=${ports.rpc}`,
    '-rpcbind=127.0.0.1',
    '-rpcallowip=127.0.0.1',
    '-listen=0',
    '-connect=0',
    '-dnsseed=0',
    '-fallbackfee=0.00002',
    '-dbcache=16',
    '-par=1',
    '-shrinkdebugfile=1',
    ...(ports.zmq === undefined ? [] : [`-zmqpubhashblock=tcp://127.0.0.1:${ports.zmq}`]),
    // Bitcoin Core always enforces, and refuses options that it does not know.
    ...(program.knots ? [`-mempooltruc=${mempoolTruc}`] : []),
    ...(minRelayFee === undefined
      ? []
      : [`-minrelaytxfee=${inBitcoin(minRelayFee)}`, `-blockmintxfee=${inBitcoin(minRelayFee)}`]),
    ...(mockTime === undefined ? [] : [`-mocktime=${mockTime}`]),
    ...options.extraArgs,
  ];
}

function inBitcoin(satoshi: number): string {
  const digits = String(Math.round(satoshi)).padStart(9, '0');
  return `${digits.slice(0, -8)}.${digits.slice(-8)}`;
}
