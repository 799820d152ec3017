import type { Trader } from '../../src/base/role.ts';
import {
  cheated,
  claimed,
  closing,
  copied,
  delivered,
  forced,
  forfeited,
  fromCopy,
  funded,
  gone,
  introduced,
  keepCommitment,
  lateDelivery,
  measured,
  offered,
  opened,
  ordered,
  over,
  priced,
  type Step,
} from './steps.ts';

/** One life of a channel. */
export interface Scenario {
  readonly name: string;
  /** Before boundaries count. */
  readonly setup: readonly Step[];
  readonly steps: readonly Step[];
  /** A party that is not honest, and does nothing itself any more when boundaries count. */
  readonly cheater?: Trader;
  /** A trader that goes on from a copy of its disk. */
  readonly restored?: Trader;
}

const MARKET = [measured, priced, offered];
/** Until the three can trade. */
export const TRADING = [funded, introduced, opened(), ...MARKET];

export const SCENARIOS: readonly Scenario[] = [
  { name: 'open', setup: [funded], steps: [introduced, opened(), ...MARKET] },
  { name: 'stream', setup: TRADING, steps: [delivered(1), delivered(2), delivered(5)] },
  { name: 'settle', setup: [...TRADING, ordered(2, 2)], steps: [delivered(2)] },
  { name: 'forfeit', setup: TRADING, steps: [ordered(1, 1), forfeited] },
  { name: 'close', setup: [...TRADING, delivered(1)], steps: [closing, over] },
  { name: 'force', setup: [...TRADING, ordered(2, 2)], steps: [forced, lateDelivery, over] },
  {
    name: 'breach',
    setup: [...TRADING, ordered(1, 1), keepCommitment('consumer'), delivered(2), gone('consumer')],
    steps: [cheated, over],
    cheater: 'consumer',
  },
  {
    name: 'dispute',
    setup: [funded, introduced, opened({ arbitration: { type: 'immediate' } }), ...MARKET, ordered(1, 1)],
    steps: [claimed, over],
  },
  {
    name: 'restored',
    setup: [...TRADING, ordered(1, 1), copied('consumer')],
    steps: [fromCopy('consumer'), delivered(2)],
    restored: 'consumer',
  },
  {
    name: 'lost',
    setup: [...TRADING, ordered(1, 1), copied('consumer'), delivered(2)],
    steps: [fromCopy('consumer'), over],
    restored: 'consumer',
  },
];
