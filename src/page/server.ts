import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import type { Duplex } from 'node:stream';
import { Sessions } from './admission.ts';
import type { PageFile, PageFiles } from './files.ts';
import { cookieOf, headersFor, isForUs, isFromPage } from './headers.ts';
import type { PageSession } from './session.ts';
import { strangerPage } from './stranger.ts';

export interface PageOptions {
  readonly files: PageFiles;
  /** On 127.0.0.1; 0 takes a free one. */
  readonly port: number;
  /** Takes over a WebSocket of the page's own session, at {@link LABORATORY_PATH}. */
  readonly laboratory?: (request: IncomingMessage, socket: Duplex, head: Buffer) => void;
  /** What to do for a new address, in words, on the page that a browser without a session sees. */
  readonly howToEnter: string;
}

export type PageNode = PageSession['nodes'][number];

export interface PageServer {
  /** `http://127.0.0.1:PORT`. */
  readonly origin: string;
  /** From now on the page is told of these nodes, and may connect to them. */
  serve(nodes: readonly PageNode[]): void;
  /** The address for a browser, good for one of them, once. The one before is no longer good. It holds a secret. */
  newAddress(): string;
  /** Ends its WebSockets too. */
  close(): Promise<void>;
}

export const LABORATORY_PATH = '/laboratory';
const HOST = '127.0.0.1';
const INDEX = '/index.html';
const HEAD_MS = 10_000;
const MOST_HEADER_BYTES = 16 * 1024;
const MOST_CONNECTIONS = 128;
const YEAR = 31_536_000;

/**
 * Serves the wallet's page on the loopback interface, to browsers that came with a one-time address. Rejects with what
 * `listen` failed with, for example `EADDRINUSE`.
 */
export async function startPage(options: PageOptions): Promise<PageServer> {
  const server = createServer({ maxHeaderSize: MOST_HEADER_BYTES, headersTimeout: HEAD_MS });
  server.maxConnections = MOST_CONNECTIONS;
  await listening(server, options.port);
  const { port } = server.address() as AddressInfo;
  const page = new Page(options, port);
  server.on('request', (request, response) => page.answer(request, response));
  const upgraded = new Set<Duplex>();
  server.on('upgrade', (request, socket, head) => {
    upgraded.add(socket);
    socket.once('close', () => upgraded.delete(socket));
    page.upgrade(request, socket, head);
  });
  return {
    origin: page.origin,
    serve: (nodes) => page.serve(nodes),
    newAddress: () => page.newAddress(),
    close: async () => {
      const closed = new Promise((resolve) => server.close(resolve));
      server.closeAllConnections();
      for (const socket of upgraded) socket.destroy();
      await closed;
    },
  };
}

/** An answer, before it is written. */
interface Reply {
  readonly status: number;
  readonly contentType: string;
  readonly content: string | Buffer;
  readonly headers?: Readonly<Record<string, string>>;
}

class Page {
  readonly origin: string;
  readonly #options: PageOptions;
  readonly #cookie: string;
  readonly #laboratory: string | null;
  readonly #sessions = new Sessions();
  #nodes: readonly PageNode[] = [];
  #headers: Readonly<Record<string, string>>;

  constructor(options: PageOptions, port: number) {
    this.#options = options;
    this.origin = `http://${HOST}:${port}`;
    this.#cookie = `wattlane-${port}`;
    this.#laboratory = options.laboratory === undefined ? null : `ws://${HOST}:${port}${LABORATORY_PATH}`;
    this.#headers = headersFor(this.#sockets());
  }

  serve(nodes: readonly PageNode[]): void {
    this.#nodes = nodes;
    this.#headers = headersFor(this.#sockets());
  }

  newAddress(): string {
    return `${this.origin}/?token=${this.#sessions.newToken()}`;
  }

  answer(request: IncomingMessage, response: ServerResponse): void {
    const { status, contentType, content, headers } = this.#reply(request);
    // nothing is read of a body: the connection cannot go on behind one
    if (hasBody(request)) response.setHeader('connection', 'close');
    response.writeHead(status, {
      'cache-control': 'no-store',
      ...this.#headers,
      ...headers,
      'content-type': contentType,
      'content-length': Buffer.byteLength(content),
    });
    response.end(request.method === 'HEAD' ? undefined : content);
  }

