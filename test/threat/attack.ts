import type { Role } from '../../src/base/role.ts';
import type { Attacker } from './attacker.ts';
import type { Mode } from './fixture.ts';
import type { StageName } from './stages.ts';

/** One way to take what is not one's own. */
export interface Attack {
  readonly name: string;
  /** What the coalition does, in one line. */
  readonly what: string;
  /** Who must be in the coalition. */
  readonly needs: readonly Role[];
  readonly stages: readonly StageName[];
  readonly modes: readonly Mode[];
  /** Whether accomplices could make more of it: then every coalition tries it that has whom it needs. */
  readonly joint: boolean;
  /** Whether the node must refuse every transaction of the attack. */
  readonly refused: boolean;
  /** With the coalition's keys and messages only; from the moment at which it turns. */
  readonly run: (attacker: Attacker) => Promise<void>;
}

interface AttackSpec<M extends Role> {
  readonly name: string;
  readonly what: string;
  readonly needs: readonly M[];
  readonly stages: readonly StageName[];
  readonly modes?: readonly Mode[];
  readonly joint?: boolean;
  readonly refused?: boolean;
  readonly run: (attacker: Attacker<M>) => Promise<void>;
}

/** An attack whose code can name no key but those of the parties that it needs. */
export function attackOf<const M extends Role>(spec: AttackSpec<M>): Attack {
  const { run } = spec;
  return {
    modes: ['immediate', 'afterHeight'],
    joint: false,
    refused: false,
    ...spec,
    run: (attacker) => {
      if (!hasAll(attacker, spec.needs)) throw new Error(`${spec.name} needs ${spec.needs.join(' and ')}`);
      return run(attacker);
    },
  };
}

function hasAll<M extends Role>(attacker: Attacker, needs: readonly M[]): attacker is Attacker<M> {
  return needs.every((role) => attacker.includes(role));
}

/** Of attacks to which the utility's key in the funding output means nothing: one kind of arbitration says it all. */
export const EITHER: readonly Mode[] = ['afterHeight'];
/** Stages in which the channel lives and nothing was signed that ends it. */
export const LIVE: readonly StageName[] = ['idle', 'ordered', 'delivered', 'attested', 'refused'];
export const IN_FLIGHT: readonly StageName[] = ['ordered', 'delivered', 'attested', 'refused'];
