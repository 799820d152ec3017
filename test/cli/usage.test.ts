import { readFile } from 'node:fs/promises';
import { describe, expect, it } from 'vitest';
import { runCli, spawnCli } from './support/runCli.ts';

describe('a wrong command: exit code 2, nothing on stdout', () => {
  it.each([
    [['fly'], "unknown command 'fly'"],
    [['complet', 'bash'], 'Did you mean completion?'],
    [['completion'], "missing required argument 'shell'"],
    [['completion', 'bash', 'zsh'], 'too many arguments'],
    [['completion', 'bash', '--jsno'], 'Did you mean --json?'],
    [['--data-dir'], 'argument missing'],
  ])('%j', async (args, reason) => {
    const { code, stdout, stderr } = await runCli(args);
    expect({ code, stdout }).toEqual({ code: 2, stdout: '' });
    expect(stderr).toContain(reason);
  });

  it('with --json: the error is a document as well', async () => {
    const { code, stdout, stderr } = await runCli(['fly', '--json']);
    expect({ code, stdout }).toEqual({ code: 2, stdout: '' });
    expect(JSON.parse(stderr)).toEqual({
      error: { code: 'usage', exitCode: 2, message: "unknown command 'fly'", advice: expect.any(Array) },
    });
  });

  it('an argument with an escape sequence does not reach the terminal', async () => {
    const { stderr } = await runCli(['\u001b[2J']);
    expect(stderr).not.toContain('\u001b');
  });
});

it('--version: that of the package, exit code 0', async () => {
  const text = await readFile(new URL('../../package.json', import.meta.url), 'utf8');
  const { version } = JSON.parse(text);
  expect(await runCli(['--version'])).toEqual({ code: 0, stdout: `${version}\n`, stderr: '' });
});

describe('help', () => {
  it('of the program and of a command: on stdout, exit code 0', async () => {
    for (const args of [['--help'], ['help']]) {
      const { code, stdout, stderr } = await runCli(args);
      expect({ code, stderr }).toEqual({ code: 0, stderr: '' });
      expect(stdout).toContain('Exit codes: 0 done');
    }
    expect(await runCli(['help', 'completion'])).toMatchObject({
      code: 0,
      stdout: expect.stringContaining('Usage: wattlane completion'),
    });
  });

  it.each([
    ...[
      'init',
      'start',
      'status',
      'address',
      'send',
      'peers',
      'connect',
      'open',
      'offer',
      'buy',
      'channels',
      'units',
    ],
    ...[
      'close',
      'force-close',
      'dispute',
      'evidence',
      'backup',
      'restore',
      'events',
      'decode',
      'wait',
      'tariff',
      'meter',
    ],
  ])('of %s', async (verb) => {
    expect(await runCli(['help', verb])).toMatchObject({
      code: 0,
      stdout: expect.stringContaining(`Usage: wattlane ${verb}`),
    });
  });

  it('nothing at all: the help, and exit code 2', async () => {
    expect(await runCli([])).toMatchObject({
      code: 2,
      stdout: '',
      stderr: expect.stringContaining('Usage: wattlane'),
    });
  });

  it('as a process: the same', async () => {
    expect(await spawnCli(['fly'])).toMatchObject({
      code: 2,
      stdout: '',
      stderr: expect.stringContaining('fly'),
    });
    expect(await spawnCli(['help'])).toMatchObject({ code: 0, stderr: '' });
  });
});
