import type { MethodName, MethodParams, MethodResult } from '../rpc/methods.ts';
import { READ_METHODS } from '../rpc/names.ts';
import type { RpcEvent } from '../rpc/shapes/event.ts';
import type { NodeStatus } from '../rpc/shapes/status.ts';
import { RpcConnectionError, RpcError } from './errors.ts';
import { RpcLink } from './link.ts';
import { globalSockets, type OpenSocket } from './socket.ts';
import { Subscriptions } from './subscriptions.ts';

export interface RpcClientOptions {
  /** `ws://127.0.0.1:9736/`, or `wss://…`. Never with a token in it. */
  readonly url: string;
  /** The content of a token file. */
  readonly token: string;
  /** Default: the global `WebSocket`. In Node before 22: `nodeSockets` of `nodeSocket.ts`. */
  readonly open?: OpenSocket;
  /** How long a call may take, a new connection included. Default 60,000. */
  readonly timeoutMs?: number;
  /** The first pause before a lost connection is tried again. It doubles, up to 100 times the first. Default 50. */
  readonly retryMs?: number;
  /** Told at each new connection, and when one is lost. */
  readonly onLink?: (up: boolean) => void;
}

/** A node, over its RPC. */
export interface RpcClient {
  /**
   * Asks the node. Rejects with {@link RpcError} when it says no, with {@link RpcConnectionError} when there is no answer.
   * What only reads, and what has a `requestId`, is asked again on a new connection until its time is over.
   */
  call<M extends MethodName>(
    method: M,
    params: MethodParams<M>,
    options?: { readonly timeoutMs?: number },
  ): Promise<MethodResult<M>>;
  /**
   * Every event from the number `from` on (default: what happens from now on), each once and in order, over any number
   * of lost connections. Ends with the loop that reads it, with `signal` or with the client. Rejects with
   * {@link RpcError} `eventsPruned` or `eventsInFuture` when the node cannot give them.
   */
  subscribe(options?: SubscribeOptions): AsyncIterableIterator<RpcEvent>;
  /**
   * The state of the node as it is, then as it has become whenever it changes, at most ten times a second and over any
   * number of lost connections: a slow reader gets the newest. Ends with the loop that reads it, with `signal` or with the
   * client.
   */
  watchStatus(options?: Pick<SubscribeOptions, 'signal'>): AsyncIterableIterator<NodeStatus>;
  /** Ends everything; calls under way reject with `closed`. */
  close(): void;
}

export interface SubscribeOptions {
  readonly from?: number;
  readonly signal?: AbortSignal;
}

const TIMEOUT_MS = 60_000;
const RETRY_MS = 50;

/**
 * Connects to a node. Rejects with {@link RpcConnectionError} `unreachable` when there is none, with {@link RpcError}
 * `unauthenticated` when the token is wrong. From then on a lost connection is made again.
 *
 * @example
 * const client = await rpcClient({ url: 'ws://127.0.0.1:9736/', token, open: nodeSockets });
 * const { spendableSat } = (await client.call('getBalance', {})).wallet;
 * for await (const event of client.subscribe({ from: 1 })) console.log(event.sequence, event.type);
 */
export async function rpcClient({
  open = globalSockets(),
  timeoutMs = TIMEOUT_MS,
  retryMs = RETRY_MS,
  onLink = () => {},
  ...rest
}: RpcClientOptions): Promise<RpcClient> {
  const subscriptions = new Subscriptions(timeoutMs, onLink);
  const link = new RpcLink({ open, timeoutMs, retryMs, ...rest }, subscriptions);
  await link.start();
  return {
    call: (method, params, options) => call(link, method, params, options?.timeoutMs ?? timeoutMs),
    subscribe: ({ from, signal } = {}) => subscriptions.events(from, signal),
    watchStatus: ({ signal } = {}) => subscriptions.status(signal),
    close: () => link.close(new RpcConnectionError('closed', 'this client was closed')),
  };
}

async function call<M extends MethodName>(
  link: RpcLink,
  method: M,
  params: MethodParams<M>,
  timeoutMs: number,
): Promise<MethodResult<M>> {
  const deadline = Date.now() + timeoutMs;
  const left = () => Math.max(0, deadline - Date.now());
  for (;;) {
    const connection = await link.connection(left());
    try {
      return (await connection.call(method, params, left())) as MethodResult<M>;
    } catch (error) {
      if (!isLost(error) || !isRepeatable(method, params)) throw error;
    }
  }
}

function isLost(error: unknown): boolean {
  return error instanceof RpcConnectionError && error.code === 'lost';
}

/** Whether the node may be asked twice without harm. */
function isRepeatable(method: MethodName, params: object): boolean {
  return READ_METHODS.has(method) || 'requestId' in params;
}
