import { readFile } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import { type Command, Option } from 'commander';
import { defaultDataDir, mergeSources } from '../daemon/config/config.ts';
import { type Config, SETTING_NAMES, type SettingName, settingText } from '../daemon/config/schema.ts';
import { flagName, fromEnvironment, LASTING } from '../daemon/config/sources.ts';
import { addressText } from '../daemon/config/values.ts';
import { usageError } from './exit.ts';
import type { Io } from './io.ts';
import type { GlobalFlags } from './session.ts';

/** The file in the data directory that `wattlaned` reads. */
export const CONFIG_FILE = 'wattlaned.json';

/** Where the node keeps its data, absolute. */
export function dataDirOf({ dataDir }: GlobalFlags, { env }: Io): string {
  return resolve(dataDir ?? env.WATTLANE_DATA_DIR ?? defaultDataDir(env));
}

/** Settings of the daemon as they were given on this command line, as text. */
export type GivenSettings = Readonly<Record<string, unknown>>;

/** Adds the daemon's own settings as options, those that are meant to last. */
export function withSettings(command: Command): Command {
  for (const name of LASTING) {
    if (name === 'dataDir') continue;
    const { value, help } = settingText(name);
    const flag = value === undefined ? `${flagName(name)} [yes]` : `${flagName(name)} <${placeOf(value)}>`;
    command.addOption(new Option(flag, help));
  }
  return command;
}

/** `<file>` and `<dir>` are completed by the shell. */
function placeOf(value: string): string {
  return value.toLowerCase();
}

export function settingsGiven(options: GivenSettings): ReadonlyMap<SettingName, unknown> {
  return new Map(
    SETTING_NAMES.filter((name) => options[name] !== undefined).map((name) => [name, options[name]]),
  );
}

/** Settings for a new data directory, checked by the daemon's own schema; the environment counts where nothing is given. */
export function checkedSettings(
  given: ReadonlyMap<SettingName, unknown>,
  dataDir: string,
  { env }: Io,
): { readonly config: Config; readonly text: string } {
  const values = new Map<SettingName, unknown>([...given, ['dataDir', dataDir]]);
  const flags = { values, nameOf: flagName, problems: [] };
  const merged = mergeSources([flags, fromEnvironment(env)], env);
  if (!merged.ok)
    throw usageError('the settings are not right', ...merged.error.map(({ message }) => message));
  const config = merged.value;
  const lasting = [...given.keys()].map((name) => [name, written(config[name])]);
  return { config, text: `${JSON.stringify(Object.fromEntries(lasting), null, 2)}\n` };
}

/** As the file has it: paths are absolute by now. */
function written(value: Config[SettingName]): unknown {
  return typeof value === 'object' ? addressText(value) : value;
}

/** One setting of a data directory's file; `undefined` where it has none. */
export async function settingOf(dataDir: string, name: SettingName): Promise<unknown> {
  const text = await readFile(join(dataDir, CONFIG_FILE), 'utf8').catch(() => undefined);
  if (text === undefined) return undefined;
  const { parseJsonWithComments } = await import('../daemon/config/jsonComments.ts');
  const parsed = parseJsonWithComments(text);
  return parsed.ok && typeof parsed.value === 'object' && parsed.value !== null
    ? (parsed.value as Record<string, unknown>)[name]
    : undefined;
}
