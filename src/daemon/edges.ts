import { join } from 'node:path';
import type { Chain } from '../chain/port.ts';
import type { Clock } from '../node/clock.ts';
import type { NodeOptions } from '../node/options.ts';
import type { Store } from '../store/port.ts';

export type TransportFactory = NodeOptions['transport'];

/**
 * What a test may put around, or in the place of, what a daemon opens: each is given the way to open the real one.
 */
export interface Adapters {
  readonly store?: (open: () => Promise<Store>) => Promise<Store>;
  readonly chain?: (open: () => Promise<Chain>) => Promise<Chain>;
  readonly transport?: (real: TransportFactory) => TransportFactory;
  readonly clock?: Clock;
}

/** Where a data directory keeps its channels. */
export function storePath(dataDir: string): string {
  return join(dataDir, 'wattlane.db');
}
