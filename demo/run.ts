import { existsSync, readdirSync } from 'node:fs';
import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { type BitcoindProgram, findBitcoind, startRegtest } from '../regtest/index.ts';
import { parseReadings } from '../src/index.ts';
import { settleAccounts } from './accounting.ts';
import type { DemoOptions } from './options.ts';
import { type Play, type Played, playOn, unitsOf } from './play.ts';
import { SCENARIOS } from './scenarios/index.ts';
import type { Scenario } from './scene.ts';
import type { Screen } from './screen.ts';
import { beginScenario, introduce } from './story.ts';
import { planWeek, type Week } from './week.ts';

const WEEK_FILE = fileURLToPath(new URL('../examples/data/household-week.csv', import.meta.url));

/** What cannot be done as asked: a file that is not there, more units than the sun gives. */
export class DemoRefused extends Error {
  override readonly name = 'DemoRefused';
}

/**
 * Plays the scenarios and resolves with whether every satoshi is where it belongs. Throws {@link DemoRefused},
 * `StoryFailed`, and what `startRegtest` throws.
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
  checkDataDir(options.datadir);
  introduce(screen, week, options);
  const program = await findProgram(screen);
  const played: Played[] = [];
  for (const [index, scenario] of scenarios.entries()) {
    beginScenario(screen, scenario, `${index + 1}/${scenarios.length}`);
    played.push(
      await playAlone(program, {
        scenario,
        first: index === 0,
        anchorTold: played.some(({ anchor }) => anchor),
        week,
        options,
        screen,
        settle,
      }),
    );
  }
  tellVerdict(screen, played);
  await writeFacts(options, played, screen);
  return played.every(({ correct }) => correct);
}

/** One scenario on a chain of its own: alone or among others, the same seed makes the same transactions. */
async function playAlone(program: BitcoindProgram, play: Play): Promise<Played> {
  const { seed, datadir } = play.options;
  const regtest = await startRegtest({
    program,
    seed: `demo ${seed}`,
    ...(datadir === undefined ? {} : { dataDir: join(datadir, play.scenario.name) }),
  });
  try {
    return await playOn(regtest, play);
  } finally {
    await regtest.stop();
  }
}

function tellVerdict(screen: Screen, played: readonly Played[]): void {
  const wrong = played.filter(({ correct }) => !correct).length;
  const stories = played.length === 1 ? 'At the end' : `At the end of all ${played.length} stories`;
  screen.line();
  if (wrong === 0)
    screen.say(`${stories} each party had what the rules give it, to the satoshi.`, { tone: 'good' });
  else screen.say(`${wrong} of ${played.length} came out wrong: see WRONG above.`, { tone: 'bad' });
}

async function writeFacts(
  { json, datadir, seed }: DemoOptions,
  played: readonly Played[],
  screen: Screen,
): Promise<void> {
  if (json !== undefined) {
    const facts = { seed, scenarios: played.map(({ report }) => report) };
    await writeFile(json, `${JSON.stringify(facts, null, 2)}\n`);
    screen.line(`Every fact of this run: ${json}`);
  }
  if (datadir !== undefined) screen.line(`Its chains, one for each story: ${datadir}`);
}

async function readWeek(file: string | undefined): Promise<Week> {
  const path = file ?? WEEK_FILE;
  const text = await readFile(path, 'utf8').catch((error: Error) => {
    throw new DemoRefused(`${path} cannot be read: ${error.message}`);
  });
  const readings = parseReadings(text);
  if (!readings.ok) throw new DemoRefused(`${path}: ${JSON.stringify(readings.error)}`);
  const week = planWeek(readings.value);
  if (!week.ok) throw new DemoRefused(`${path}: ${week.error}`);
  return week.value;
}

function checkUnits(scenario: Scenario, week: Week, asked: number | undefined): void {
  const most = week.units - scenario.unpaid;
  const units = unitsOf(scenario, week, asked);
  if (units >= 1 && units <= most) return;
  const reason = most < 1 ? 'too few for this story' : `at most ${most} for this story`;
  throw new DemoRefused(`${scenario.name}: these readings have ${week.units} units, ${reason}`);
}

function checkDataDir(datadir: string | undefined): void {
  if (datadir !== undefined && existsSync(datadir) && readdirSync(datadir).length > 0)
    throw new DemoRefused(`${datadir} is not empty: a chain starts in a new folder`);
}

const FETCHING =
  'Looking for bitcoind. Without one on this machine it is fetched from Debian’s own packages, 18 MB, once …';

async function findProgram(screen: Screen): Promise<BitcoindProgram> {
  const slow = setTimeout(() => screen.say(FETCHING), 2_000);
  const program = await findBitcoind().finally(() => clearTimeout(slow));
  const kind = program.knots ? 'Bitcoin Knots' : 'Bitcoin Core';
  screen.line(`Bitcoin node: ${kind} ${program.version}, started by this demo and stopped at its end.`);
  return program;
}
