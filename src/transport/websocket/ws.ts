import { createServer, type IncomingMessage, type Server } from 'node:http';
import type { AddressInfo, Socket as Line } from 'node:net';
import type { Duplex } from 'node:stream';
import { WebSocket, WebSocketServer } from 'ws';
import { MAX_RECORD_LENGTH } from '../noise/record.ts';
import { type Transport, TransportError, type TransportIdentity } from '../port.ts';
import { FrameGatherer } from './frames.ts';
import { networkOf } from './networkOf.ts';
import { nodeAead } from './nodeAead.ts';
import type { Arrival, Callers, Dial, Socket, SocketListener, SocketServer } from './socket.ts';
import { type SocketTransportOptions, socketTransport } from './transport.ts';

/** Longest frame that is taken: room for two of the longest records in one. */
const MAX_FRAME = 2 * MAX_RECORD_LENGTH;
/** A peer that does not read its own WebSocket's pongs gets no more of them. */
const MAX_UNREAD_PONGS = 64 * 1024;
const FRAMES = { maxPayload: MAX_FRAME, perMessageDeflate: false, autoPong: false } as const;

export interface WebSocketTransportOptions extends SocketTransportOptions {
  /** Where others call this node, of {@link webSocketServer}; absent: it only calls. The transport closes it. */
  readonly server?: SocketServer;
}

/** Connections over WebSockets with package `ws`: for `NodeOptions.transport`. Peers are called by their address. */
export function webSocketTransport(
  options: WebSocketTransportOptions = {},
): (nodeId: Uint8Array, identity: TransportIdentity) => Transport {
  const { server } = options;
  return socketTransport({ dial, aead: nodeAead, ...(server === undefined ? {} : { server }) }, options);
}

/**
 * Binds a port for {@link webSocketTransport}; port 0 takes a free one. Callers are sent away until a node listens.
 * Rejects with `TransportError` `cannotListen`.
 */
export function webSocketServer(options: {
  readonly host: string;
  readonly port: number;
}): Promise<SocketServer> {
  const server = createServer({ maxHeaderSize: 8 * 1024 }, (_request, response) => {
    response.writeHead(426, { connection: 'close', upgrade: 'websocket' }).end();
  });
  return new Promise((resolve, reject) => {
    // stays, so that no later error is without a listener
    server.on('error', (cause) =>
      reject(
        new TransportError('cannotListen', `${options.host}:${options.port}: ${cause.message}`, { cause }),
      ),
    );
    server.listen(options.port, options.host, () => resolve(new WebSocketPort(server)));
  });
}

class WebSocketPort implements SocketServer {
  readonly address: string;
  readonly #server: Server;
  readonly #upgrades = new WebSocketServer({ ...FRAMES, noServer: true, clientTracking: false });
  readonly #arrivals = new WeakMap<Duplex, Arrival>();
  readonly #lines = new Set<Line>();
  #callers: Callers | undefined;

  /** Of a server that is bound. */
  constructor(server: Server) {
    const { address, port, family } = server.address() as AddressInfo;
    this.address = family === 'IPv6' ? `[${address}]:${port}` : `${address}:${port}`;
    this.#server = server;
    server.on('connection', (line) => this.#arrived(line));
    server.on('upgrade', (request, line, head) => this.#upgrade(request, line, head));
    server.on('clientError', (_, line) => line.destroy());
  }

  serve(callers: Callers | undefined): void {
    this.#callers = callers;
  }

  close(): Promise<void> {
    this.#callers = undefined;
    return new Promise((resolve) => {
      this.#server.close(() => resolve());
      // whoever is still on a line has no connection: nothing is cut off that anyone waits for
      for (const line of this.#lines) line.destroy();
    });
  }

  #arrived(line: Line): void {
    const address = networkOf(line.remoteAddress ?? '');
    const arrival = this.#callers?.arrived({ address, cut: () => line.destroy() });
    if (arrival === undefined) {
      line.destroy();
      return;
    }
    this.#arrivals.set(line, arrival);
    this.#lines.add(line);
    line.once('close', () => {
      this.#lines.delete(line);
      arrival.gone();
    });
  }

  #upgrade(request: IncomingMessage, line: Duplex, head: Uint8Array): void {
    const arrival = this.#arrivals.get(line);
    if (arrival === undefined || this.#callers === undefined) {
      line.destroy();
      return;
    }
    this.#upgrades.handleUpgrade(request, line, Buffer.from(head), (socket) =>
      arrival.upgraded((listener) => attached(socket, listener)),
    );
  }
}

const dial: Dial = (url, listener) =>
  attached(new WebSocket(url, { ...FRAMES, followRedirects: false }), listener);

function attached(socket: WebSocket, listener: SocketListener): Socket {
  let reason: string | undefined;
  socket.on('open', () => listener.opened());
  socket.on('message', (data, isBinary) => {
    if (isBinary) listener.bytes(plain(data as Buffer));
    else listener.text();
  });
  socket.on('ping', () => {
    if (socket.bufferedAmount <= MAX_UNREAD_PONGS) socket.pong();
  });
  socket.on('error', (error) => {
    reason ??= nameOf(error);
  });
  socket.on('close', () => listener.closed(reason ?? 'closed by the peer'));
  // before anything else of the event loop, and after what follows from the same event
  const atEndOfTurn = (then: () => void) => process.nextTick(then);
  const frames = new FrameGatherer(MAX_RECORD_LENGTH, atEndOfTurn, (frame) => {
    if (socket.readyState === WebSocket.OPEN) socket.send(frame, { binary: true });
  });
  return {
    send: (bytes) => frames.push(bytes),
    get buffered() {
      return socket.bufferedAmount + frames.length;
    },
    pause: () => socket.pause(),
    resume: () => socket.resume(),
    close: () => {
      frames.flush();
      socket.close();
    },
    terminate: () => {
      frames.discard();
      socket.terminate();
    },
  };
}

function nameOf(error: Error & { readonly code?: string }): string {
  if (error.code === 'WS_ERR_UNSUPPORTED_MESSAGE_LENGTH') return `frameTooLong: more than ${MAX_FRAME} bytes`;
  return error.code?.startsWith('WS_ERR_') ? `badFrame: ${error.message}` : error.message;
}

/** The same bytes; a `Buffer` behaves differently where it is sliced. */
function plain(bytes: Buffer): Uint8Array {
  return new Uint8Array(bytes.buffer, bytes.byteOffset, bytes.length);
}
