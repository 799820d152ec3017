import { readFile } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import { err, ok, type Result } from '../../base/result.ts';
import { defaultDataDir, mergeSources } from './config.ts';
import { parseJsonWithComments } from './jsonComments.ts';
import type { Config } from './schema.ts';
import { type ConfigProblem, fromEnvironment, fromFile, fromFlags, type Source } from './sources.ts';

export type DaemonCommand =
  | { readonly type: 'help' | 'version' }
  | { readonly type: 'printConfig' | 'run'; readonly config: Config };

/** A settings file that is larger is none. */
const MAX_FILE_BYTES = 65_536;
const FILE_NAME = 'wattlaned.json';

/**
 * What the command line asks for, with the configuration of flags, environment and file: a flag counts before the
 * environment, that before the file, that before the default. Else every problem at once.
 */
export async function loadConfig(
  args: readonly string[],
  env: Readonly<Record<string, string | undefined>>,
): Promise<Result<DaemonCommand, readonly ConfigProblem[]>> {
  const flags = fromFlags(args);
  if (flags.asked.help) return ok({ type: 'help' });
  if (flags.asked.version) return ok({ type: 'version' });
  const variables = fromEnvironment(env);
  const file = await fileSource([flags, variables], flags.asked.config ?? env.WATTLANE_CONFIG, env);
  const config = mergeSources(file === undefined ? [flags, variables] : [flags, variables, file], env);
  if (!config.ok) return config;
  return ok({ type: flags.asked.printConfig ? 'printConfig' : 'run', config: config.value });
}

/** The file that was named, which must be there, or the one in the data directory, which may be. */
async function fileSource(
  sources: readonly Source[],
  named: string | undefined,
  env: Readonly<Record<string, string | undefined>>,
): Promise<Source | undefined> {
  const path = resolve(named ?? join(givenDataDir(sources) ?? defaultDataDir(env), FILE_NAME));
  const text = await readText(path, named === undefined);
  if (text === undefined) return undefined;
  const content = text.ok ? parseJsonWithComments(text.value) : text;
  if (content.ok) return fromFile(path, content.value);
  const problems = [{ code: 'badFile', message: `${path} ${content.error}` }] as const;
  return { values: new Map(), nameOf: (name) => name, problems };
}

function givenDataDir(sources: readonly Source[]): string | undefined {
  const value = sources.find(({ values }) => values.has('dataDir'))?.values.get('dataDir');
  return typeof value === 'string' && value !== '' ? value : undefined;
}

/** `undefined` for a file that need not be there and is not. */
async function readText(path: string, optional: boolean): Promise<Result<string, string> | undefined> {
  try {
    const bytes = await readFile(path);
    if (bytes.length > MAX_FILE_BYTES) return err('is too large for a file of settings');
    return ok(bytes.toString('utf8'));
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    if (optional && (code === 'ENOENT' || code === 'ENOTDIR')) return undefined;
    return err(`cannot be read: ${code ?? 'unknown error'}`);
  }
}
