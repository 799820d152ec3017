import { parseArgs } from 'node:util';
import { nearest } from './nearest.ts';
import { SETTING_NAMES, SETTINGS, type SettingName, settingText } from './schema.ts';

/** What is wrong with a configuration, in words for whoever wrote it: where, what, and what would be right. */
export interface ConfigProblem {
  readonly code: 'unknown' | 'badValue' | 'missing' | 'conflict' | 'twice' | 'badFile';
  readonly message: string;
}

/** Values of one source by setting, and how that source calls each. */
export interface Source {
  readonly values: ReadonlyMap<SettingName, unknown>;
  readonly nameOf: (setting: SettingName) => string;
  readonly problems: readonly ConfigProblem[];
}

/** What else the command line may ask for. */
export interface Asked {
  readonly help: boolean;
  readonly version: boolean;
  readonly printConfig: boolean;
  readonly config: string | undefined;
}

export const ACTIONS = {
  config: 'The file with settings. Default: wattlaned.json in dataDir, if there is one.',
  'print-config': 'Prints the whole configuration, without secrets, and ends.',
  help: 'Prints this text and ends.',
  version: 'Prints the version and ends.',
} as const;

/** Variables of other programs of this project, and those that are no settings. */
const OTHER_VARIABLES: ReadonlySet<string> = new Set([
  'WATTLANE_CONFIG',
  'WATTLANE_PASSPHRASE',
  'WATTLANE_CACHE',
  'WATTLANE_CRASH',
  'WATTLANE_URL',
  'WATTLANE_RPC',
  'WATTLANE_TOKEN',
  'WATTLANE_TOKEN_FILE',
]);

export function flagName(setting: string): string {
  return `--${setting.replace(/[A-Z]/g, (letter) => `-${letter.toLowerCase()}`)}`;
}

export function variableName(setting: string): string {
  return `WATTLANE_${setting.replace(/[A-Z]/g, (letter) => `_${letter}`).toUpperCase()}`;
}

/** The settings that a file and the environment may have. */
export const LASTING: readonly SettingName[] = SETTING_NAMES.filter(
  (name) => settingText(name).flagOnly !== true,
);

export function fromFlags(args: readonly string[]): Source & { readonly asked: Asked } {
  const byFlag = new Map(SETTING_NAMES.map((name) => [flagName(name).slice(2), name]));
  const known = [...byFlag.keys(), ...Object.keys(ACTIONS)];
  const isWord = (flag: string) => {
    const name = byFlag.get(flag);
    return name !== undefined ? settingText(name).value === undefined : flag !== 'config';
  };
  const { tokens } = parseArgs({
    args: [...args],
    strict: false,
    tokens: true,
    options: Object.fromEntries(known.map((flag) => [flag, { type: isWord(flag) ? 'boolean' : 'string' }])),
  });
  const values = new Map<SettingName, unknown>();
  const asked = new Map<string, string>();
  const problems: ConfigProblem[] = [];
  let strange = false;
  for (const token of tokens) {
    if (token.kind === 'option-terminator') continue;
    if (token.kind === 'positional') {
      // what follows an option that does not exist may have been a secret
      if (!strange)
        problems.push({ code: 'unknown', message: `'${token.value}' is no option: options begin with --` });
      strange = false;
      continue;
    }
    const setting = byFlag.get(token.name);
    strange = setting === undefined && !Object.hasOwn(ACTIONS, token.name);
    if (strange) {
      problems.push(
        unknown(
          token.rawName,
          known.map((flag) => `--${flag}`),
          'option',
        ),
      );
    } else if (token.value === undefined && !isWord(token.name)) {
      problems.push({ code: 'badValue', message: `--${token.name} needs a value` });
    } else if (setting === undefined) asked.set(token.name, token.value ?? '');
    else if (values.has(setting)) problems.push({ code: 'twice', message: `--${token.name} is there twice` });
    else values.set(setting, token.value ?? true);
  }
  return {
    values,
    nameOf: flagName,
    problems,
    asked: {
      help: asked.has('help'),
      version: asked.has('version'),
      printConfig: asked.has('print-config'),
      config: asked.get('config'),
    },
  };
}

export function fromEnvironment(env: Readonly<Record<string, string | undefined>>): Source {
  const byVariable = new Map(LASTING.map((name) => [variableName(name), name]));
  const values = new Map<SettingName, unknown>();
  const problems: ConfigProblem[] = [];
  for (const [variable, value] of Object.entries(env)) {
    if (!variable.startsWith('WATTLANE_') || value === undefined || OTHER_VARIABLES.has(variable)) continue;
    const setting = byVariable.get(variable);
    if (setting !== undefined) values.set(setting, value);
    else problems.push(unknown(variable, [...byVariable.keys()], 'variable'));
  }
  return { values, nameOf: (setting) => `environment variable ${variableName(setting)}`, problems };
}

/** `content` is what the file's JSON holds. */
export function fromFile(path: string, content: unknown): Source {
  const values = new Map<SettingName, unknown>();
  const problems: ConfigProblem[] = [];
  const nameOf = (setting: SettingName) => `${path}: ${setting}`;
  if (typeof content !== 'object' || content === null || Array.isArray(content))
    return { values, nameOf, problems: [{ code: 'badFile', message: `${path} must hold a JSON object` }] };
  for (const [key, value] of Object.entries(content)) {
    const setting = LASTING.find((name) => name === key);
    if (setting !== undefined) values.set(setting, value);
    else if (Object.hasOwn(SETTINGS.shape, key))
      problems.push({ code: 'unknown', message: `${path}: ${key} is for the command line only` });
    else problems.push(unknown(`${path}: ${key}`, LASTING, 'setting', key));
  }
  return { values, nameOf, problems };
}

function unknown(shown: string, known: readonly string[], what: string, word = shown): ConfigProblem {
  const meant = nearest(word, known);
  const hint = meant === undefined ? '' : `; do you mean ${meant}?`;
  return { code: 'unknown', message: `${shown} is no ${what} of wattlaned${hint}` };
}
