import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { type Regtest, startRegtest } from '../../regtest/index.ts';
import { ROLES, type Role } from '../../src/base/role.ts';
import { bytesPerSync, type StreamFigures, type Stretch, streamFigures } from './figures.ts';
import type { StreamPlan } from './protocol.ts';
import { openStage, type Stage } from './stage.ts';

export interface NodesRun {
  readonly plans: readonly StreamPlan[];
  /** The party's program, a file that Node runs. */
  readonly program: string;
  /** Whether to count the syncs with strace, in a short stream of its own. */
  readonly traced: boolean;
  readonly progress?: (line: string) => void;
}

/** The first and the last units that are compared. */
const COMPARED = 100;
const TRACED_UNITS = 100;

/** Streams units between three processes with one bitcoind, one plan after the other. */
export async function runNodes(run: NodesRun): Promise<readonly StreamFigures[]> {
  const regtest = await startRegtest();
  try {
    const figures: StreamFigures[] = [];
    for (const plan of run.plans) figures.push(await measured(regtest, plan, run));
    return figures;
  } finally {
    await regtest.stop();
  }
}

async function measured(regtest: Regtest, plan: StreamPlan, run: NodesRun): Promise<StreamFigures> {
  run.progress?.(`${plan.name}: ${plan.units} units`);
  const stage = await openStage(regtest, { ...plan, program: run.program });
  try {
    await begin(stage, plan);
    const compared = Math.min(COMPARED, Math.floor(plan.units / 3));
    const stretches: Stretch[] = [];
    for (const units of [compared, plan.units - 2 * compared, compared])
      stretches.push(await stretch(stage, units));
    const [, most] = stretches;
    if (most === undefined) throw new RangeError('three stretches');
    const syncMicros = await stage.all((party, role) =>
      party.ask({ type: 'syncFloor', bytes: Math.max(1, bytesPerSync(most, role)) }),
    );
    const tracedSyncsPerRound = run.traced ? await traced(regtest, plan, run) : null;
    return streamFigures(plan, stretches, { syncMicros, tracedSyncsPerRound });
  } finally {
    await stage.stop();
  }
}

async function begin({ parties, all }: Stage, { units, warmUp }: StreamPlan): Promise<void> {
  const wanted = units + warmUp;
  for (const role of ['utility', 'producer'] as const)
    await parties[role].ask({ type: 'trade', units: wanted });
  await all((party) => party.ask({ type: 'synced' }));
  await parties.consumer.ask({ type: 'buy', units: warmUp });
}

async function stretch({ parties, all }: Stage, units: number): Promise<Stretch> {
  const spent = () => all((party) => party.ask({ type: 'spent' }));
  const before = await spent();
  const bought = await parties.consumer.ask({ type: 'buy', units });
  return { units, bought, before, after: await spent() };
}

/** How often the kernel was asked for a sync, by strace: it slows the parties down, so nothing else is measured here. */
async function traced(
  regtest: Regtest,
  plan: StreamPlan,
  { program }: NodesRun,
): Promise<{ readonly [R in Role]: number }> {
  const files = new Map<Role, string>();
  const before = (role: Role, dataDir: string) => {
    const file = join(dataDir, 'strace');
    files.set(role, file);
    return ['strace', '-f', '--seccomp-bpf', '-qq', '-e', 'trace=fsync,fdatasync', '-o', file];
  };
  const stage = await openStage(regtest, { ...plan, program, before });
  try {
    await begin(stage, { ...plan, units: TRACED_UNITS, warmUp: 20 });
    const counts = async () =>
      Object.fromEntries(
        await Promise.all(ROLES.map(async (role) => [role, await syncsIn(files.get(role) ?? '')] as const)),
      );
    const first = await counts();
    const { before: from, after: to } = await stretch(stage, TRACED_UNITS);
    const last = await counts();
    const rounds = to.consumer.rounds - from.consumer.rounds;
    return Object.fromEntries(
      ROLES.map((role) => [role, ((last[role] ?? 0) - (first[role] ?? 0)) / rounds]),
    ) as { [R in Role]: number };
  } finally {
    await stage.stop();
  }
}

async function syncsIn(file: string): Promise<number> {
  const text = await readFile(file, 'utf8');
  return text.split('\n').filter((line) => /\bf(data)?sync\(/.test(line)).length;
}
