import { readFile } from 'node:fs/promises';
import { utf8 } from '../../base/bytes.ts';
import { ChainError } from '../port.ts';

/**
 * How to log in at bitcoind: the cookie file that it writes into its data directory at every start, or a
 * user and password of its configuration (`rpcuser` and `rpcpassword`, or `rpcauth`).
 */
export type RpcLogin = { readonly cookieFile: string } | { readonly user: string; readonly password: string };

const MAX_COOKIE_BYTES = 1024;

/**
 * The `Authorization` header for a login. A cookie is read from disk every time: it changes when bitcoind restarts.
 *
 * Throws {@link ChainError} `unreachable` when there is no cookie (bitcoind is not running), `refused` when it
 * may not be read. No error text holds a password.
 */
export async function authorization(login: RpcLogin): Promise<string> {
  const pair = 'cookieFile' in login ? await readCookie(login.cookieFile) : `${login.user}:${login.password}`;
  return `Basic ${Buffer.from(utf8(pair)).toString('base64')}`;
}

async function readCookie(path: string): Promise<string> {
  const text = await readFile(path, 'utf8').catch((error: NodeJS.ErrnoException) => {
    if (error.code === 'ENOENT')
      throw new ChainError('unreachable', `bitcoind is not running: no cookie at ${path}`);
    throw new ChainError('refused', `cannot read the cookie ${path}: ${error.code ?? error.message}`);
  });
  const cookie = text.trim();
  // Empty for the moment between its creation and its first write.
  if (cookie === '') throw new ChainError('unreachable', `the cookie ${path} is empty`);
  if (cookie.length > MAX_COOKIE_BYTES || !/^[\x20-\x7e]+:[\x20-\x7e]+$/.test(cookie))
    throw new ChainError('refused', `${path} is not a cookie of bitcoind`);
  return cookie;
}
