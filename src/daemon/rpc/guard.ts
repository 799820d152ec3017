/*
 * Who may talk to a server on the loopback interface. A page on the web can make the browser of the same machine send
 * requests there; it cannot choose their Host and Origin.
 */

const LOOPBACK_NAMES = ['localhost', '127.0.0.1', '[::1]'];

/** Whether a Host header names this machine, or a name that was allowed: a foreign name that resolves to us is none. */
export function isHostAllowed(header: string | undefined, allowed: readonly string[]): boolean {
  const match = /^(\[[0-9a-f:.]+\]|[a-z0-9._-]+)(:[0-9]{1,5})?$/.exec(header?.toLowerCase() ?? '');
  const name = match?.[1];
  return name !== undefined && (LOOPBACK_NAMES.includes(name) || allowed.includes(name));
}

/** Whether a request may come from there: programs send no Origin, pages of the web always do. */
export function isOriginAllowed(header: string | undefined, allowed: readonly string[]): boolean {
  return header === undefined || allowed.includes(header);
}

/** The token of an Authorization header; `undefined` when there is none of this kind. */
export function bearerOf(header: string | undefined): string | undefined {
  return /^Bearer ([A-Za-z0-9._~+/=-]{1,256})$/i.exec(header ?? '')?.[1];
}
