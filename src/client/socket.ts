import { RpcConnectionError } from './errors.ts';

/** What a client needs of a WebSocket. */
export interface RpcSocket {
  send(text: string): void;
  close(): void;
}

/** Who hears of a socket; nothing after `closed`. */
export interface SocketListener {
  opened(): void;
  message(text: string): void;
  closed(reason: string): void;
}

export type OpenSocket = (url: string, listener: SocketListener) => RpcSocket;

/** The part of the standard `WebSocket` that is used. */
interface StandardSocket {
  onopen: (() => void) | null;
  onmessage: ((event: { readonly data: unknown }) => void) | null;
  onerror: ((event: object) => void) | null;
  onclose: ((event: { readonly code: number; readonly reason: string }) => void) | null;
  readonly readyState: number;
  send(text: string): void;
  close(): void;
}

const OPEN = 1;

/** Opens sockets of a class with the interface of the browser's `WebSocket`: that one, or the one of `ws`. */
export function socketsOf(WebSocketClass: new (url: string) => StandardSocket): OpenSocket {
  return (url, listener) => {
    const socket = new WebSocketClass(url);
    let failure = '';
    socket.onopen = () => listener.opened();
    socket.onmessage = ({ data }) => listener.message(typeof data === 'string' ? data : '');
    socket.onerror = (event) => {
      failure = 'message' in event ? String(event.message) : 'the connection failed';
    };
    socket.onclose = ({ code, reason }) => listener.closed(failure || reason || `closed with ${code}`);
    // one that is closing has not said so yet: who waits for an answer hears it from `closed`
    const send = (text: string) => {
      if (socket.readyState === OPEN) socket.send(text);
    };
    return { send, close: () => socket.close() };
  };
}

/** Opens the platform's own WebSockets. Throws {@link RpcConnectionError} where it has none: Node before 22. */
export function globalSockets(): OpenSocket {
  const { WebSocket } = globalThis as { readonly WebSocket?: Parameters<typeof socketsOf>[0] };
  if (WebSocket === undefined)
    throw new RpcConnectionError('unreachable', 'this platform has no WebSocket: give rpcClient one to open');
  return socketsOf(WebSocket);
}
