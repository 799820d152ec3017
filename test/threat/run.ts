import type { Attack } from './attack.ts';
import { Attacker, type Attempt } from './attacker.ts';
import { COALITIONS, type CoalitionName, honestIn } from './coalition.ts';
import { DELAY, type Mode } from './fixture.ts';
import type { Ground } from './ground.ts';
import { type Damage, measure } from './measure.ts';
import { STAGES, type Stage } from './stages.ts';
import { ThreatWorld } from './world.ts';

/** One attack by one coalition at one point of one channel's life. */
export interface Trial {
  readonly coalition: CoalitionName;
  readonly mode: Mode;
  readonly stage: Stage;
  readonly attack: Attack;
}

export interface TrialResult extends Trial {
  readonly damage: Damage;
  readonly attempts: readonly Attempt[];
}

export function trialName({ coalition, mode, stage, attack }: Trial): string {
  return `${coalition} ${mode} ${stage.name} ${attack.name}`;
}

/** Every trial that makes sense for these attacks. */
export function trialsOf(
  attacks: readonly Attack[],
  coalitions: readonly CoalitionName[],
  modes: readonly Mode[],
): readonly Trial[] {
  return modes.flatMap((mode) =>
    coalitions.flatMap((coalition) =>
      STAGES.flatMap((stage) =>
        attacks
          .filter(
            ({ needs, joint, stages, modes: inModes }) =>
              needs.every((role) => COALITIONS[coalition].includes(role)) &&
              (joint || needs.length === COALITIONS[coalition].length) &&
              stages.includes(stage.name) &&
              inModes.includes(mode),
          )
          .map((attack) => ({ coalition, mode, stage, attack })),
      ),
    ),
  );
}

/** Blocks after T within which everything that anybody can claim is claimed. */
const LAST_CLAIMS = DELAY + 8;

/** Blocks after which a funding transaction that did not confirm never will. */
const TIME_TO_CONFIRM = 6;

/** Opens a channel, lets the coalition attack it, and measures when nothing is left to take. */
export async function runTrial(ground: Ground, trial: Trial): Promise<TrialResult> {
  const { coalition, mode, stage, attack } = trial;
  const members = COALITIONS[coalition];
  const world = await ThreatWorld.start(ground, mode);
  try {
    await stage.reach(world, members);
    const attacker = await Attacker.take(world, members);
    await stage.afterwards?.(world, members);
    await attack.run(attacker);
    await attacker.block();
    const end = isFunded(world) ? world.settlementHeight + LAST_CLAIMS : ground.height() + TIME_TO_CONFIRM;
    while (ground.height() < end && !isOver(world)) await attacker.block();
    if (world.errors.length > 0) throw world.errors[0];
    const damage = await measure(world, honestIn(members));
    return { ...trial, damage, attempts: attacker.attempts };
  } catch (cause) {
    throw new Error(`${trialName(trial)}: ${cause instanceof Error ? cause.message : String(cause)}`, {
      cause,
    });
  } finally {
    await world.stop();
  }
}

/** Whether the funding transaction is in the chain. */
function isFunded({ tree }: ThreatWorld): boolean {
  return tree?.fundedAt !== undefined;
}

/** Whether every output that somebody has to claim was claimed. */
function isOver({ tree }: ThreatWorld): boolean {
  return tree?.spend !== undefined && tree.unspent.every(({ script }) => !isP2wsh(script));
}

function isP2wsh(script: Uint8Array): boolean {
  return script.length === 34 && script[0] === 0x00;
}
