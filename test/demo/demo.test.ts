import { execFile } from 'node:child_process';
import { mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import {
  type Facts as AccountFacts,
  type Accounts,
  perRole,
  ROLES,
  settleAccounts,
} from '../../demo/accounting.ts';
import { type DemoOptions, HELP, parseOptions, SCENARIO_NAMES } from '../../demo/options.ts';
import { runDemo } from '../../demo/run.ts';
import { screenOn } from '../../demo/screen.ts';
import { decodeTx, fromHex, txid, verifyEvidence, vsize } from '../../src/index.ts';
import { buildProgram, type Program } from '../../tools/program.ts';

const ROOT = fileURLToPath(new URL('../..', import.meta.url));

let folder: string;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'wattlane-demo-'));
});
afterAll(() => rm(folder, { recursive: true, force: true }));

interface Facts {
  readonly scenarios: readonly {
    readonly scenario: string;
    readonly correct: boolean;
    readonly problems: readonly string[];
    readonly units: readonly { readonly outcome: string }[];
    readonly evidence?: string;
    readonly channel: { readonly params: { readonly arbitration: { readonly type: string } } };
    readonly transactions: readonly {
      readonly txid: string;
      readonly purpose: string;
      readonly by: string | null;
      readonly feeSat: string;
      readonly vsize: number;
      readonly height: number;
      readonly hex: string;
    }[];
    readonly outputs: readonly {
      readonly txid: string;
      readonly vout: number;
      readonly valueSat: string;
      readonly what: string;
      readonly descriptor: string;
    }[];
    readonly parties: {
      readonly [role: string]: { readonly expectedSat: string; readonly foundSat: string };
    };
  }[];
}

function optionsOf(...args: readonly string[]): DemoOptions {
  const command = parseOptions(args);
  if (!command.ok || command.value.type !== 'run') throw new Error('not a run');
  return command.value.options;
}

/** Runs the demo in this process. */
async function run(args: readonly string[], settle?: (facts: AccountFacts) => Accounts) {
  const written: string[] = [];
  const screen = screenOn({ write: (text) => written.push(text) }, {});
  const right = await runDemo(optionsOf(...args), screen, settle);
  return { right, text: written.join('') };
}

/** Runs the demo as its user does; resolves with the exit code and what was written. */
function start(
  program: readonly string[],
  ...args: readonly string[]
): Promise<{ code: number; stdout: string; stderr: string }> {
  const command = [...program, ...args];
  return new Promise((resolve) => {
    execFile(process.execPath, command, { cwd: ROOT }, (error, stdout, stderr) => {
      resolve({
        code: typeof error?.code === 'number' ? error.code : error === null ? 0 : -1,
        stdout,
        stderr,
      });
    });
  });
}

async function factsIn(file: string): Promise<Facts> {
  const facts: Facts = JSON.parse(await readFile(file, 'utf8'));
  return facts;
}

/** Of each kind of ending one that is told a second time. */
const AGAIN = ['delivered', 'arbitrated', 'breach-while-offline', 'reorg'] as const;

