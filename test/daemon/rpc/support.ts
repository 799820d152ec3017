import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { ROLES, type Role } from '../../../src/base/role.ts';
import { type RpcClient, rpcClient } from '../../../src/client/client.ts';
import { nodeSockets } from '../../../src/client/nodeSocket.ts';
import { type RpcOptions, type RpcServer, startRpc } from '../../../src/daemon/rpc/index.ts';
import { type TokenRight, tokenPath } from '../../../src/daemon/rpc/tokens.ts';
import { startWorld, type TestChain, type World } from '../../support/world.ts';

/** Three nodes, each served over RPC. */
export interface ServedWorld {
  readonly world: World;
  server(role: Role): RpcServer;
  /** Closes a server and starts it anew on the same port. */
  restartServer(role: Role): Promise<void>;
  /** Clients with the right to administer. */
  readonly clients: { readonly [R in Role]: RpcClient };
  /** What a node logged of its own faults. */
  readonly faults: readonly unknown[];
  tokenFile(role: Role, right: TokenRight): string;
  token(role: Role, right: TokenRight): Promise<string>;
  url(role: Role, protocol?: 'ws' | 'http'): string;
  client(role: Role, right?: TokenRight): Promise<RpcClient>;
  stop(): Promise<void>;
}

export async function serveWorld(
  chain?: TestChain,
  options: Partial<Omit<RpcOptions, 'node' | 'store' | 'chain' | 'dataDir'>> = {},
): Promise<ServedWorld> {
  const world = await startWorld(chain);
  const dataDir = await mkdtemp(join(tmpdir(), 'wattlane-rpc-'));
  const faults: unknown[] = [];
  const serve = async (role: Role, dir: string, port = 0) =>
    startRpc({
      node: world.nodes[role],
      store: world.stores[role],
      chain: await world.chain.connect(),
      dataDir: dir,
      version: '0.1.0',
      addresses: [],
      listen: { host: '127.0.0.1', port },
      log: (method, error) => faults.push([method, error]),
      ...options,
    });
  const start = async (role: Role) => {
    const dir = await mkdtemp(join(dataDir, `${role}-`));
    return { dir, server: await serve(role, dir) };
  };
  const served = {
    consumer: await start('consumer'),
    producer: await start('producer'),
    utility: await start('utility'),
  };
  const tokenFile = (role: Role, right: TokenRight) => tokenPath(served[role].dir, right);
  const token = async (role: Role, right: TokenRight) =>
    (await readFile(tokenFile(role, right), 'utf8')).trim();
  const url = (role: Role, protocol: 'ws' | 'http' = 'ws') => {
    const { host, port } = served[role].server.address;
    return `${protocol}://${host}:${port}/`;
  };
  const opened: RpcClient[] = [];
  const client = async (role: Role, right: TokenRight = 'admin') => {
    const made = await rpcClient({ url: url(role), token: await token(role, right), open: nodeSockets });
    opened.push(made);
    return made;
  };
  const clients = {
    consumer: await client('consumer'),
    producer: await client('producer'),
    utility: await client('utility'),
  };
  return {
    world,
    server: (role) => served[role].server,
    restartServer: async (role) => {
      const { dir, server } = served[role];
      await server.close();
      served[role].server = await serve(role, dir, server.address.port);
    },
    clients,
    faults,
    tokenFile,
    token,
    url,
    client,
    stop: async () => {
      for (const each of opened) each.close();
      for (const role of ROLES) await served[role].server.close();
      await world.stop();
      await rm(dataDir, { recursive: true });
    },
  };
}
