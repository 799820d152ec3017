import type { Argument, Command, Option } from 'commander';

/** What could stand at a place of the command line. */
export interface Candidate {
  readonly value: string;
  readonly about?: string;
}

/** What a value names, by the name that the command tree gives it. */
export type ValueKind = 'channel' | 'peer' | 'file' | 'dir' | 'none';

export type Completion =
  | { readonly type: 'candidates'; readonly candidates: readonly Candidate[] }
  /** A value that something else than the tree knows. */
  | { readonly type: 'value'; readonly kind: ValueKind };

const KINDS: ReadonlySet<string> = new Set<ValueKind>(['channel', 'peer', 'file', 'dir']);

/** What could stand where the last of `words` is; the words after the program's name, the last perhaps empty. */
export function completionOf(program: Command, words: readonly string[]): Completion {
  // bash makes a word of the = in --option=value
  const before = words.slice(0, -1).filter((word) => word !== '=');
  const current = words.at(-1) === '=' ? '' : (words.at(-1) ?? '');
  let command = program;
  let place = 0;
  let open: Option | undefined;
  for (const word of before) {
    if (open !== undefined) open = undefined;
    else if (word.startsWith('-')) open = takesValue(optionOf(command, word), word);
    else {
      const verb = place === 0 ? verbOf(command, word) : undefined;
      if (verb === undefined) place++;
      else command = verb;
    }
  }
  if (open !== undefined) return namedValue(open.argChoices, nameIn(open.flags), current);
  if (current.startsWith('-')) return candidates(optionsOf(command), current);
  if (command.commands.length > 0 && place === 0) return candidates(verbsOf(command), current);
  const argument = argumentAt(command, place);
  return argument === undefined
    ? { type: 'candidates', candidates: [] }
    : namedValue(argument.argChoices, argument.name(), current);
}

function namedValue(choices: readonly string[] | undefined, name: string, current: string): Completion {
  if (choices !== undefined)
    return candidates(
      choices.map((value) => ({ value })),
      current,
    );
  return { type: 'value', kind: KINDS.has(name) ? (name as ValueKind) : 'none' };
}

function candidates(all: readonly Candidate[], current: string): Completion {
  return { type: 'candidates', candidates: all.filter(({ value }) => value.startsWith(current)) };
}

function verbsOf(command: Command): readonly Candidate[] {
  return command
    .createHelp()
    .visibleCommands(command)
    .map((each) => ({ value: each.name(), about: each.summary() || each.description() }));
}

function verbOf(command: Command, word: string): Command | undefined {
  return command.commands.find((each) => each.name() === word);
}

/** Options of the command, and those of the program, which may stand anywhere. */
function allOptions(command: Command): readonly Option[] {
  return [...command.options, ...(command.parent === null ? [] : allOptions(command.parent))];
}

function optionsOf(command: Command): readonly Candidate[] {
  const own = allOptions(command).map(({ long, description }) => ({ value: long ?? '', about: description }));
  return [...own, { value: '--help', about: 'explain the command' }];
}

function optionOf(command: Command, word: string): Option | undefined {
  return allOptions(command).find(({ long, short }) => word === long || word === short);
}

function takesValue(option: Option | undefined, word: string): Option | undefined {
  return option?.required === true && !word.includes('=') ? option : undefined;
}

function nameIn(flags: string): string {
  return /<(\w+)/.exec(flags)?.[1] ?? '';
}

function argumentAt(command: Command, place: number): Argument | undefined {
  const { registeredArguments } = command;
  const last = registeredArguments.at(-1);
  return registeredArguments[place] ?? (last?.variadic === true ? last : undefined);
}
