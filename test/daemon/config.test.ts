import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import fc from 'fast-check';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { helpText, printedConfig } from '../../src/daemon/config/help.ts';
import { parseJsonWithComments } from '../../src/daemon/config/jsonComments.ts';
import { loadConfig } from '../../src/daemon/config/load.ts';
import { type Config, SETTING_NAMES } from '../../src/daemon/config/schema.ts';
import { flagName, variableName } from '../../src/daemon/config/sources.ts';

let dir: string;
const nothing = () => ({ XDG_DATA_HOME: join(dir, 'nothing') });

beforeAll(async () => {
  dir = await mkdtemp(join(tmpdir(), 'wattlane-config-'));
});
afterAll(() => rm(dir, { recursive: true, force: true }));

async function load(args: readonly string[], env: Record<string, string> = {}): Promise<Config> {
  const command = await loadConfig(args, { ...nothing(), ...env });
  if (!command.ok) throw new Error(command.error.map(({ message }) => message).join('\n'));
  if (!('config' in command.value)) throw new Error('no configuration');
  return command.value.config;
}

async function problems(args: readonly string[], env: Record<string, string> = {}): Promise<string[]> {
  const command = await loadConfig(args, { ...nothing(), ...env });
  return command.ok ? [] : command.error.map(({ message }) => message);
}

let files = 0;
async function file(text: string): Promise<string> {
  const path = join(dir, `${files++}.json`);
  await writeFile(path, text);
  return path;
}

const ROLE = ['--role', 'consumer'];

describe('where a setting comes from', () => {
  it('whichever sources name it: the flag counts before the environment, that before the file, that before the default', async () => {
    const targets = fc.option(fc.integer({ min: 1, max: 1008 }), { nil: undefined });
    await fc.assert(
      fc.asyncProperty(targets, targets, targets, async (flag, variable, inFile) => {
        const path = await file(JSON.stringify(inFile === undefined ? {} : { claimTarget: inFile }));
        const args = [...ROLE, '--config', path];
        if (flag !== undefined) args.push('--claim-target', `${flag}`);
        const env: Record<string, string> =
          variable === undefined ? {} : { WATTLANE_CLAIM_TARGET: `${variable}` };
        const { claimTarget } = await load(args, env);
        expect(claimTarget).toBe(flag ?? variable ?? inFile ?? 6);
      }),
      { numRuns: 40 },
    );
  });

  it('a file in the data directory: read without being named; one that is named must be there', async () => {
    await writeFile(join(dir, 'wattlaned.json'), '{ "role": "utility" } // the wires');
    expect((await load(['--data-dir', dir])).role).toBe('utility');
    const absent = join(dir, 'absent.json');
    expect(await problems(['--config', absent])).toContain(`${absent} cannot be read: ENOENT`);
  });

  it('comments: left out, also where a string looks like one', async () => {
    const path = await file('{ /* who */ "role": "producer", // it is\n "dataDir": "/tmp/a//b/*c*/" }');
    expect(await load(['--config', path])).toMatchObject({ role: 'producer', dataDir: '/tmp/a/b/*c*' });
  });

  it('a name twice in a file: refused where it stands, whatever way it is written; in two objects it is not', async () => {
    const path = await file('{ "role": "producer", // the seller\n  "r\\u006fle": "consumer" }');
    expect(await problems(['--config', path])).toContain(`${path} has a name twice: line 2, column 3`);
    const text = fc.dictionary(fc.string(), fc.array(fc.dictionary(fc.string(), fc.jsonValue())));
    fc.assert(
      fc.property(text, (value) => {
        expect(parseJsonWithComments(JSON.stringify(value, null, 1))).toEqual({
          ok: true,
          value: JSON.parse(JSON.stringify(value)),
        });
      }),
    );
  });

  it('the printed configuration: as a file it gives the same again', async () => {
    const args = ['--role', 'utility', '--listen', '[::1]:4', '--network', 'signet', '--watchtower=false'];
    const config = await load(args);
    expect(await load(['--config', await file(printedConfig(config))])).toEqual(config);
  });
});

