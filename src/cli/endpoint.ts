import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { CliError, usageError } from './exit.ts';
import { fileFailure } from './files.ts';
import type { Io } from './io.ts';
import type { GlobalFlags } from './session.ts';
import { dataDirOf, settingOf } from './settings.ts';

/** Where a daemon is asked, and as whom. */
export interface Endpoint {
  readonly url: string;
  readonly token: string;
  readonly tokenFile: string;
  readonly dataDir: string;
}

const USUAL_ADDRESS = '127.0.0.1:9736';
const RIGHTS = ['admin', 'trade', 'read'] as const;

/**
 * What flags, environment and data directory say of the daemon, in this order. Without a token file the one of the most
 * rights that this user may read.
 */
export async function endpointOf(flags: GlobalFlags, io: Io): Promise<Endpoint> {
  const dataDir = dataDirOf(flags, io);
  const { url, certain } = await urlOf(flags, io, dataDir);
  const named = flags.tokenFile ?? io.env.WATTLANE_TOKEN_FILE;
  const { token, tokenFile } =
    named === undefined ? await ownToken(dataDir, url, certain) : await tokenIn(named);
  return { url, token, tokenFile, dataDir };
}

/** `certain`: not a guess of this program. */
async function urlOf(
  flags: GlobalFlags,
  { env }: Io,
  dataDir: string,
): Promise<{ readonly url: string; readonly certain: boolean }> {
  const named = flags.rpc ?? env.WATTLANE_RPC;
  if (named !== undefined) return { url: socketUrl(named), certain: true };
  const running = await readFile(join(dataDir, 'rpc.url'), 'utf8').catch(() => undefined);
  if (running !== undefined) return { url: socketUrl(running.trim()), certain: true };
  const setting = env.WATTLANE_RPC_LISTEN ?? (await settingOf(dataDir, 'rpcListen'));
  return { url: socketUrl(typeof setting === 'string' ? setting : USUAL_ADDRESS), certain: false };
}

/** `host:port`, `http://…` or `ws://…` as the URL of a WebSocket. */
function socketUrl(text: string): string {
  const url = (/^[a-z]+:\/\//.test(text) ? text : `ws://${text}`).replace(/^http/, 'ws');
  if (!URL.canParse(url) || !/^wss?:/.test(url))
    throw usageError(`'${text}' is no address of a daemon: it is ws://HOST:PORT or wss://HOST:PORT`);
  return url;
}

interface Token {
  readonly token: string;
  readonly tokenFile: string;
}

async function tokenIn(tokenFile: string): Promise<Token> {
  try {
    return { token: (await readFile(tokenFile, 'utf8')).trim(), tokenFile };
  } catch (error) {
    throw fileFailure(tokenFile, error);
  }
}

async function ownToken(dataDir: string, url: string, running: boolean): Promise<Token> {
  for (const right of RIGHTS) {
    const found = await tokenIn(join(dataDir, `${right}.token`)).catch(() => undefined);
    if (found !== undefined) return found;
  }
  if (running)
    throw new CliError('refused', 'noToken', `there is no token in ${dataDir} that this user may read`, [
      `Say which one to show to ${url} with --token-file.`,
    ]);
  throw new CliError('noDaemon', 'noDaemon', `no daemon has run in ${dataDir} yet`, startAdvice(dataDir));
}

/** How a daemon comes to be. */
export function startAdvice(dataDir: string): readonly string[] {
  return [
    `Start it: wattlane --data-dir ${dataDir} start`,
    `A new node is made by: wattlane --data-dir ${dataDir} init --role ROLE`,
    'Another data directory or daemon is chosen with --data-dir or --rpc.',
  ];
}
