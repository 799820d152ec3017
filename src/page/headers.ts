import type { IncomingMessage } from 'node:http';

/** Headers of every answer. `sockets`: the addresses that the page connects to, besides its own server. */
export function headersFor(sockets: readonly string[]): Readonly<Record<string, string>> {
  const policy = [
    "default-src 'none'",
    "script-src 'self'",
    "style-src 'self'",
    "img-src 'self' data:",
    "font-src 'self'",
    `connect-src ${["'self'", ...sockets].join(' ')}`,
    "frame-ancestors 'none'",
    "base-uri 'none'",
    "form-action 'none'",
  ];
  return {
    'content-security-policy': policy.join('; '),
    'cross-origin-opener-policy': 'same-origin',
    'cross-origin-resource-policy': 'same-origin',
    'referrer-policy': 'no-referrer',
    'x-content-type-options': 'nosniff',
  };
}

/**
 * Whether a request is for this server under its own name. A page on the web can point a name of its own here; it cannot
 * choose the Host that its browser sends.
 */
export function isForUs({ headers }: Pick<IncomingMessage, 'headers'>, origin: string): boolean {
  return headers.host !== undefined && `http://${headers.host.toLowerCase()}` === origin;
}

/** Whether the page itself asks: no other origin, and no other port of this machine, which a cookie would not tell apart. */
export function isFromPage({ headers }: Pick<IncomingMessage, 'headers'>, origin: string): boolean {
  const site = headers['sec-fetch-site'];
  return (
    (headers.origin === undefined || headers.origin === origin) && (site ?? 'same-origin') === 'same-origin'
  );
}

/** The value of a cookie; `undefined` where there is none, or more than one. */
export function cookieOf({ headers }: Pick<IncomingMessage, 'headers'>, name: string): string | undefined {
  const values = (headers.cookie ?? '')
    .split(';')
    .map((pair) => pair.trim())
    .filter((pair) => pair.startsWith(`${name}=`))
    .map((pair) => pair.slice(name.length + 1));
  return values.length === 1 ? values[0] : undefined;
}
