import { type RpcClient, rpcClient } from '../client/client.ts';
import { nodeSockets } from '../client/nodeSocket.ts';
import type { Daemon } from './daemon.ts';
import { failureOfCall } from './daemonFailures.ts';
import { type Endpoint, endpointOf } from './endpoint.ts';
import type { Io } from './io.ts';
import type { GlobalFlags } from './session.ts';

/** Connects to the daemon that flags and environment name. */
export async function connectDaemon(flags: GlobalFlags, io: Io): Promise<Daemon> {
  const endpoint = await endpointOf(flags, io);
  const { url, token } = endpoint;
  let client: RpcClient;
  try {
    client = await rpcClient({ url, token, open: nodeSockets });
  } catch (error) {
    throw failureOfCall(error, endpoint);
  }
  return daemonOver(client, endpoint);
}

function daemonOver(client: RpcClient, endpoint: Endpoint): Daemon {
  const failed = (error: unknown) => {
    throw failureOfCall(error, endpoint);
  };
  return {
    call: (method, params) => client.call(method, params).catch(failed),
    follow: async function* (from, signal) {
      try {
        yield* client.subscribe({ from, signal });
      } catch (error) {
        failed(error);
      }
    },
    close: async () => client.close(),
  };
}
