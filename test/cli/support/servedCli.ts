import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { ROLES, type Role } from '../../../src/base/role.ts';
import { METHODS, type MethodName, type MethodResult } from '../../../src/rpc/methods.ts';
import { type ServedWorld, serveWorld } from '../../daemon/rpc/support.ts';
import { type Ended, runCli, type Setting } from './runCli.ts';

/** Three nodes, and the command line of each. */
export interface ServedCli {
  readonly served: ServedWorld;
  /** For files of a test. */
  readonly folder: string;
  /** What a command printed and ended with, as the owner of the node. */
  cli(role: Role, args: readonly string[], setting?: Setting): Promise<Ended>;
  /** Its lines for people. Throws unless the exit code is 0 and stderr is empty. */
  lines(role: Role, ...args: readonly string[]): Promise<readonly string[]>;
  /** Its one document, checked against the schema of a method's result. */
  json<M extends MethodName>(method: M, role: Role, ...args: readonly string[]): Promise<MethodResult<M>>;
  /** Its one document. */
  document(role: Role, ...args: readonly string[]): Promise<Record<string, unknown>>;
  tokenFile(role: Role, right: 'read' | 'trade' | 'admin'): string;
  stop(): Promise<void>;
}

export async function startServedCli(): Promise<ServedCli> {
  const served = await serveWorld();
  const folder = await mkdtemp(join(tmpdir(), 'wattlane-verbs-'));
  const tokenFile = (role: Role, right: string) => join(folder, `${role}-${right}`);
  for (const role of ROLES)
    for (const right of ['read', 'trade', 'admin'] as const)
      await writeFile(tokenFile(role, right), await served.token(role, right));
  const cli = (role: Role, args: readonly string[], setting: Setting = {}) =>
    runCli(['--rpc', served.url(role), '--token-file', tokenFile(role, 'admin'), ...args], {
      now: served.world.clock.now,
      ...setting,
    });
  const good = async (role: Role, args: readonly string[]) => {
    const { code, stdout, stderr } = await cli(role, args);
    if (code !== 0 || stderr !== '') throw new Error(`${args.join(' ')}: ${code}\n${stderr}\n${stdout}`);
    return stdout;
  };
  const document = async (role: Role, ...args: readonly string[]) =>
    JSON.parse(await good(role, [...args, '--json']));
  return {
    served,
    folder,
    cli,
    tokenFile,
    document,
    lines: async (role, ...args) => (await good(role, args)).trimEnd().split('\n'),
    json: async (method, role, ...args) =>
      METHODS[method].result.parse(await document(role, ...args)) as MethodResult<typeof method>,
    stop: async () => {
      await served.stop();
      await rm(folder, { recursive: true });
    },
  };
}
