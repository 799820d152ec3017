import { toJson } from '../../src/base/json.ts';
import type { Role } from '../../src/base/role.ts';
import type { Channel } from '../../src/channel/state.ts';
import { ChildDied } from '../../tools/child.ts';
import type { View } from './calls.ts';
import type { Entry } from './journal.ts';
import type { Scenario } from './scenarios.ts';
import { NO_KILLS, type PerRole, type Plan, Stage, type StageOptions, type Views } from './stage.ts';
import { newest, type Step, said } from './steps.ts';

/** More tries at one step than any kill can cost. */
const MOST_TRIES = 80;

/** What a run left behind, as the oracle sees it. */
export interface Outcome {
  readonly scenario: Scenario;
  readonly views: Views;
  readonly records: { readonly [R in Role]?: Readonly<Record<string, readonly string[]>> };
  readonly journals: PerRole<readonly Entry[]>;
  readonly deaths: PerRole<number>;
  /** Fees of every transaction of the three in the chain since they began, satoshi. */
  readonly feesSat: bigint;
  /** Of each trader whose channel is open: whether the mempool would take the commitment that it holds. */
  readonly publishable: readonly { readonly role: Role; readonly reason: string | null }[];
}

export class RunFailed extends Error {
  override readonly name = 'RunFailed';
}

/** Plays a scenario with what is to go wrong, to its end. */
export async function run(scenario: Scenario, options: StageOptions): Promise<Outcome> {
  const { plan } = options;
  const stage = await Stage.begin(options);
  let kept = true;
  try {
    const from = await stage.regtest.height();
    await play(stage, scenario.setup);
    await stage.arm();
    await play(stage, scenario.steps, plan);
    const outcome = await outcomeOf(stage, scenario, from);
    kept = false;
    return outcome;
  } catch (error) {
    throw new RunFailed(`${stage.dir}: ${error instanceof Error ? error.stack : String(error)}`);
  } finally {
    await stage.end({ keep: kept });
  }
}

/** Pursues each step until it is done. */
export async function play(
  stage: Stage,
  steps: readonly Step[],
  { outside }: Plan = NO_KILLS,
): Promise<void> {
  for (const step of steps) {
    if (outside?.step === step.name) {
      await stage.settle();
      await stage.kill(outside.role);
    }
    for (let tries = 0; ; tries++) {
      const views = await stage.views();
      if (step.isDone(views, stage)) break;
      if (tries === MOST_TRIES) throw new Error(`stuck at ${step.name}: ${describe(views)}`);
      await step.pursue(views, stage).catch((error: unknown) => {
        if (!(error instanceof ChildDied)) throw error;
      });
    }
  }
}

async function outcomeOf(stage: Stage, scenario: Scenario, from: number): Promise<Outcome> {
  const views = await stage.views();
  const records: { [R in Role]?: Readonly<Record<string, readonly string[]>> } = {};
  for (const role of stage.present) records[role] = await stage.call(role, 'records', undefined);
  return {
    scenario,
    views,
    records,
    journals: {
      consumer: stage.journal('consumer'),
      producer: stage.journal('producer'),
      utility: stage.journal('utility'),
    },
    deaths: {
      consumer: stage.deaths('consumer'),
      producer: stage.deaths('producer'),
      utility: stage.deaths('utility'),
    },
    feesSat: await feesSince(stage, from),
    publishable: await publishable(stage, views),
  };
}

/** Whether each trader of an open channel could publish what it holds: asked of the real node. */
async function publishable(stage: Stage, views: Views): Promise<Outcome['publishable']> {
  const chain = await stage.regtest.chain();
  const found: { role: Role; reason: string | null }[] = [];
  for (const role of ['consumer', 'producer'] as const) {
    const state = newest(views, role)?.state;
    if (state?.type !== 'open') continue;
    const result = await chain.testAccept(stage.commitmentOf(role, state, state.rounds.held));
    found.push({ role, reason: result.accepted ? null : result.reason });
  }
  await chain.close();
  return found;
}

/** What all transactions but the miners' and the faucet's paid. */
async function feesSince(stage: Stage, from: number): Promise<bigint> {
  const tip = await stage.regtest.height();
  let sum = 0;
  for (let height = from + 1; height <= tip; height++) {
    const stats = (await stage.regtest.call('getblockstats', height, ['totalfee'])) as { totalfee: number };
    sum += stats.totalfee;
  }
  return BigInt(sum);
}

/** Where the three are, for people. */
function describe(views: Views): string {
  const said = ({ role, height, channels, balance }: View) =>
    `${role} at height ${height} with ${balance.spendable} sat: ${channels.map(({ state }) => toJson(summary(state))).join()}`;
  return Object.values(views).map(said).join('; ');
}

function summary(state: Channel): unknown {
  const rounds = 'rounds' in state && state.rounds !== null ? state.rounds : undefined;
  return {
    type: state.type,
    ...('why' in state ? { why: state.why } : {}),
    ...('link' in state ? { link: state.link, wanted: state.wantedUnits } : {}),
    ...(rounds === undefined ? {} : { phase: rounds.phase.type, state: said(rounds.held.ledger) }),
  };
}
