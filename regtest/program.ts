import { execFile } from 'node:child_process';
import { promisify } from 'node:util';

const run = promisify(execFile);

/** A bitcoind that answered to `--version`. */
export interface BitcoindProgram {
  /** What to run, `args` before any of bitcoind's own. */
  readonly command: string;
  readonly args: readonly string[];
  /** Main version, for example 29. */
  readonly version: number;
  /** Bitcoin Knots: it has options that Bitcoin Core does not know. */
  readonly knots: boolean;
}

/** Version 3 transactions and pay-to-anchor relay from here on. */
export const OLDEST_VERSION = 28;

/** Asks a program for its version; a text instead says why it will not do. */
export async function probe(
  command: string,
  args: readonly string[] = [],
): Promise<BitcoindProgram | string> {
  const said = await run(command, [...args, '--version'], { timeout: 30_000 }).catch((error: Error) => error);
  if (said instanceof Error) return `${command} does not run: ${said.message}`;
  const match = /^Bitcoin .*version v?(\d+)\./m.exec(said.stdout);
  if (match === null) return `${command} is not bitcoind`;
  const version = Number(match[1]);
  if (version < OLDEST_VERSION)
    return `${command} is version ${version}, ${OLDEST_VERSION} or later is needed`;
  return { command, args, version, knots: /knots/i.test(said.stdout) };
}
