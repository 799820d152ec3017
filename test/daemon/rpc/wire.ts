import { request } from 'node:http';
import { WebSocket } from 'ws';

export interface HttpAnswer {
  readonly status: number;
  readonly headers: Readonly<Record<string, string | string[] | undefined>>;
  readonly text: string;
}

/** One HTTP request, with any header. */
export function http(
  url: string,
  {
    method = 'POST',
    path = '/',
    headers = {},
    body = '',
  }: {
    readonly method?: string;
    readonly path?: string;
    readonly headers?: Readonly<Record<string, string>>;
    readonly body?: string | Uint8Array;
  } = {},
): Promise<HttpAnswer> {
  return new Promise((resolve, reject) => {
    const asked = request(url, { method, path, headers, agent: false }, (response) => {
      const chunks: Uint8Array[] = [];
      response.on('data', (chunk: Uint8Array) => chunks.push(chunk));
      response.on('end', () =>
        resolve({
          status: response.statusCode ?? 0,
          headers: response.headers,
          text: Buffer.concat(chunks).toString('utf8'),
        }),
      );
    });
    asked.on('error', reject);
    asked.end(body);
  });
}

export function rpcHeaders(token?: string): Record<string, string> {
  return {
    'content-type': 'application/json',
    ...(token === undefined ? {} : { authorization: `Bearer ${token}` }),
  };
}

/** The answer of one call over HTTP. */
export async function callHttp(
  url: string,
  token: string | undefined,
  method: string,
  params: unknown = {},
): Promise<{ readonly result?: unknown; readonly error?: { readonly data: { readonly name: string } } }> {
  const body = JSON.stringify({ jsonrpc: '2.0', id: 1, method, params });
  return JSON.parse((await http(url, { headers: rpcHeaders(token), body })).text);
}

/** A socket and everything that comes over it, in order. */
export interface Wire {
  readonly socket: WebSocket;
  /** The next message. */
  next(): Promise<Record<string, unknown>>;
  send(value: unknown): void;
  /** The code of the close. */
  readonly closed: Promise<number>;
}

export async function wire(url: string, headers: Readonly<Record<string, string>> = {}): Promise<Wire> {
  const socket = new WebSocket(url, { headers });
  const messages: Record<string, unknown>[] = [];
  const readers: ((message: Record<string, unknown>) => void)[] = [];
  socket.on('message', (data) => {
    const message = JSON.parse(String(data)) as Record<string, unknown>;
    const reader = readers.shift();
    if (reader === undefined) messages.push(message);
    else reader(message);
  });
  const closed = new Promise<number>((resolve) => socket.once('close', (code) => resolve(code)));
  await new Promise<void>((resolve, reject) => {
    socket.once('open', () => resolve());
    socket.once('error', reject);
    socket.once('unexpected-response', (_request, response) => reject(new Error(`${response.statusCode}`)));
  });
  return {
    socket,
    closed,
    next: () => {
      const message = messages.shift();
      return message === undefined
        ? new Promise((resolve) => readers.push(resolve))
        : Promise.resolve(message);
    },
    send: (value) => socket.send(typeof value === 'string' ? value : JSON.stringify(value)),
  };
}
