import type { Regtest } from '../regtest/index.ts';
import type { ChannelNotice, Role } from '../src/index.ts';
import { perRole, type settleAccounts } from './accounting.ts';
import { audit, holdingsOf, type OpeningFacts, openingParts, sumOf } from './audit.ts';
import type { ArbitrationName, DemoOptions } from './options.ts';
import { type Progress, progressOn } from './progress.ts';
import { scenarioReport } from './report.ts';
import type { Scenario, Scene } from './scene.ts';
import type { Screen } from './screen.ts';
import { type ChannelTerms, setStage } from './stage.ts';
import { part, SAME_COINS, tellAccounts, tellContributions, tellPrice, tellRules, txLine } from './story.ts';
import type { StoryTx } from './talk.ts';
import { COINS_SAT, CONTRIBUTIONS_SAT, FUNDING_FEE_RATE } from './terms.ts';
import type { Week } from './week.ts';

/** Blocks from the opening to the height at which a channel must be settled: about a month. */
const LIFE = 4_320;

export interface Play {
  readonly scenario: Scenario;
  /** The first story of a run explains more. */
  readonly first: boolean;
  /** Whether an earlier story has told what an anchor is. */
  readonly anchorTold: boolean;
  readonly week: Week;
  readonly options: DemoOptions;
  readonly screen: Screen;
  /** The rules that the outcome is compared with. */
  readonly settle: typeof settleAccounts;
}

export interface Played {
  /** Whether it has left an anchor, and told what that is. */
  readonly anchor: boolean;
  /** Whether every satoshi is where the rules put it. */
  readonly correct: boolean;
  readonly report: unknown;
}

/** One scenario, from the first coins to the accounts. */
export async function playOn(
  regtest: Regtest,
  { scenario, first, anchorTold, week, options, screen, settle }: Play,
): Promise<Played> {
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
    const opening = await open(scene, scenario.arbitration ?? options.arbitration, first);
    part(screen, 'Trading');
    if (first) tellPrice(screen, week.coefficients);
    const outcomes = await scenario.play(scene);
    const found = await audit(scene, opening, outcomes, settle);
    part(screen, 'Accounts');
    tellAccounts(screen, found, outcomes.why, { anchorTold });
    return {
      correct: found.problems.length === 0,
      anchor: found.accounts.leftSat > 0n,
      report: scenarioReport(scenario.name, scene, found, outcomes),
    };
  } finally {
    await stage.stop();
  }
}

/** How many units a scenario delivers: what was asked for, or what it likes, or what there is. */
export function unitsOf({ units, unpaid }: Scenario, week: Week, asked: number | undefined): number {
  const most = week.units - unpaid;
  return asked ?? (units === 'all' ? most : Math.min(units, most));
}

async function open(
  { stage, screen }: Scene,
  arbitration: ArbitrationName,
  first: boolean,
): Promise<OpeningFacts> {
  const before = await holdingsOf(stage);
  const startedSat = perRole((role) => sumOf(before[role]));
  if (first) tellContributions(screen, startedSat, CONTRIBUTIONS_SAT);
  else screen.say(SAME_COINS, { indent: 2 });
  const settlementHeight = stage.height + LIFE;
  tellRules(screen, arbitration, settlementHeight);
  await stage.open(termsOf(settlementHeight, arbitration));
  await stage.mine();
  for (const role of ['consumer', 'producer'] as const) await stage.channel(role).until('open');
  await stage.channel('utility').until('attesting');
  return { startedSat, parts: openingParts(stage, before, await holdingsOf(stage)) };
}

/** Short delays, so that the stories are: an hour to deliver, an hour to object (a block is about ten minutes). */
function termsOf(settlementHeight: number, arbitration: ArbitrationName): ChannelTerms {
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
      resolutionMargin: 7,
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