describe('every scenario, on a real node', () => {
  let facts: Facts;
  let text: string;

  beforeAll(async () => {
    const file = join(folder, 'all.json');
    const outcome = await run(['--units', '2', '--json', file]);
    expect(outcome.right).toBe(true);
    text = outcome.text;
    facts = await factsIn(file);
  });

  it.each(SCENARIO_NAMES)('%s: each party has what the rules give it', (name) => {
    const scenario = facts.scenarios.find((each) => each.scenario === name);
    expect(scenario).toMatchObject({ correct: true, problems: [] });
    for (const { expectedSat, foundSat } of Object.values(scenario?.parties ?? {})) {
      expect(expectedSat).toMatch(/^\d+$/);
      expect(foundSat).toBe(expectedSat);
    }
  });

  it('the units: two paid, and then what each story tells of the third', () => {
    expect(facts.scenarios.map(({ units }) => units.map(({ outcome }) => outcome))).toEqual([
      ['paid', 'paid'],
      ['paid', 'paid', 'forfeited'],
      ['paid', 'paid', 'expired'],
      ['paid', 'paid', 'penalised'],
      ['paid', 'paid', 'claimed'],
      ['paid', 'paid', 'awarded'],
      ['paid', 'paid', 'penalised'],
      ['paid', 'paid'],
      ['paid', 'paid'],
      ['paid', 'paid', 'forfeited'],
      ['paid', 'paid'],
      ['paid', 'paid', 'claimed'],
    ]);
  });

  it('the transactions: whole, named, with the fee that their inputs and outputs leave', () => {
    for (const { transactions } of facts.scenarios) {
      const known = new Map(transactions.map(({ hex }) => decoded(hex)).map((tx) => [txid(tx), tx]));
      for (const { txid: id, hex, purpose, feeSat, vsize: size } of transactions) {
        const tx = decoded(hex);
        expect([txid(tx), vsize(tx)]).toEqual([id, size]);
        if (purpose === 'faucet') continue;
        const given = tx.inputs.map((input) => known.get(input.txid)?.outputs[input.vout]?.value ?? 0n);
        const taken = tx.outputs.map(({ value }) => value);
        expect(sum(given) - sum(taken)).toBe(BigInt(feeSat));
      }
    }
  });

  it('the outputs: every one that the channel made, with a descriptor and its checksum', () => {
    for (const { transactions, outputs } of facts.scenarios)
      for (const { txid: id, hex, purpose } of transactions) {
        if (purpose === 'faucet') continue;
        const told = outputs.filter((output) => output.txid === id).sort((a, b) => a.vout - b.vout);
        expect(told.map(({ valueSat }) => BigInt(valueSat))).toEqual(
          decoded(hex).outputs.map(({ value }) => value),
        );
        for (const { descriptor } of told) expect(descriptor).toMatch(/^[a-z]+\(.*\)#[a-z0-9]{8}$/);
      }
  });

  it('the reorganisation: what was on the lost branch is in no fact', () => {
    const { transactions } = facts.scenarios.find(({ scenario }) => scenario === 'reorg') ?? {};
    const ends = transactions?.filter(({ purpose }) => purpose === 'commitment');
    expect(ends).toMatchObject([{ by: 'producer' }]);
    const heights = transactions?.map(({ height }) => height) ?? [];
    expect(heights).toEqual(heights.toSorted((a, b) => a - b));
  });

  it('the disputes: the verdict is what the rules give, judged from its evidence alone', () => {
    const files = facts.scenarios.flatMap(({ evidence }) => evidence ?? []);
    const answers = files.map((hex) => {
      const report = verifyEvidence(fromHex(hex));
      return report.ok ? [report.value.judged?.type, report.value.signed.answer] : report.error;
    });
    expect(answers).toEqual([
      ['settle', 'right'],
      ['penalise', 'right'],
    ]);
  });

  it('what is written: no line is wider than 100 characters, and none says WRONG', () => {
    for (const line of text.split('\n')) expect(line.length, line).toBeLessThanOrEqual(100);
    expect(text).not.toContain('WRONG');
  });

  it.each(AGAIN)('%s alone, with the same seed: the same transactions', async (name) => {
    const file = join(folder, `${name}.json`);
    const { right, text } = await run(['--units', '2', '--scenario', name, '--json', file], oneSatoshiOff);
    const before = facts.scenarios.find(({ scenario }) => scenario === name);
    const [again] = (await factsIn(file)).scenarios;
    expect(whoeverSigned({ ...again, ...verdictOf(before) })).toEqual(whoeverSigned(before));
    // and rules that are one satoshi off are noticed, of every party
    expect(right).toBe(false);
    for (const role of ROLES)
      expect(text).toMatch(
        new RegExp(`WRONG: the ${role} must end with \\d+ sat, the node finds \\d+: 1 sat missing`),
      );
  });
});

function oneSatoshiOff(facts: AccountFacts): Accounts {
  const accounts = settleAccounts(facts);
  return { ...accounts, expectedSat: perRole((role) => accounts.expectedSat[role] + 1n) };
}

/** What the rules have to do with, of the facts. */
function verdictOf(scenario: Facts['scenarios'][number] | undefined) {
  return { correct: scenario?.correct, problems: scenario?.problems, parties: scenario?.parties };
}

/** Both traders send the penalty, each signed by itself and the utility: the id is the same, and the node keeps the first. */
function whoeverSigned(
  scenario: { readonly transactions?: Facts['scenarios'][number]['transactions'] } | undefined,
) {
  const transactions = scenario?.transactions?.map((tx) =>
    tx.purpose === 'penalty' ? { ...tx, hex: '', vsize: 0 } : tx,
  );
  return { ...scenario, transactions };
}

describe('the demo', () => {
  it('--arbitration immediate: the same outcome from another kind of channel', async () => {
    const file = join(folder, 'immediate.json');
    for (const name of ['non-delivery', 'unilateral']) {
      const args = ['--units', '1', '--arbitration', 'immediate', '--seed', 'other'];
      await expect(run([...args, '--scenario', name, '--json', file])).resolves.toMatchObject({
        right: true,
      });
      const [scenario] = (await factsIn(file)).scenarios;
      expect(scenario?.channel.params.arbitration).toEqual({ type: 'immediate' });
    }
  });

  it('a fee that is one satoshi off: caught, and the transaction named', async () => {
    const { right, text } = await run(['--units', '1', '--scenario', 'delivered'], (facts) => {
      const accounts = settleAccounts(facts);
      return { ...accounts, fees: { ...accounts.fees, ending: accounts.fees.ending + 1n } };
    });
    expect(right).toBe(false);
    expect(text).toMatch(/WRONG: close [0-9a-f]{64} must\s+pay\s+a\s+fee\s+of\s+\d+\s+sat/);
  });

  it('other readings, a folder for the chain: the story of that file, and its chain is kept', async () => {
    const file = join(folder, 'readings.csv');
    const lines = ['interval_start_local,load_wh,solar_wh', '2020-06-01 12:00:00,500,540'];
    await writeFile(file, lines.join('\n'));
    const datadir = join(folder, 'chains');
    const args = ['--readings', file, '--datadir', datadir, '--scenario', 'delivered'];
    const { right, text } = await run(args);
    expect(right).toBe(true);
    expect(text).toContain('4 units of 10 Wh');
    expect(await readdir(join(datadir, 'delivered'))).toContain('regtest');
    await expect(run(args)).rejects.toThrow('not empty');
  });

  it.each([
    [['--units', '64', '--scenario', 'delivered'], 'these readings have 63 units'],
    [['--units', '63', '--scenario', 'forfeit'], 'at most 62'],
    [['--readings', 'no-such-file.csv'], 'no-such-file.csv cannot be read'],
    [['--readings', 'package.json'], 'wrongHeader'],
  ])('%j: refused before anything starts', async (args, reason) => {
    await expect(run(args)).rejects.toThrow(reason);
  });
});

describe('the command line', () => {
  let compiled: Program;
  beforeAll(async () => {
    compiled = await buildProgram('demo/main.ts');
  });
  afterAll(() => compiled.remove());

  it('an option that does not exist: exit code 2, and the help', async () => {
    const { code, stderr } = await start([compiled.path], '--solar');
    expect(code).toBe(2);
    expect(stderr).toContain('--solar');
    expect(stderr).toContain(HELP);
  });

  it('--help: the help, and nothing else', async () => {
    await expect(start([compiled.path], '--help')).resolves.toEqual({ code: 0, stdout: HELP, stderr: '' });
  });

  it('a story that comes out right: exit code 0', async () => {
    const { code, stdout, stderr } = await start(
      ['--import', 'tsx', 'demo/main.ts'],
      '--scenario',
      'delivered',
      '--units',
      '1',
    );
    expect({ code, stderr }).toEqual({ code: 0, stderr: '' });
    expect(stdout).toContain('to the satoshi');
  });

  it('readings that are not there: exit code 1 and the reason, no stack', async () => {
    const { code, stderr } = await start([compiled.path], '--readings', 'no-such-file.csv');
    expect(code).toBe(1);
    expect(stderr).toMatch(/^no-such-file\.csv cannot be read: [^\n]*\n$/);
  });
});

function decoded(hex: string) {
  const tx = decodeTx(fromHex(hex));
  if (!tx.ok) throw new Error(tx.error.reason);
  return tx.value;
}

function sum(values: readonly bigint[]): bigint {
  return values.reduce((all, each) => all + each, 0n);
}
