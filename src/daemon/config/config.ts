import { homedir } from 'node:os';
import { join } from 'node:path';
import { err, ok, type Result } from '../../base/result.ts';
import { type Config, type GivenSettings, SETTING_NAMES, SETTINGS } from './schema.ts';
import type { ConfigProblem, Source } from './sources.ts';
import { addressText, isLoopback } from './values.ts';

type Environment = Readonly<Record<string, string | undefined>>;

/** bitcoind's own ports, and the folder of its cookie under its data directory. */
const BITCOIND: Readonly<Record<Config['network'], { readonly port: number; readonly folder: string }>> = {
  regtest: { port: 18443, folder: 'regtest' },
  signet: { port: 38332, folder: 'signet' },
  testnet4: { port: 48332, folder: 'testnet4' },
};

/** `$XDG_DATA_HOME/wattlane`, or what stands for it. */
export function defaultDataDir(env: Environment): string {
  const base = env.XDG_DATA_HOME;
  return join(base === undefined || base === '' ? join(homedir(), '.local', 'share') : base, 'wattlane');
}

/** The configuration that the sources make together, the first that names a setting first; or all that is wrong. */
export function mergeSources(
  sources: readonly Source[],
  env: Environment,
): Result<Config, readonly ConfigProblem[]> {
  const problems: ConfigProblem[] = sources.flatMap((source) => [...source.problems]);
  const given: Record<string, unknown> = {};
  for (const name of SETTING_NAMES) {
    const source = sources.find(({ values }) => values.has(name));
    const parsed = SETTINGS.shape[name].safeParse(source?.values.get(name));
    if (parsed.success) given[name] = parsed.data;
    else if (source === undefined)
      problems.push({
        code: 'missing',
        message: `${name} is not set: it ${parsed.error.issues[0]?.message}`,
      });
    else
      problems.push(badValue(source.nameOf(name), source.values.get(name), parsed.error.issues[0]?.message));
  }
  if (problems.length > 0) return err(problems);
  const config = filled(given as GivenSettings, env);
  const conflicts = conflictsOf(config);
  return conflicts.length > 0 ? err(conflicts) : ok(config);
}

/** No setting is a secret, so its value is shown; but an address may hold a login that has no place there. */
function badValue(where: string, value: unknown, why: string | undefined): ConfigProblem {
  const shown = JSON.stringify(value) ?? String(value);
  const short = shown.length > 60 ? `${shown.slice(0, 57)}…` : shown;
  const found = shown.includes('@') ? '' : ` (it is ${short})`;
  return { code: 'badValue', message: `${where} ${why ?? 'is not valid'}${found}` };
}

function filled(given: GivenSettings, env: Environment): Config {
  const { port, folder } = BITCOIND[given.network];
  const dataDir = given.dataDir ?? defaultDataDir(env);
  return {
    ...given,
    dataDir,
    backupFile: given.backupFile ?? join(dataDir, 'channels.backup'),
    bitcoindUrl: given.bitcoindUrl ?? `http://127.0.0.1:${port}`,
    ...(given.bitcoindUser === undefined
      ? { bitcoindCookieFile: given.bitcoindCookieFile ?? join(homedir(), '.bitcoin', folder, '.cookie') }
      : {}),
  };
}

function conflictsOf(config: Config): readonly ConfigProblem[] {
  const found: string[] = [];
  const { bitcoindUser, bitcoindPasswordFile, bitcoindCookieFile, rpcListen, rpcPublic } = config;
  if (bitcoindUser !== undefined && bitcoindPasswordFile === undefined)
    found.push('bitcoindUser needs bitcoindPasswordFile');
  if (bitcoindUser === undefined && bitcoindPasswordFile !== undefined)
    found.push('bitcoindPasswordFile needs bitcoindUser');
  if (bitcoindUser !== undefined && bitcoindCookieFile !== undefined)
    found.push('bitcoindUser and bitcoindCookieFile exclude each other');
  if (!rpcPublic && !isLoopback(rpcListen))
    found.push(`rpcListen ${addressText(rpcListen)} is not a loopback address: that needs rpcPublic as well`);
  if (config.restored && config.restoreBackup !== undefined)
    found.push(
      'restored is for a store that was copied back, restoreBackup for an empty one: give one of them',
    );
  return found.map((message) => ({ code: 'conflict', message }));
}
