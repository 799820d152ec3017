import { type Transport, TransportError, type TransportIdentity } from '../port.ts';
import type { Dial } from './socket.ts';
import { type SocketTransportOptions, socketTransport } from './transport.ts';

/** What this adapter uses of the platform's `WebSocket`. */
export interface PlatformSocket {
  binaryType: string;
  readonly bufferedAmount: number;
  readonly readyState: number;
  onopen: (() => void) | null;
  onmessage: ((event: { readonly data: unknown }) => void) | null;
  onerror: (() => void) | null;
  onclose: ((event: { readonly code: number }) => void) | null;
  send(data: Uint8Array): void;
  close(): void;
}

export interface BrowserTransportOptions extends SocketTransportOptions {
  /** Default: the global `WebSocket`. */
  readonly WebSocket?: new (
    url: string,
  ) => PlatformSocket;
}

/**
 * Connections over the platform's own WebSocket, as browsers have it: this node calls others, nobody calls it. For
 * `NodeOptions.transport`. Reads cannot be paused there: a peer that sends faster than the node works is closed. Throws
 * `TransportError` `unavailable` where the platform has no WebSocket.
 */
export function browserTransport(
  options: BrowserTransportOptions = {},
): (nodeId: Uint8Array, identity: TransportIdentity) => Transport {
  const platform = globalThis as unknown as { readonly WebSocket?: new (url: string) => PlatformSocket };
  const WebSocket = options.WebSocket ?? platform.WebSocket;
  if (WebSocket === undefined) throw new TransportError('unavailable', 'this platform has no WebSocket');
  return socketTransport({ dial: browserDial(WebSocket) }, options);
}

const OPEN = 1;

/** Calls through a `WebSocket` class with the browser's interface. */
export function browserDial(WebSocket: new (url: string) => PlatformSocket): Dial {
  return (url, listener) => {
    const socket = new WebSocket(url);
    let isOver = false;
    const over = (reason: string) => {
      if (isOver) return;
      isOver = true;
      listener.closed(reason);
    };
    socket.binaryType = 'arraybuffer';
    socket.onopen = () => listener.opened();
    socket.onmessage = ({ data }) => {
      if (isOver) return;
      if (data instanceof ArrayBuffer) listener.bytes(new Uint8Array(data));
      else listener.text();
    };
    // it says nothing of use, and `close` follows
    socket.onerror = () => {};
    socket.onclose = ({ code }) => over(code === 1000 ? 'closed by the peer' : `closed with code ${code}`);
    return {
      send: (bytes) => {
        if (socket.readyState === OPEN) socket.send(bytes);
      },
      get buffered() {
        return socket.bufferedAmount;
      },
      close: () => socket.close(),
      // the platform knows no other end: what comes until then is not heard
      terminate: () => {
        socket.close();
        queueMicrotask(() => over('closed'));
      },
    };
  };
}