  upgrade(request: IncomingMessage, socket: Duplex, head: Buffer): void {
    const { laboratory } = this.#options;
    const isOwn = isForUs(request, this.origin) && request.headers.origin === this.origin;
    if (!isOwn) refuse(socket, '403 Forbidden');
    else if (!this.#isKnown(request)) refuse(socket, '401 Unauthorized');
    else if (laboratory === undefined || request.url !== LABORATORY_PATH) refuse(socket, '404 Not Found');
    else laboratory(request, socket, head);
  }

  #reply(request: IncomingMessage): Reply {
    if (!isForUs(request, this.origin)) return words(403, 'this server has another name');
    if (request.method !== 'GET' && request.method !== 'HEAD')
      return words(405, 'GET or HEAD', { allow: 'GET, HEAD' });
    const url = URL.canParse(request.url ?? '', this.origin) ? new URL(request.url ?? '', this.origin) : null;
    if (url?.pathname === '/') return this.#entrance(url.searchParams.get('token'), request);
    if (url?.pathname === '/session') return this.#session(request);
    const file = this.#options.files.get(url?.pathname ?? '');
    return file === undefined ? words(404, 'there is no such file') : fileReply(file);
  }

  /** The page itself: for a browser with a session, or one that brings the token of a new one. */
  #entrance(token: string | null, request: IncomingMessage): Reply {
    const isKnown = this.#isKnown(request);
    if (token !== null) return isKnown ? words(303, '', { location: '/' }) : this.#redeemed(token, request);
    const index = this.#options.files.get(INDEX);
    return isKnown && index !== undefined ? fileReply(index) : this.#stranger('noSession');
  }

  /** The token is out of the address before anything of the page could see it. */
  #redeemed(token: string, request: IncomingMessage): Reply {
    // whoever only looks ahead must not use it up
    const session = request.method === 'HEAD' ? undefined : this.#sessions.redeem(token);
    if (session === undefined) return this.#stranger('badToken');
    const cookie = `${this.#cookie}=${session}; Path=/; HttpOnly; SameSite=Strict`;
    return words(303, '', { location: '/', 'set-cookie': cookie });
  }

  #session(request: IncomingMessage): Reply {
    if (!isFromPage(request, this.origin)) return words(403, 'not from this page');
    if (!this.#isKnown(request)) return words(401, 'no session');
    const answer: PageSession = { nodes: [...this.#nodes], laboratory: this.#laboratory };
    return { status: 200, contentType: 'application/json', content: JSON.stringify(answer) };
  }

  #stranger(why: 'noSession' | 'badToken'): Reply {
    const content = strangerPage(why, this.#options.howToEnter);
    return { status: 401, contentType: 'text/html; charset=utf-8', content };
  }

  #isKnown(request: IncomingMessage): boolean {
    const session = cookieOf(request, this.#cookie);
    return session !== undefined && this.#sessions.has(session);
  }

  #sockets(): readonly string[] {
    const own = this.#laboratory === null ? [] : [this.#laboratory];
    return [...own, ...this.#nodes.map(({ url }) => url)];
  }
}

function hasBody({ headers }: IncomingMessage): boolean {
  return headers['content-length'] !== undefined || headers['transfer-encoding'] !== undefined;
}

function fileReply({ contentType, hashed, content }: PageFile): Reply {
  const caching = hashed ? `public, max-age=${YEAR}, immutable` : 'no-cache';
  return { status: 200, contentType, content, headers: { 'cache-control': caching } };
}

function words(status: number, text: string, headers: Readonly<Record<string, string>> = {}): Reply {
  return {
    status,
    contentType: 'text/plain; charset=utf-8',
    content: text === '' ? '' : `${text}\n`,
    headers,
  };
}

function refuse(socket: Duplex, status: string): void {
  socket.on('error', () => {});
  socket.end(
    `HTTP/1.1 ${status}\r\nconnection: close\r\ncontent-length: 0\r\ncache-control: no-store\r\n\r\n`,
  );
}

function listening(server: Server, port: number): Promise<void> {
  return new Promise((resolve, reject) => {
    server.once('error', reject);
    server.listen({ host: HOST, port }, () => {
      server.off('error', reject);
      resolve();
    });
  });
}
