import { readFile } from 'node:fs/promises';
import { dirname } from 'node:path';
import { toHex } from '../base/bytes.ts';
import type { Chain } from '../chain/port.ts';
import { fastestSecp256k1 } from '../crypto/native.ts';
import { NodeRefused } from '../node/beginning.ts';
import { createNode, type Node } from '../node/node.ts';
import type { Store } from '../store/port.ts';
import { type SqliteStore, sqliteStore } from '../store/sqlite/index.ts';
import { systemClock } from '../transport/clock.ts';
import type { SocketServer } from '../transport/websocket/socket.ts';
import { webSocketServer, webSocketTransport } from '../transport/websocket/ws.ts';
import { guardBackup } from './backupGuard.ts';
import { connectBitcoind } from './bitcoind.ts';
import type { Config } from './config/schema.ts';
import { addressText, isLoopback, listOf } from './config/values.ts';
import { type Adapters, storePath } from './edges.ts';
import { type Ended, Ending } from './ending.ts';
import { makeDir, removeLeftovers, writeDurably } from './files.ts';
import { type Health, healthOf } from './health.ts';
import type { Log } from './log.ts';
import { type Exposition, Metrics } from './metrics/metrics.ts';
import { logNotice } from './noticeLog.ts';
import { observedStore, observedTransport } from './observed.ts';
import { Opened } from './opened.ts';
import { pagesOf } from './pages.ts';
import { policyOf } from './policy.ts';
import { StartRefused, seedRefused } from './refused.ts';
import { refusedCallers } from './refusedCallers.ts';
import { startRpc } from './rpc/index.ts';
import { openSeed, seedPath } from './seed/seed.ts';
import { VERSION } from './version.ts';

/** A node with all that it needs to run alone. */
export interface Daemon {
  readonly config: Config;
  readonly node: Node;
  readonly store: Store;
  readonly chain: Chain;
  readonly log: Log;
  readonly metrics: Metrics;
  /** Where peers connect: `host:port`, with the port that was taken. */
  readonly address: string;
  /** Where its RPC, `/metrics` and `/healthz` are: `http://host:port`. */
  readonly rpcUrl: string;
  /** What `/healthz` answers: 200 where `ok`, else 503. */
  health(): Promise<Health>;
  /** What `/metrics` answers. */
  exposition(): Promise<Exposition>;
  /** Resolves when everything is closed, with what ended it. Never rejects. */
  readonly ended: Promise<Ended>;
  /** Stops in order; resolves when everything is closed. Also when called again. */
  stop(): Promise<void>;
}

/** The seed's words, or the passphrase of its file in the data directory. */
export type DaemonSecret = { readonly passphrase: string } | { readonly mnemonic: string };

export interface StartOptions {
  readonly log: Log;
  readonly adapters?: Adapters;
  /** Ends a start that is under way, for example one that waits for bitcoind: it rejects with `stopped`. */
  readonly signal?: AbortSignal;
}

/**
 * Opens seed, store, chain and transport, and starts a node on them; they are closed in the reverse order, also when one
 * of them cannot be opened. Rejects with {@link StartRefused}, `StoreError` (`locked`: another process has it), `ChainError`
 * and `NodeRefused`.
 */
export async function startDaemon(
  config: Config,
  secret: DaemonSecret,
  { log, adapters = {}, signal = new AbortController().signal }: StartOptions,
): Promise<Daemon> {
  const opened = new Opened(log);
  try {
    return await start({ config, secret, log, adapters, signal, opened });
  } catch (error) {
    await opened.close();
    throw refusalOf(error);
  }
}

interface Start extends Required<StartOptions> {
  readonly config: Config;
  readonly secret: DaemonSecret;
  readonly opened: Opened;
}

