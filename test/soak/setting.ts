import type { Msat } from '../../src/base/amount.ts';
import type { Role } from '../../src/base/role.ts';
import type { OpenRequest } from '../../src/node/options.ts';
import type { Dice } from './dice.ts';

/**
 * What a schedule is steered to. `any`: nothing. `breach`: a trade, and then an old commitment. `tower`: the
 * same while the victim is not running. `race`: a unit that is
 * delivered, a buyer that does not pay, a utility that takes what it attested.
 * `restored`: an honest trader goes on from an old copy of its disk.
 */
export type Theme = 'any' | 'breach' | 'tower' | 'race' | 'restored';

/** What one schedule is about: the channel, and who is hostile in it. */
export interface Setting {
  readonly seed: number;
  readonly theme: Theme;
  readonly hostile: readonly Role[];
  readonly contributions: OpenRequest['contributions'];
  readonly params: NonNullable<OpenRequest['params']>;
  /** Whether traders leave blobs with the utility; without, each has to punish for itself. */
  readonly watchtower: boolean;
  /** Whether the penalty waits for the settlement height. */
  readonly afterHeight: boolean;
  /** Blocks from the opening to the settlement height. */
  readonly life: number;
  readonly msatPerWh: bigint;
  readonly unitWh: number;
}

const COALITIONS: readonly (readonly Role[])[] = [
  [],
  [],
  ['consumer'],
  ['producer'],
  ['utility'],
  ['consumer', 'utility'],
  ['producer', 'utility'],
  ['consumer', 'producer'],
];

const COALITIONS_OF: Readonly<Record<Theme, readonly (readonly Role[])[]>> = {
  any: COALITIONS,
  breach: [['consumer'], ['producer'], ['consumer', 'utility'], ['producer', 'utility']],
  tower: [['consumer'], ['producer']],
  race: [['consumer', 'utility']],
  restored: [[], ['consumer'], ['producer'], ['utility']],
};

/** A channel within what every node accepts (protocol section 2), with delays as short as the races allow. */
export function randomSetting(seed: number, dice: Dice, theme: Theme): Setting {
  const stake = dice.chance(0.4);
  const deliveryWindow = dice.int(4, 8);
  const resolutionMargin = dice.int(7, 10);
  const toSelfDelay = { consumer: dice.int(3, 7), producer: dice.int(3, 7) };
  const longest = Math.max(toSelfDelay.consumer, toSelfDelay.producer);
  const minimumDepth = dice.int(1, 2);
  const afterHeight = theme === 'race' || dice.chance(0.6);
  const reserve = BigInt(dice.int(500, 3_000)) * 1000n;
  return {
    seed,
    theme,
    hostile: dice.pick(COALITIONS_OF[theme]),
    contributions: {
      consumer: BigInt(dice.int(60_000, 300_000)),
      producer: BigInt(dice.int(20_000, 200_000)),
      utility: dice.chance(0.3) ? 0n : BigInt(dice.int(1_000, 30_000)),
    },
    watchtower: theme === 'tower' || (theme !== 'breach' && dice.chance(0.7)),
    afterHeight,
    life: deliveryWindow + longest + 2 * resolutionMargin + 6 + minimumDepth + dice.int(5, 30),
    msatPerWh: BigInt(dice.int(40_000, 900_000)),
    unitWh: dice.int(5, 20),
    params: {
      ...(afterHeight ? {} : { arbitration: { type: 'immediate' } as const }),
      toSelfDelay,
      reserveMsat: { consumer: reserve as Msat, producer: reserve as Msat },
      maxInFlight: stake ? 1 : dice.int(1, 5),
      bondPolicy: stake ? { type: 'stake' } : { type: 'proportional', bondPpm: dice.int(0, 2_000_000) },
      gridFeePpm: dice.pick([0, 20_000, 100_000, 333_333]),
      deliveryWindow,
      resolutionMargin,
      minimumDepth,
      contestWindow: dice.int(1, 6),
    },
  };
}
