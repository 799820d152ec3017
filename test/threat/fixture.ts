import type { Msat, Sat } from '../../src/base/amount.ts';
import type { PerRole } from '../../src/base/role.ts';
import type { ChannelParams } from '../../src/tx/contract.ts';

/** What the utility's key counts for in the funding output (protocol section 2). */
export type Mode = ChannelParams['arbitration']['type'];
export const MODES: readonly Mode[] = ['immediate', 'afterHeight'];

/** Coins of each wallet before anything, satoshi. */
export const FIRST_COINS = 1_000_000n;
export const CONTRIBUTIONS: PerRole<Sat> = {
  consumer: 500_000n as Sat,
  producer: 100_000n as Sat,
  utility: 20_000n as Sat,
};
export const UNIT_WH = 10;
/** One unit costs 1,000 sat, of which 20 sat are the utility's. */
export const TARIFF = { msatPerWh: 100_000n, unitEnergyWh: UNIT_WH, units: 100 } as const;
export const PAYMENT = 1_000n;
export const GRID_FEE = 20n;
/** The seller's stake, all of its contribution, satoshi. */
export const BOND = CONTRIBUTIONS.producer;
/** Units that are paid for before any attack. */
export const TRADED_UNITS = 2;

export const WINDOW = 6;
export const DELAY = 6;
export const MARGIN = 3;
/** Blocks from the first block of a channel's story to its settlement height T. */
export const T_AFTER = 26;

export function paramsOf(
  mode: Mode,
  settlementHeight: number,
): Partial<Omit<ChannelParams, 'chainHash' | 'settlementHeight'>> {
  return {
    arbitration: mode === 'immediate' ? { type: mode } : { type: mode, height: settlementHeight },
    toSelfDelay: { consumer: DELAY, producer: DELAY },
    reserveMsat: { consumer: 1_000_000n as Msat, producer: 1_000_000n as Msat },
    deliveryWindow: WINDOW,
    resolutionMargin: MARGIN,
    minimumDepth: 1,
    contestWindow: 2,
  };
}
