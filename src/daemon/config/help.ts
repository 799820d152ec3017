import { type Config, SETTING_NAMES, SETTINGS, type SettingName, settingText } from './schema.ts';
import { ACTIONS, flagName, LASTING, variableName } from './sources.ts';
import { type Address, addressText } from './values.ts';

/** The codes that `wattlaned` ends with. */
export const EXIT_CODES = {
  orderly: 0,
  failure: 1,
  badConfig: 2,
  locked: 3,
  wrongPassphrase: 4,
  noSeed: 5,
  wrongNetwork: 6,
  corrupt: 7,
} as const;

export const EXIT_TEXTS: { readonly [C in keyof typeof EXIT_CODES]: string } = {
  orderly: 'stopped in order',
  failure: 'something failed; the last line of the log says what',
  badConfig: 'a setting is wrong',
  locked: 'another process uses the data directory',
  wrongPassphrase: 'the passphrase is not the seed’s, or there is none',
  noSeed: 'there is no seed, or its file is damaged',
  wrongNetwork: 'bitcoind, or the data directory, is of another network or seed',
  corrupt: 'what is stored is damaged',
};

const WIDTH = 100;
const COLUMN = 34;

/** The text of `--help`. */
export function helpText(): string {
  const flags = SETTING_NAMES.map((name) => {
    const { value, help } = settingText(name);
    return row(`${flagName(name)}${value === undefined ? '' : ` ${value}`}`, `${help}${defaultOf(name)}`);
  });
  const actions = Object.entries(ACTIONS).map(([name, help]) =>
    row(`--${name}${name === 'config' ? ' FILE' : ''}`, help),
  );
  const codes = Object.entries(EXIT_CODES).map(
    ([name, code]) => `  ${code}  ${EXIT_TEXTS[name as keyof typeof EXIT_CODES]}`,
  );
  return `${[
    'wattlaned: one party of Wattlane channels, as a daemon.',
    '',
    '  wattlaned --role consumer|producer|utility [OPTIONS]',
    '',
    ...flags,
    '',
    ...actions,
    '',
    'Each setting may also be in the file (JSON with comments; bitcoindUrl for --bitcoind-url) and in the',
    'environment (WATTLANE_BITCOIND_URL). A flag counts before the environment, that before the file.',
    '',
    'When the node is up, one line of JSON is written: {"ready":true, ...}. Exit codes:',
    ...codes,
  ].join('\n')}\n`;
}

function row(left: string, right: string): string {
  const lines = wrap(right, WIDTH - COLUMN);
  const [first, ...rest] = left.length > COLUMN - 4 ? ['', ...lines] : lines;
  return [`  ${left}`.padEnd(COLUMN) + first, ...rest.map((line) => ' '.repeat(COLUMN) + line)]
    .map((line) => line.trimEnd())
    .join('\n');
}

function wrap(text: string, width: number): readonly string[] {
  const lines: string[] = [''];
  for (const word of text.split(' ')) {
    const line = lines.at(-1) ?? '';
    if (line !== '' && line.length + 1 + word.length > width) lines.push(word);
    else lines[lines.length - 1] = line === '' ? word : `${line} ${word}`;
  }
  return lines;
}

function defaultOf(name: SettingName): string {
  const shown = defaultText(name);
  return shown === '' ? '' : ` Default: ${shown}.`;
}

function defaultText(name: SettingName): string {
  const { unless } = settingText(name);
  if (unless !== undefined) return unless;
  const parsed = SETTINGS.shape[name].safeParse(undefined);
  return parsed.success && parsed.data !== undefined ? shownValue(parsed.data) : '';
}

function shownValue(value: unknown): string {
  return typeof value === 'object' && value !== null ? addressText(value as Address) : String(value);
}

/** The settings as a table for docs/daemon.md. */
export function settingsTable(): string {
  const rows = SETTING_NAMES.map((name) => {
    const { value, help } = settingText(name);
    const flag = `\`${flagName(name)}${value === undefined ? '' : ` ${value}`}\``;
    const file = LASTING.includes(name) ? `\`${name}\`, \`${variableName(name)}\`` : 'flag only';
    return `| ${flag} | ${file} | ${defaultText(name)} | ${help} |`;
  });
  return ['| flag | file, environment | default | |', '| --- | --- | --- | --- |', ...rows].join('\n');
}

/** The exit codes as a table for docs/daemon.md. */
export function exitCodesTable(): string {
  const rows = Object.entries(EXIT_CODES).map(
    ([name, code]) => `| ${code} | ${EXIT_TEXTS[name as keyof typeof EXIT_CODES]} |`,
  );
  return ['| exit code | |', '| --- | --- |', ...rows].join('\n');
}

/** The configuration as a file that gives it again, for `--print-config`. It holds no secret. */
export function printedConfig(config: Config): string {
  const shown = LASTING.flatMap((name) => {
    const value = config[name];
    if (value === undefined) return [];
    return [[name, typeof value === 'object' ? addressText(value) : value] as const];
  });
  return `${JSON.stringify(Object.fromEntries(shown), null, 2)}\n`;
}