async function start({ config, secret, log, adapters, signal, opened }: Start): Promise<Daemon> {
  const metrics = new Metrics();
  await makeDir(config.dataDir);
  await makeDir(dirname(config.backupFile));
  const mnemonic = await phraseOf(config, secret);
  const disk = await openedStore(config, adapters, opened, log);
  await removeLeftovers(config.backupFile);
  const { store, health: storeHealth } = observedStore(disk.store, log, metrics);
  stopHere(signal);
  const chain = await openedChain(config, adapters, opened, log, signal);
  stopHere(signal);
  await guardBackup({ config, store: disk.store, mnemonic, network: chain.network });
  const ending = new Ending(opened, log);
  const server = await openedServer(config, opened);
  const secp = await fastestSecp256k1();
  const real = webSocketTransport({ server, secp, onRefused: refusedCallers(log, systemClock) });
  const transport = adapters.transport?.(real) ?? real;
  const node = await createNode({
    mnemonic,
    chain,
    store,
    secp,
    transport: (...identity) => observedTransport(transport(...identity), log, metrics),
    role: config.role,
    policy: policyOf(config),
    onBackup: (backup) => writeDurably(config.backupFile, backup, { replace: true }),
    onError: (error) => ending.failed(error),
    ...(adapters.clock === undefined ? {} : { clock: adapters.clock }),
    ...(config.birthday === undefined ? {} : { birthday: config.birthday }),
    ...(config.restored || disk.file?.restored === true ? { restored: true } : {}),
    ...(await backupOf(config)),
  });
  opened.add('node', () => node.stop());
  if (ending.begun) throw (await ending.ended).error;
  await disk.file?.takenUp();
  metrics.watch(node, chain);
  watchChannels(node, log, metrics);
  const status = {
    health: () => healthOf({ node, chain, storeFailure: storeHealth.failure, stopping: ending.begun }),
    exposition: () => metrics.exposition(),
  };
  const address = server.address;
  const rpc = await startRpc({
    node,
    store,
    chain,
    dataDir: config.dataDir,
    version: VERSION,
    addresses: [address],
    listen: config.rpcListen,
    allowedHosts: [config.rpcListen.host, ...listOf(config.rpcAllowedHosts)],
    allowedOrigins: listOf(config.rpcAllowedOrigins),
    openSeed: (passphrase) => openSeed(seedPath(config.dataDir), passphrase),
    pages: pagesOf(status, isLoopback(config.rpcListen)),
    log: (method, error) => log.error({ method, error }, 'a call failed'),
    called: (method, result, seconds) => metrics.rpcCalled(method, result, seconds),
    // once the call that asks for it counts as one that is under way
    stop: () => void setImmediate(() => ending.end(undefined)),
  });
  opened.add('rpc', () => rpc.close());
  const rpcUrl = `http://${addressText(rpc.address)}`;
  log.info(
    { role: config.role, node: toHex(node.id), network: config.network, listen: address, rpc: rpcUrl },
    'started',
  );
  return {
    ...{ config, node, store, chain, log, metrics, address, rpcUrl },
    ...status,
    ended: ending.ended,
    stop: async () => {
      await ending.end(undefined);
    },
  };
}

async function phraseOf({ dataDir }: Config, secret: DaemonSecret): Promise<string> {
  if ('mnemonic' in secret) return secret.mnemonic;
  const phrase = await openSeed(seedPath(dataDir), secret.passphrase);
  if (!phrase.ok) throw seedRefused(phrase.error);
  return phrase.value;
}

/** `file` is the store of the data directory, unless an adapter has put another in its place. */
async function openedStore(
  { dataDir, restored }: Config,
  adapters: Adapters,
  opened: Opened,
  log: Log,
): Promise<{ readonly store: Store; readonly file: SqliteStore | undefined }> {
  let file: SqliteStore | undefined;
  const open = async () => {
    file = await sqliteStore(storePath(dataDir), { withoutLog: restored });
    return file;
  };
  const store = await (adapters.store?.(open) ?? open());
  opened.add('store', () => store.close());
  log.debug({ path: storePath(dataDir), restored: file?.restored ?? false }, 'store open');
  return { store, file };
}

async function openedServer({ listen }: Config, opened: Opened): Promise<SocketServer> {
  const server = await webSocketServer(listen);
  opened.add('listener', () => server.close());
  return server;
}

async function openedChain(
  config: Config,
  adapters: Adapters,
  opened: Opened,
  log: Log,
  signal: AbortSignal,
): Promise<Chain> {
  const open = () => connectBitcoind(config, log, signal);
  const chain = await (adapters.chain?.(open) ?? open());
  opened.add('chain', () => chain.close());
  log.debug({ url: config.bitcoindUrl }, 'bitcoind answers');
  return chain;
}

function watchChannels(node: Node, log: Log, metrics: Metrics): void {
  const watch = (channel: ReturnType<Node['channels']>[number]) =>
    channel.onNotice((notice) => {
      metrics.notice(notice);
      logNotice(log, channel, notice);
    });
  for (const channel of node.channels()) watch(channel);
  node.onChannel(watch);
}

async function backupOf({ restoreBackup }: Config): Promise<{ readonly backup?: Uint8Array }> {
  if (restoreBackup === undefined) return {};
  const backup = await readFile(restoreBackup).catch((error: NodeJS.ErrnoException) => {
    throw new StartRefused('badFile', `${restoreBackup} cannot be read: ${error.code}`);
  });
  return { backup: Uint8Array.from(backup) };
}

function stopHere(signal: AbortSignal): void {
  if (signal.aborted) throw new StartRefused('stopped', 'stopped while starting');
}

/** What the node refuses of a store is the data directory's fault, by another name. */
function refusalOf(error: unknown): unknown {
  if (!(error instanceof NodeRefused)) return error;
  if (error.code === 'otherSeed')
    return new StartRefused('otherSeed', 'the data directory holds the channels of another seed', {
      cause: error,
    });
  if (error.code === 'otherNetwork')
    return new StartRefused('wrongNetwork', 'the data directory is of another network', { cause: error });
  return error;
}
