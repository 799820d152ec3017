import { createServer, type IncomingMessage, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import type { Duplex } from 'node:stream';
import { type WebSocket, WebSocketServer } from 'ws';
import type { Right } from '../../rpc/method.ts';
import { bearerOf } from './guard.ts';
import type { RpcHost } from './host.ts';
import { answerHttp, type HttpOptions, pathOf, refusedHead } from './http.ts';
import { DEFAULT_LIMITS, type RpcLimits } from './limits.ts';
import { type CallWatch, type RpcLog, ServerParts } from './parts.ts';
import { SocketSession } from './session.ts';
import type { Tokens } from './tokens.ts';

export interface RpcServerOptions extends Partial<HttpOptions> {
  readonly host: RpcHost;
  readonly tokens: Tokens;
  /** Port 0 takes a free one. */
  readonly listen: { readonly host: string; readonly port: number };
  readonly limits?: Partial<RpcLimits>;
  readonly log?: RpcLog;
  readonly called?: CallWatch;
}

export interface RpcServer {
  /** Where it listens. */
  readonly address: { readonly host: string; readonly port: number };
  /** Takes no more calls, lets those under way end, and closes. */
  close(): Promise<void>;
}

/** A client has this long for the head of a request, and for all of it. */
const HEAD_MS = 10_000;
const REQUEST_MS = 60_000;
const MOST_HEADER_BYTES = 16 * 1024;
/** A peer that does not answer a close is cut off. */
const CLOSE_MS = 1_000;

/** Serves JSON-RPC over HTTP and WebSocket on one port. Rejects with what `listen` failed with. */
export async function startRpcServer({
  host,
  tokens,
  listen,
  limits: some = {},
  log = () => {},
  called = () => {},
  allowedHosts = [],
  allowedOrigins = [],
  pages = {},
}: RpcServerOptions): Promise<RpcServer> {
  const limits = { ...DEFAULT_LIMITS, ...some };
  const parts = new ServerParts(host, tokens, limits, log, called);
  const options: HttpOptions = { allowedHosts, allowedOrigins, pages };
  const server = createServer(
    { maxHeaderSize: MOST_HEADER_BYTES, headersTimeout: HEAD_MS, requestTimeout: REQUEST_MS },
    (request, response) => void answerHttp(parts, options, request, response),
  );
  server.maxConnections = limits.connections;
  const sockets = new WebSocketServer({
    noServer: true,
    maxPayload: limits.messageBytes,
    perMessageDeflate: false,
  });
  const sessions = new Set<SocketSession>();
  server.on('upgrade', (request, stream, head) => {
    const right = rightOf(parts, options, request);
    if (typeof right === 'number') return refuse(stream, right);
    sockets.handleUpgrade(request, stream, head, (socket) => {
      const session = new SocketSession(parts, socket, right, stream);
      sessions.add(session);
      socket.on('close', () => sessions.delete(session));
    });
  });
  await listening(server, listen);
  const { address, port } = server.address() as AddressInfo;
  return {
    address: { host: address, port },
    close: async () => {
      const closed = new Promise((resolve) => server.close(resolve));
      await parts.stop();
      for (const session of sessions) session.close();
      await allClosed(sockets.clients);
      server.closeAllConnections();
      await closed;
    },
  };
}

/** The right that a WebSocket begins with, or the HTTP status of a refusal. */
function rightOf(parts: ServerParts, options: HttpOptions, request: IncomingMessage): Right | number {
  if (refusedHead(options, request)) return 403;
  if (pathOf(request) !== '/') return 404;
  const { authorization } = request.headers;
  if (authorization === undefined) return 'none';
  return parts.tokens.rightOf(bearerOf(authorization) ?? '') ?? 401;
}

function refuse(stream: Duplex, status: number): void {
  stream.on('error', () => {});
  stream.end(
    `HTTP/1.1 ${status} Refused\r\nconnection: close\r\ncontent-length: 0\r\ncache-control: no-store\r\n\r\n`,
  );
}

function listening(server: Server, { host, port }: RpcServerOptions['listen']): Promise<void> {
  return new Promise((resolve, reject) => {
    server.once('error', reject);
    server.listen({ host, port }, () => {
      server.off('error', reject);
      resolve();
    });
  });
}

/** Resolves when all are closed; those that do not say so in time are cut off. */
async function allClosed(sockets: ReadonlySet<WebSocket>): Promise<void> {
  const open = [...sockets];
  const timer = setTimeout(() => {
    for (const socket of open) socket.terminate();
  }, CLOSE_MS);
  await Promise.all(
    open.map(
      (socket) =>
        new Promise<void>((resolve) => {
          if (socket.readyState === socket.CLOSED) resolve();
          else socket.once('close', () => resolve());
        }),
    ),
  );
  clearTimeout(timer);
}
