import { existsSync, readdirSync } from 'node:fs';
import { readFile, writeFile } from 'node:fs/promises';
import { fileURLToPath } from 'node:url';
import { findBitcoind, type Regtest, startRegtest } from '../regtest/index.ts';
import { type ChannelNotice, parseReadings, type Result, type Role } from '../src/index.ts';
import { perRole, settleAccounts } from './accounting.ts';
import { audit, FUNDING_FEE_RATE, holdingsOf, openingParts, sumOf } from './audit.ts';
import type { DemoOptions } from './options.ts';
import { type Progress, progressOn } from './progress.ts';
import { scenarioReport } from './report.ts';
import { SCENARIOS } from './scenarios/index.ts';
import type { Scenario, Scene } from './scene.ts';
import type { Screen } from './screen.ts';
import { type ChannelTerms, type StoryTx, setStage } from './stage.ts';
import {
  beginScenario,
  introduce,
  part,
  tellAccounts,
  tellContributions,
  tellPrice,
  tellRules,
  txLine,
} from './story.ts';
import { planWeek, type Week } from './week.ts';

export const COINS_SAT = { consumer: 600_000n, producer: 150_000n, utility: 50_000n };
export const CONTRIBUTIONS_SAT = { consumer: 500_000n, producer: 100_000n, utility: 20_000n };

/** Blocks from the opening to the height at which a channel must be settled: about a month. */
const LIFE = 4_320;

const WEEK_FILE = fileURLToPath(new URL('../examples/data/household-week.csv', import.meta.url));

/** What cannot be done as asked: a file that is not there, more units than the sun gives. */
export class DemoRefused extends Error {
  override readonly name = 'DemoRefused';
}

/**
 * Runs the scenarios on a Bitcoin node of its own and says whether every satoshi is where it belongs.
 *
 * @param settle the rules that the outcome is compared with; a test gives wrong ones
 */
export async function runDemo(
  options: DemoOptions,
  screen: Screen,
  settle: typeof settleAccounts = settleAccounts,
): Promise<boolean> {
  const week = await readWeek(options.readings);
  const scenarios = options.scenarios.map((name) => SCENARIOS[name]);
  for (const scenario of scenarios) checkUnits(scenario, week, options.units);
  introduce(screen, week, options);
  const regtest = await startNode(options, screen);
  try {
    const reports: unknown[] = [];
    let right = 0;
    for (const [index, scenario] of scenarios.entries()) {
      beginScenario(screen, scenario, `${index + 1}/${scenarios.length}`);
      const outcome = await runScenario({ regtest, scenario, week, options, screen, settle });
      reports.push(outcome.report);
      if (outcome.correct) right++;
    }
    screen.line();
    const verdict = `${right} of ${scenarios.length} right: each party has, to the satoshi, what the rules give it.`;
    if (right === scenarios.length) screen.say(verdict, { tone: 'good' });
    else screen.say(`Only ${right} of ${scenarios.length} came out right; see WRONG above.`, { tone: 'bad' });
    if (options.json !== undefined) {
      await writeFile(
        options.json,
        `${JSON.stringify({ seed: options.seed, scenarios: reports }, null, 2)}\n`,
      );
      screen.line(`Facts of this run: ${options.json}`);
    }
    if (options.datadir !== undefined) screen.line(`The chain: ${options.datadir}`);
    return right === scenarios.length;
  } finally {
    await regtest.stop();
  }
}

interface Play {
  readonly regtest: Regtest;
  readonly scenario: Scenario;
  readonly week: Week;
  readonly options: DemoOptions;
  readonly screen: Screen;
  readonly settle: typeof settleAccounts;
}

/** One scenario from the first coins to the accounts. */
export async function runScenario({ regtest, scenario, week, options, screen, settle }: Play): Promise<{
  readonly correct: boolean;
  readonly report: unknown;
}> {
  const units = unitsOf(scenario, week, options.units);
  const progress = progressOn(screen, units, week.unitEnergyWh);
  const stage = await setStage({
    regtest,
    seed: options.seed,
    scenario: scenario.name,
    startTime: week.start,
    coinsSat: COINS_SAT,
    capacityWhPerHour: week.capacityWhPerHour,
    onNotice: (role, notice) => follow(progress, role, notice),
    onTx: (tx) => tellTx(screen, tx),
  });
  try {
    const scene: Scene = { stage, screen, progress, week, units };
    part(screen, 'Opening');
    const opening = await open(scene, scenario.arbitration ?? options.arbitration);
    part(screen, 'Trading');
    tellPrice(screen, week.coefficients);
    const outcomes = await scenario.play(scene);
    const found = await audit(scene, opening, outcomes, settle);
    part(screen, 'Accounts');
    tellAccounts(screen, found, outcomes.why);
    return {
      correct: found.problems.length === 0,
      report: scenarioReport(scenario.name, scene, found, outcomes),
    };
  } finally {
    await stage.stop();
  }
}

