import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { extname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { build } from 'vite';
import type { Regtest } from '../../../regtest/index.ts';
import { type PerRole, ROLES, type Role } from '../../../src/base/role.ts';
import { type RpcClient, rpcClient } from '../../../src/client/client.ts';
import { nodeSockets } from '../../../src/client/nodeSocket.ts';
import type { Daemon } from '../../../src/daemon/daemon.ts';
import { tokenPath } from '../../../src/daemon/rpc/tokens.ts';
import type { PageSession } from '../../../src/page/session.ts';
import { daemonLab, introduce } from '../../support/daemons.ts';
import { regtestChain } from '../../support/world.ts';

/** What a test has of the demo that its page shows: the real parties, and the Bitcoin node. */
export interface Stage {
  /** `http://127.0.0.1:PORT`. */
  readonly origin: string;
  /** An address that opens the page once. */
  address(): Promise<string>;
  /** Clients with the right to administer. */
  readonly clients: PerRole<RpcClient>;
  readonly regtest: Regtest;
  close(): Promise<void>;
}

const TYPES: Readonly<Record<string, string>> = {
  '.html': 'text/html; charset=utf-8',
  '.js': 'text/javascript',
  '.css': 'text/css',
  '.svg': 'image/svg+xml',
};

/** Builds the page, starts a regtest node and three daemons that know each other and have coins. */
export async function startStage(): Promise<Stage> {
  const files = await mkdtemp(join(tmpdir(), 'wattlane-web-'));
  const [chain] = await Promise.all([regtestChain(), buildPage(files)]);
  const lab = await daemonLab(chain);
  let session: PageSession | undefined;
  const server = createServer((request, response) => void serve(files, () => session, request, response));
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const origin = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  const start = (role: Role) => lab.start(role, { flags: { '--rpc-allowed-origins': origin } });
  const daemons = {
    consumer: await start('consumer'),
    producer: await start('producer'),
    utility: await start('utility'),
  };
  await introduce(daemons);
  const nodes = await Promise.all(ROLES.map((role) => accessOf(role, daemons[role])));
  session = { nodes, laboratory: null };
  const [consumer, producer, utility] = (await Promise.all(
    nodes.map(({ url, token }) => rpcClient({ url, token, open: nodeSockets })),
  )) as [RpcClient, RpcClient, RpcClient];
  const clients = { consumer, producer, utility };
  for (const role of ROLES)
    await chain.fund((await clients[role].call('newAddress', {})).address, 50_000_000n);
  return {
    origin,
    address: async () => `${origin}/`,
    clients,
    regtest: chain.regtest,
    close: async () => {
      for (const role of ROLES) clients[role].close();
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
      await lab.stop();
      await rm(files, { recursive: true });
    },
  };
}

async function accessOf(role: Role, { rpcUrl, config }: Daemon): Promise<PageSession['nodes'][number]> {
  const token = (await readFile(tokenPath(config.dataDir, 'admin'), 'utf8')).trim();
  return { role, url: `${rpcUrl.replace(/^http/, 'ws')}/`, token };
}

async function buildPage(outDir: string): Promise<void> {
  const root = fileURLToPath(new URL('../../../web', import.meta.url));
  await build({ root, configFile: join(root, 'vite.config.ts'), logLevel: 'error', build: { outDir } });
}

async function serve(
  files: string,
  session: () => PageSession | undefined,
  { url = '/' }: IncomingMessage,
  response: ServerResponse,
): Promise<void> {
  if (url === '/session') {
    response.setHeader('content-type', 'application/json').end(JSON.stringify(session()));
    return;
  }
  const name = url === '/' ? 'index.html' : url.slice(1);
  const content = await readFile(join(files, name)).catch(() => undefined);
  response.statusCode = content === undefined ? 404 : 200;
  response.setHeader('content-type', TYPES[extname(name)] ?? 'application/octet-stream').end(content);
}
