import { ROLES, TRADERS } from '../../src/base/role.ts';
import { type Arena, channelOf, startArena } from './arena.ts';
import { dice, scheduleSeed } from './dice.ts';
import { readEnding } from './ending.ts';
import { breachOf, endingName, judge, type Violation } from './oracles.ts';
import { mineAmongThieves, openChannel, perform } from './perform.ts';
import { randomSetting, type Setting, type Theme } from './setting.ts';
import type { SoakChain } from './soakChain.ts';
import { randomSteps, type Step } from './steps.ts';

const THEMES: readonly Theme[] = ['any', 'any', 'any', 'any', 'breach', 'tower', 'race', 'restored'];

/** A schedule as plain data: the same plan is the same run. */
export interface Plan {
  readonly setting: Setting;
  readonly steps: readonly Step[];
}

export interface Report {
  readonly violations: readonly Violation[];
  /** What ended the channel. */
  readonly ending: string;
  readonly counts: { readonly [name: string]: number };
}

export function planOf(seed: number, schedule: number, wanted?: Theme): Plan {
  const random = dice(scheduleSeed(seed, schedule));
  const drawn = random.pick(THEMES);
  const setting = randomSetting(random.seed(), random, wanted ?? drawn);
  return { setting, steps: randomSteps(setting, random) };
}

/** Runs one schedule to its end on the chain and has it judged. */
export async function runPlan(plan: Plan, chain: SoakChain): Promise<Report> {
  const arena = await startArena(plan.setting, chain);
  try {
    if (!(await openChannel(arena))) return report(arena, [NOT_OPENED], 'not opened');
    for (const step of plan.steps) await perform(arena, step);
    await finish(arena);
    return await verdict(arena);
  } finally {
    await arena.stop();
  }
}

/** Every opening is an honest one, so that each schedule is about a channel. */
const NOT_OPENED: Violation = { property: 0, text: 'the channel did not open', lossSat: 0n };

/** Everybody is there again, and blocks come until nothing more can happen. */
async function finish(arena: Arena): Promise<void> {
  arena.network.setFaults({});
  arena.chain.setFeeRate(1000n);
  arena.chain.setMinimum(1000n);
  for (const role of ROLES) arena.network.online(arena.parties[role].node.id);
  const closer = TRADERS.find((trader) => !arena.parties[trader].hostile);
  if (closer !== undefined && arena.setting.seed % 2 === 0)
    await channelOf(arena.parties[closer])
      ?.close()
      .catch(() => {});
  for (const role of ROLES)
    if (arena.parties[role].down) await arena.restart(role, arena.parties[role].store.snapshot());
  await arena.settle();
  const { contract } = arena.history.identity ?? {};
  const last = (contract?.params.settlementHeight ?? 0) + 4;
  let ending = await readEnding(arena);
  while (ending === undefined && (await arena.chain.height()) < last) {
    await mineAmongThieves(arena, 1);
    ending = await readEnding(arena);
  }
  if (ending === undefined || contract === undefined) return;
  const delays = contract.params.toSelfDelay;
  const expiries = ending.commitment?.ledger.deliveries.map(({ expiry }) => expiry) ?? [];
  const done = Math.max(ending.height + Math.max(delays.consumer, delays.producer), ...expiries) + 4;
  await mineAmongThieves(arena, Math.max(3, done - (await arena.chain.height())));
}

async function verdict(arena: Arena): Promise<Report> {
  const contract = arena.history.identity?.contract;
  if (contract === undefined) return report(arena, [NOT_OPENED], 'not opened');
  const outcome = { arena, ending: await readEnding(arena), contract };
  const violations = judge(outcome);
  const punished = outcome.ending?.outputs.some(({ taken }) => taken?.how === 'revocation');
  if (breachOf(outcome) !== undefined && punished) {
    arena.history.counts['breaches punished'] = 1;
    if (arena.setting.theme === 'tower') arena.history.counts['tower answers'] = 1;
  }
  return report(arena, violations, endingName(outcome));
}

function report({ history }: Arena, violations: readonly Violation[], ending: string): Report {
  return { violations, ending, counts: history.counts };
}