async function open({ stage, screen }: Scene, arbitration: DemoOptions['arbitration']) {
  const before = await holdingsOf(stage);
  const startedSat = perRole((role) => sumOf(before[role]));
  tellContributions(screen, startedSat, CONTRIBUTIONS_SAT);
  const settlementHeight = stage.height + LIFE;
  tellRules(screen, arbitration, settlementHeight);
  await stage.open(termsOf(settlementHeight, arbitration));
  await stage.mine();
  for (const role of ['consumer', 'producer'] as const) await stage.channel(role).until('open');
  await stage.channel('utility').until('attesting');
  const after = await holdingsOf(stage);
  return { startedSat, parts: openingParts(stage, before, after) };
}

/** Short delays, so that the stories are: an hour to deliver, an hour to object (a block is about ten minutes). */
function termsOf(settlementHeight: number, arbitration: DemoOptions['arbitration']): ChannelTerms {
  return {
    contributions: CONTRIBUTIONS_SAT,
    settlementHeight,
    feeRate: FUNDING_FEE_RATE,
    params: {
      arbitration:
        arbitration === 'immediate'
          ? { type: 'immediate' }
          : { type: 'afterHeight', height: settlementHeight },
      bondPolicy: { type: 'stake' },
      deliveryWindow: 6,
      toSelfDelay: { consumer: 6, producer: 6 },
      resolutionMargin: 4,
      contestWindow: 3,
    },
  };
}

function follow(progress: Progress, role: Role, notice: ChannelNotice): void {
  if (role !== 'consumer') return;
  if (notice.type === 'unitOrdered') progress.ordered();
  if (notice.type === 'unitAttested') progress.delivered();
  if (notice.type === 'unitSettled') progress.paid();
}

function tellTx(screen: Screen, tx: StoryTx): void {
  if (tx.purpose !== 'faucet') screen.line(txLine(tx));
}

async function readWeek(file: string | undefined): Promise<Week> {
  const path = file ?? WEEK_FILE;
  const text = await readFile(path, 'utf8').catch((error: Error) => {
    throw new DemoRefused(`${path} cannot be read: ${error.message}`);
  });
  const readings = parseReadings(text);
  if (!readings.ok) throw new DemoRefused(`${path}: ${JSON.stringify(readings.error)}`);
  const week: Result<Week, string> = planWeek(readings.value);
  if (!week.ok) throw new DemoRefused(`${path}: ${week.error}`);
  return week.value;
}

function unitsOf({ units, unpaid }: Scenario, week: Week, asked: number | undefined): number {
  const most = week.units - unpaid;
  return asked ?? (units === 'all' ? most : Math.min(units, most));
}

function checkUnits(scenario: Scenario, week: Week, asked: number | undefined): void {
  const most = week.units - scenario.unpaid;
  const units = unitsOf(scenario, week, asked);
  if (units >= 1 && units <= most) return;
  throw new DemoRefused(`${scenario.name}: ${units} units, but these readings have ${most} for it`);
}

async function startNode({ seed, datadir }: DemoOptions, screen: Screen): Promise<Regtest> {
  if (datadir !== undefined && existsSync(datadir) && readdirSync(datadir).length > 0)
    throw new DemoRefused(`${datadir} is not empty: a chain starts in a new folder`);
  const slow = setTimeout(
    () => screen.line('No bitcoind here: fetching one from Debian’s own packages (18 MB, once) …'),
    2_000,
  );
  const program = await findBitcoind().finally(() => clearTimeout(slow));
  const kind = program.knots ? 'Bitcoin Knots' : 'Bitcoin Core';
  screen.line(`Bitcoin node: ${kind} ${program.version}, started for this run and stopped after it.`);
  return startRegtest({
    program,
    seed: `demo ${seed}`,
    ...(datadir === undefined ? {} : { dataDir: datadir }),
  });
}
