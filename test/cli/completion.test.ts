import { spawnSync } from 'node:child_process';
import { chmod, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { completionOf } from '../../src/cli/completion/candidates.ts';
import { SHELLS, script } from '../../src/cli/completion/scripts.ts';
import { commandTree } from '../../src/cli/program.ts';
import { buildProgram, type Program } from '../../tools/program.ts';
import { runCli } from './support/runCli.ts';

const NO_IO = {
  stdout: process.stdout,
  stderr: process.stderr,
  stdin: process.stdin,
  env: {},
  now: () => 0,
  interrupted: new AbortController().signal,
};
const tree = commandTree({ io: NO_IO, action: () => {} });

function values(...words: string[]): readonly string[] {
  const found = completionOf(tree, words);
  return found.type === 'candidates' ? found.candidates.map(({ value }) => value) : [`<${found.kind}>`];
}

describe('what could stand at a place', () => {
  it('at the beginning: every verb, or those that begin like that', () => {
    expect(values('')).toEqual(expect.arrayContaining(['completion', 'help']));
    expect(values('compl')).toEqual(['completion']);
    expect(values('--json', 'compl')).toEqual(['completion']);
    expect(values('--data-dir', '/x', 'compl')).toEqual(['completion']);
  });

  it('after a verb: the choices of its argument, and its options with those of the program', () => {
    expect(values('completion', '')).toEqual(['bash', 'zsh', 'fish']);
    expect(values('completion', 'f')).toEqual(['fish']);
    expect(values('completion', '--j')).toEqual(['--json']);
    expect(values('completion', 'bash', '')).toEqual([]);
  });

  it('after an option with a value: what that value is, also with an =', () => {
    expect(values('--data-dir', '')).toEqual(['<dir>']);
    expect(values('--token-file', 'x')).toEqual(['<file>']);
    expect(values('--rpc', '')).toEqual(['<none>']);
    expect(values('--data-dir', '=', '')).toEqual(['<dir>']);
    expect(values('--data-dir=/x', 'compl')).toEqual(['completion']);
  });
});

describe('the scripts', () => {
  it.each(SHELLS)('completion %s prints its script; with --json in a document', async (shell) => {
    expect(await runCli(['completion', shell])).toEqual({ code: 0, stdout: script(shell), stderr: '' });
    const { stdout } = await runCli(['completion', shell, '--json']);
    expect(JSON.parse(stdout)).toEqual({ shell, script: script(shell) });
  });

  it('a shell without a script: the ones that there are, exit code 2', async () => {
    expect(await runCli(['completion', 'csh'])).toMatchObject({
      code: 2,
      stdout: '',
      stderr: expect.stringContaining('bash, zsh, fish'),
    });
  });
});

describe('bash', () => {
  let folder: string;
  let wattlane: Program;
  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), 'wattlane-completion-'));
    await writeFile(join(folder, 'completion.bash'), script('bash'));
    wattlane = await buildProgram('src/cli/main.ts');
    const started = `#!/bin/sh\nexec ${process.execPath} ${wattlane.path} "$@"\n`;
    await writeFile(join(folder, 'wattlane'), started);
    await chmod(join(folder, 'wattlane'), 0o755);
  });
  afterAll(async () => {
    await rm(folder, { recursive: true });
    await wattlane.remove();
  });

  /** What bash itself would offer for these words. */
  function offered(...words: string[]): readonly string[] {
    const { stdout, stderr, status } = spawnSync(
      'bash',
      [
        '--norc',
        '-c',
        `. ${folder}/completion.bash; COMP_WORDS=(wattlane "$@"); COMP_CWORD=$#; compopt() { :; }; _wattlane; printf '%s\\n' "\${COMPREPLY[@]}"`,
        'bash',
        ...words,
      ],
      { encoding: 'utf8', cwd: folder, env: { ...process.env, PATH: `${folder}:${process.env.PATH}` } },
    );
    expect({ stderr, status }).toEqual({ stderr: '', status: 0 });
    return stdout.trim().split('\n');
  }

  it('takes the script, and registers it', () => {
    const { status, stdout, stderr } = spawnSync(
      'bash',
      [
        '--norc',
        '-c',
        `bash -n ${folder}/completion.bash && . ${folder}/completion.bash && complete -p wattlane`,
      ],
      { encoding: 'utf8' },
    );
    expect({ status, stdout, stderr }).toEqual({
      status: 0,
      stdout: 'complete -F _wattlane wattlane\n',
      stderr: '',
    });
  });

  it('asks the program, and offers its answer, or files and folders', () => {
    expect(offered('compl')).toEqual(['completion']);
    expect(offered('completion', '')).toEqual(['bash', 'zsh', 'fish']);
    expect(offered('--token-file', 'comp')).toEqual(['completion.bash']);
    expect(offered('--nothing-like-it')).toEqual(['']);
  });
});
