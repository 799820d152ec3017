import { readFile, rm, writeFile } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import { parseArgs } from 'node:util';
import { MAX_MONEY } from '../src/base/amount.ts';
import { RpcError } from '../src/chain/bitcoind/index.ts';
import { ChainError } from '../src/chain/port.ts';
import { BitcoindNotFound, FaucetEmpty, StartFailed, startDetached } from './index.ts';
import { forgetChain, RegtestNode } from './node.ts';
import { commandLine } from './processes.ts';

const HELP = `A regtest bitcoind of our own.

  npm run regtest -- start [--seed WORD] [--fresh]   start it and print how to connect
  npm run regtest -- status                          print how to connect
  npm run regtest -- stop                            stop it; its chain stays for the next start
  npm run regtest -- mine N [ADDRESS]                mine N blocks, to the faucet or to ADDRESS
  npm run regtest -- fund ADDRESS SATS               pay from the faucet and mine a block
  npm run regtest -- reorg N                         replace the last N blocks by N + 1 others
  npm run regtest -- cli METHOD [ARGUMENT...]        any RPC call, arguments as JSON or text

  --datadir DIR   where its data and state are, default .regtest
  --seed WORD     same word, same calls: same chain
  --fresh         forget the chain of earlier runs
  --help          this text

The bitcoind used: $BITCOIND, else the one on the PATH, else one fetched from Debian's packages.
Exit codes: 0 done, 1 it failed, 2 the command is not as above.
`;

/** The command line is wrong. */
class UsageError extends Error {}
/** It cannot be done now; the message says why. */
class Refused extends Error {}

/** What later commands need to know of the node that `start` left running. */
interface State {
  readonly pid: number;
  readonly rpcPort: number;
  readonly zmqPort?: number;
  readonly seed?: string;
}

interface Flags {
  readonly datadir: string;
  readonly seed: string | undefined;
  readonly fresh: boolean;
}

type Verb = (args: readonly string[], flags: Flags) => Promise<string>;

const VERBS: ReadonlyMap<string, Verb> = new Map([
  ['start', start],
  ['status', status],
  ['stop', stop],
  ['mine', mine],
  ['fund', fund],
  ['reorg', reorg],
  ['cli', cli],
]);

async function start(args: readonly string[], flags: Flags): Promise<string> {
  expect(args.length === 0, 'start takes no arguments');
  const running = await readState(flags.datadir);
  if (running !== undefined)
    throw new Refused(`it runs already, with process id ${running.pid} (stop it first)`);
  const dataDir = dataIn(flags.datadir);
  if (flags.fresh) await forgetChain(dataDir);
  const node = await startDetached({ dataDir, ...(flags.seed === undefined ? {} : { seed: flags.seed }) });
  await writeState(flags, node);
  node.leaveRunning();
  return describe(node);
}

async function status(args: readonly string[], flags: Flags): Promise<string> {
  expect(args.length === 0, 'status takes no arguments');
  return withNode(flags, describe);
}

async function stop(args: readonly string[], flags: Flags): Promise<string> {
  expect(args.length === 0, 'stop takes no arguments');
  return withNode(flags, async (node) => {
    await node.stop();
    await rm(stateIn(flags.datadir), { force: true });
    return `stopped; its chain stays in ${node.dataDir}`;
  });
}

async function mine(args: readonly string[], flags: Flags): Promise<string> {
  const [blocks, address] = args;
  expect(args.length === 1 || args.length === 2, 'mine takes a number of blocks and perhaps an address');
  const wanted = wholeNumber(blocks, 'a number of blocks');
  return withNode(flags, async (node) => (await node.mine(wanted, address)).join('\n'));
}

async function fund(args: readonly string[], flags: Flags): Promise<string> {
  const [address, satoshi] = args;
  expect(args.length === 2 && address !== undefined, 'fund takes an address and an amount in satoshi');
  const value = BigInt(wholeNumber(satoshi, 'an amount in satoshi'));
  expect(value <= MAX_MONEY, 'there are not that many bitcoin');
  return withNode(flags, async (node) => {
    const { txid, vout } = await node.fund(address, value);
    return `${txid}:${vout}`;
  });
}

async function reorg(args: readonly string[], flags: Flags): Promise<string> {
  expect(args.length === 1, 'reorg takes a number of blocks');
  const depth = wholeNumber(args[0], 'a number of blocks');
  return withNode(flags, async (node) => {
    const height = await node.height();
    if (depth > height) throw new Refused(`there are ${height} blocks only`);
    return (await node.reorg(depth)).join('\n');
  });
}

async function cli(args: readonly string[], flags: Flags): Promise<string> {
  const [method, ...params] = args;
  expect(method !== undefined, 'cli takes the name of an RPC method');
  return withNode(flags, async (node) => {
    const answer = await node.call(method, ...params.map(jsonOrText));
    return typeof answer === 'string' ? answer : JSON.stringify(answer, null, 2);
  });
}