describe('a setting that is wrong', () => {
  it('unknown in any source: refused by name, with the nearest one that there is', async () => {
    const path = await file('{ "role": "consumer", "clamTarget": 3 }');
    const said = await problems(['--config', path, '--listn', 'x'], { WATTLANE_NETWROK: 'signet' });
    expect(said).toEqual([
      '--listn is no option of wattlaned; do you mean --listen?',
      'WATTLANE_NETWROK is no variable of wattlaned; do you mean WATTLANE_NETWORK?',
      `${path}: clamTarget is no setting of wattlaned; do you mean claimTarget?`,
    ]);
  });

  it('names of Object.prototype: unknown as all others', async () => {
    const path = await file('{ "role": "consumer", "constructor": 1, "__proto__": 2 }');
    expect(await problems(['--config', path, '--to-string', '--constructor'])).toHaveLength(4);
  });

  it('a bad value: said where it stands and what would be right', async () => {
    const path = await file('{ "claimTarget": "soon" }');
    const said = await problems([...ROLE, '--config', path, '--listen', '1'], { WATTLANE_BIRTHDAY: '-1' });
    expect(said.sort()).toEqual([
      '--listen must be HOST:PORT, for example 127.0.0.1:9735 or [::1]:9735 (it is "1")',
      `${path}: claimTarget must be a whole number from 1 to 1008 (it is "soon")`,
      'environment variable WATTLANE_BIRTHDAY must be a whole number from 0 to 499999999 (it is "-1")',
    ]);
  });

  it('mainnet: refused by name', async () => {
    expect((await problems([...ROLE, '--network', 'mainnet']))[0]).toContain('must not be mainnet');
  });

  it('a login in the address of bitcoind, a secret behind a wrong option: not repeated', async () => {
    const url = 'http://me:hunter2@localhost:1';
    const said = await problems([...ROLE, '--bitcoind-url', url, '--rpc-password', 'hunter2']);
    expect(said).toHaveLength(2);
    expect(said.join()).not.toContain('hunter2');
  });

  it('an RPC that other machines reach: only with rpcPublic', async () => {
    for (const host of [
      '0.0.0.0',
      '[::]',
      '192.168.0.1',
      'example.org',
      '128.0.0.1',
      '127.0.0.1.example.org',
    ])
      expect(await problems([...ROLE, '--rpc-listen', `${host}:1`])).toHaveLength(1);
    for (const host of ['127.0.0.1', '[::1]', 'localhost', '127.3.2.1'])
      expect(await problems([...ROLE, '--rpc-listen', `${host}:1`])).toEqual([]);
    expect(await problems([...ROLE, '--rpc-listen', '0.0.0.0:1', '--rpc-public'])).toEqual([]);
  });

  it('missing, twice, without a value, half a login: each said', async () => {
    expect(await problems([])).toEqual(['role is not set: it must be one of consumer, producer, utility']);
    expect(await problems([...ROLE, ...ROLE])).toEqual(['--role is there twice']);
    expect(await problems([...ROLE, '--listen'])).toEqual(['--listen needs a value']);
    expect(await problems([...ROLE, '--bitcoind-user', 'me'])).toEqual([
      'bitcoindUser needs bitcoindPasswordFile',
    ]);
  });

  it.each(['', '{', '[]', '{"role": "consumer",}', 'role = consumer'])(
    'file %j: refused, with its name',
    async (text) => {
      const path = await file(text);
      expect((await problems([...ROLE, '--config', path]))[0]).toContain(path);
    },
  );

  it('whatever the command line is: an answer, never an exception', async () => {
    const word = fc.oneof(
      fc.constantFrom(...SETTING_NAMES.map(flagName), '--', '-x', '--help', '--config', '--no-restored', '='),
      fc.string(),
    );
    await fc.assert(
      fc.asyncProperty(fc.array(word, { maxLength: 6 }), async (args) => {
        const command = await loadConfig(args, nothing());
        if (!command.ok) expect(command.error.length).toBeGreaterThan(0);
      }),
    );
  });
});

describe('the help', () => {
  it('has every setting, by its flag', () => {
    const help = helpText();
    for (const name of SETTING_NAMES) expect(help).toContain(`${flagName(name)} `);
  });

  it('names of flags and variables follow from the setting’s', () => {
    expect([flagName('bitcoindCookieFile'), variableName('bitcoindCookieFile')]).toEqual([
      '--bitcoind-cookie-file',
      'WATTLANE_BITCOIND_COOKIE_FILE',
    ]);
  });
});
