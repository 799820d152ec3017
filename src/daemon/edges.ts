import { join } from 'node:path';
import type { Chain } from '../chain/port.ts';
import type { Clock } from '../node/clock.ts';
import type { NodeOptions } from '../node/options.ts';
import { memoryStore } from '../store/memory.ts';
import type { Store } from '../store/port.ts';
import { memoryNetwork } from '../transport/memory.ts';
import type { Config } from './config/schema.ts';

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

/** The store of the data directory. */
export async function openStore(_config: Config): Promise<Store> {
  return memoryStore();
}

/** Connections with peers, listening where the settings say. */
export function transportOf(_config: Config): TransportFactory {
  const network = memoryNetwork();
  return (nodeId) => network.join(nodeId);
}