function jsonOrText(argument: string): unknown {
  try {
    return JSON.parse(argument);
  } catch {
    return argument;
  }
}

async function describe(node: RegtestNode): Promise<string> {
  return [
    `bitcoind runs on regtest at height ${await node.height()}, process id ${node.pid}`,
    `rpc     ${node.rpcUrl}`,
    `cookie  ${node.cookieFile}`,
    ...(node.zmqAddress === undefined ? [] : [`zmq     ${node.zmqAddress} (hashblock)`]),
    `data    ${node.dataDir}`,
  ].join('\n');
}

/** Runs `work` on the node that `start` left running. */
async function withNode(flags: Flags, work: (node: RegtestNode) => Promise<string>): Promise<string> {
  const state = await readState(flags.datadir);
  if (state === undefined) throw new Refused(`nothing runs in ${flags.datadir} (npm run regtest -- start)`);
  const node = new RegtestNode({
    dataDir: dataIn(flags.datadir),
    seed: state.seed,
    pid: state.pid,
    ports: { rpc: state.rpcPort, zmq: state.zmqPort },
    own: undefined,
  });
  try {
    return await work(node);
  } finally {
    node.rpc.close();
  }
}

/** The state of a node that still runs; one that was ended by someone else is forgotten. */
async function readState(directory: string): Promise<State | undefined> {
  const text = await readFile(stateIn(directory), 'utf8').catch(() => undefined);
  if (text === undefined) return undefined;
  const state: unknown = jsonOrText(text);
  if (!isState(state))
    throw new Refused(`${stateIn(directory)} is damaged: remove it, and end bitcoind yourself`);
  // The id alone may have become another program's.
  return commandLine(state.pid).includes(dataIn(directory)) ? state : undefined;
}

function isState(value: unknown): value is State {
  if (typeof value !== 'object' || value === null) return false;
  if (!('pid' in value) || !Number.isSafeInteger(value.pid)) return false;
  if (!('rpcPort' in value) || !Number.isSafeInteger(value.rpcPort)) return false;
  if ('zmqPort' in value && !Number.isSafeInteger(value.zmqPort)) return false;
  return !('seed' in value) || typeof value.seed === 'string';
}

async function writeState(flags: Flags, node: RegtestNode): Promise<void> {
  const state: State = {
    pid: node.pid,
    rpcPort: node.ports.rpc,
    ...(node.ports.zmq === undefined ? {} : { zmqPort: node.ports.zmq }),
    ...(flags.seed === undefined ? {} : { seed: flags.seed }),
  };
  await writeFile(stateIn(flags.datadir), `${JSON.stringify(state, null, 2)}\n`);
}

function dataIn(directory: string): string {
  return join(resolve(directory), 'data');
}

function stateIn(directory: string): string {
  return join(resolve(directory), 'state.json');
}

function wholeNumber(text: string | undefined, what: string): number {
  const value = Number(text);
  expect(/^\d+$/.test(text ?? '') && value > 0 && Number.isSafeInteger(value), `${text} is not ${what}`);
  return value;
}

function expect(condition: boolean, message: string): asserts condition {
  if (!condition) throw new UsageError(message);
}

async function main(argv: readonly string[]): Promise<number> {
  try {
    const { values, positionals } = parse(argv);
    const [verb, ...args] = positionals;
    if (values.help === true) {
      process.stdout.write(HELP);
      return 0;
    }
    const run = VERBS.get(verb ?? '');
    expect(values.datadir !== '', '--datadir needs a directory');
    expect(run !== undefined, verb === undefined ? 'a command is missing' : `unknown command ${verb}`);
    const flags = { datadir: values.datadir ?? '.regtest', seed: values.seed, fresh: values.fresh === true };
    const said = await run(args, flags);
    process.stdout.write(`${said}\n`);
    return 0;
  } catch (error) {
    return explain(error);
  }
}

function parse(argv: readonly string[]) {
  try {
    return parseArgs({
      args: [...argv],
      allowPositionals: true,
      options: {
        datadir: { type: 'string' },
        seed: { type: 'string' },
        fresh: { type: 'boolean' },
        help: { type: 'boolean', short: 'h' },
      },
    });
  } catch (error) {
    throw new UsageError(error instanceof Error ? error.message : String(error));
  }
}

const EXPECTED = [Refused, BitcoindNotFound, StartFailed, FaucetEmpty, RpcError, ChainError, RangeError];

function explain(error: unknown): number {
  if (error instanceof UsageError) {
    process.stderr.write(`regtest: ${error.message}\n\n${HELP}`);
    return 2;
  }
  if (!(error instanceof Error) || !EXPECTED.some((kind) => error instanceof kind)) throw error;
  process.stderr.write(`regtest: ${error.message}\n`);
  return 1;
}

process.exitCode = await main(process.argv.slice(2));
