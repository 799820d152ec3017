import type { IncomingMessage, ServerResponse } from 'node:http';
import { errorObject } from '../../rpc/errors.ts';
import { dispatch } from './dispatch.ts';
import { failed, respond } from './envelope.ts';
import { bearerOf, isHostAllowed, isOriginAllowed } from './guard.ts';
import type { ServerParts } from './parts.ts';
import type { TokenRight } from './tokens.ts';

/** A page that is read with GET, for example the metrics. */
export interface Page {
  readonly status: number;
  readonly contentType: string;
  readonly text: string;
}

export interface HttpOptions {
  readonly allowedHosts: readonly string[];
  readonly allowedOrigins: readonly string[];
  /** By path. They need no token: nothing in them is secret, and nothing is done. */
  readonly pages: Readonly<Record<string, () => Promise<Page>>>;
}

const HEADERS = {
  'cache-control': 'no-store',
  'content-security-policy': "default-src 'none'; frame-ancestors 'none'",
  'cross-origin-resource-policy': 'same-origin',
  'referrer-policy': 'no-referrer',
  'x-content-type-options': 'nosniff',
};
const JSON_TYPE = 'application/json';
const UTF8 = new TextDecoder('utf-8', { fatal: true });

/** Answers one HTTP request; never rejects. */
export async function answerHttp(
  parts: ServerParts,
  options: HttpOptions,
  request: IncomingMessage,
  response: ServerResponse,
): Promise<void> {
  for (const [name, value] of Object.entries(HEADERS)) response.setHeader(name, value);
  const { origin } = request.headers;
  if (refusedHead(options, request)) return finish(response, 403);
  if (origin !== undefined) {
    response.setHeader('access-control-allow-origin', origin);
    response.setHeader('vary', 'Origin');
  }
  const path = pathOf(request);
  if (path === '/') return rpc(parts, request, response);
  const page = Object.hasOwn(options.pages, path) ? options.pages[path] : undefined;
  if (page === undefined) return finish(response, 404);
  if (request.method !== 'GET' && request.method !== 'HEAD')
    return finish(response, 405, { allow: 'GET, HEAD' });
  try {
    const { status, contentType, text } = await page();
    finish(response, status, { 'content-type': contentType }, request.method === 'HEAD' ? '' : text);
  } catch (error) {
    parts.log(path, error);
    finish(response, 500);
  }
}

/** Whether a request comes from a page on the web, or under a name that is not ours. */
export function refusedHead(
  { allowedHosts, allowedOrigins }: Pick<HttpOptions, 'allowedHosts' | 'allowedOrigins'>,
  { headers }: Pick<IncomingMessage, 'headers'>,
): boolean {
  return !isHostAllowed(headers.host, allowedHosts) || !isOriginAllowed(headers.origin, allowedOrigins);
}

/** Without the query: nothing is ever taken from it. */
export function pathOf({ url = '' }: Pick<IncomingMessage, 'url'>): string {
  return url.split('?', 1)[0] ?? '';
}

async function rpc(parts: ServerParts, request: IncomingMessage, response: ServerResponse): Promise<void> {
  const { method, headers } = request;
  if (method === 'OPTIONS' && headers.origin !== undefined)
    return finish(response, 204, {
      'access-control-allow-methods': 'POST',
      'access-control-allow-headers': 'authorization, content-type',
      'access-control-max-age': '600',
    });
  if (method !== 'POST') return finish(response, 405, { allow: 'POST' });
  const type = headers['content-type']?.split(';', 1)[0]?.trim().toLowerCase();
  if (type !== JSON_TYPE || headers['content-encoding'] !== undefined) return finish(response, 415);
  const right = parts.tokens.rightOf(bearerOf(headers.authorization) ?? '');
  if (right === undefined)
    return json(response, 401, failed(null, errorObject('unauthenticated', {})), {
      'www-authenticate': 'Bearer',
    });
  const body = await bodyOf(request, parts.limits.messageBytes);
  if (body === 'tooLarge') return finish(response, 413);
  if (body === undefined) return;
  await parts.track(answer(parts, right, body, response));
}

/** Resolves when the answer is on its way, so that a stop that it may tell of does not cut it off. */
async function answer(
  parts: ServerParts,
  right: TokenRight,
  body: string,
  response: ServerResponse,
): Promise<void> {
  const { text } = await respond(
    body,
    (name, params) => parts.call(() => dispatch(parts.host, { right }, name, params), name),
    parts.limits,
  );
  const sent = new Promise<void>((resolve) => {
    response.once('finish', resolve).once('close', resolve);
  });
  if (text === undefined) finish(response, 204);
  else json(response, 200, text);
  await sent;
}

/** The text of a request; `undefined` when it broke off. Not UTF-8 is not JSON. */
async function bodyOf(request: IncomingMessage, most: number): Promise<string | 'tooLarge' | undefined> {
  const announced = Number(request.headers['content-length'] ?? 0);
  if (announced > most) return 'tooLarge';
  const chunks: Buffer[] = [];
  let length = 0;
  try {
    for await (const chunk of request as AsyncIterable<Buffer>) {
      length += chunk.length;
      if (length > most) return 'tooLarge';
      chunks.push(chunk);
    }
  } catch {
    return undefined;
  }
  try {
    return UTF8.decode(Buffer.concat(chunks));
  } catch {
    return '';
  }
}

function json(
  response: ServerResponse,
  status: number,
  text: string,
  headers: Readonly<Record<string, string>> = {},
): void {
  finish(response, status, { ...headers, 'content-type': JSON_TYPE }, text);
}

/** Where the body of a request was not read to its end, the connection cannot go on. */
function finish(
  response: ServerResponse,
  status: number,
  headers: Readonly<Record<string, string>> = {},
  text = '',
): void {
  if (!response.req.complete) response.setHeader('connection', 'close');
  response.writeHead(status, { ...headers, 'content-length': Buffer.byteLength(text) });
  response.end(text);
}
