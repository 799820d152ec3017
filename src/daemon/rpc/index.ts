import { unlink } from 'node:fs/promises';
import { join } from 'node:path';
import type { Chain } from '../../chain/port.ts';
import type { Node } from '../../node/node.ts';
import type { Store } from '../../store/port.ts';
import { addressText } from '../config/values.ts';
import { writeDurably } from '../files.ts';
import { eventsOf } from './eventLog.ts';
import { OnceByRight } from './onceByRight.ts';
import { type OpenSeed, SeedDesk } from './seedDesk.ts';
import { type RpcServer, type RpcServerOptions, startRpcServer } from './server.ts';
import { StatusBoard } from './statusBoard.ts';
import { openTokens } from './tokens.ts';
import { TraderTotals } from './traderTotals.ts';
import { UnitIndex } from './unitIndex.ts';
import { UtilityUnits } from './utilityUnits.ts';

export type { Page } from './http.ts';
export type { RpcServer } from './server.ts';

export interface RpcOptions extends Omit<RpcServerOptions, 'host' | 'tokens'> {
  readonly node: Node;
  readonly store: Store;
  readonly chain: Chain;
  /** Where the token files are. */
  readonly dataDir: string;
  readonly version: string;
  /** Where peers reach this node. */
  readonly addresses: readonly string[];
  /** Opens the seed file; without it the method `showSeed` is refused. */
  readonly openSeed?: OpenSeed;
  /** Begins to stop the daemon; without it the method `stop` is refused. */
  readonly stop?: () => void;
}

/** Where a data directory says at which URL its node is called, while it is served. */
export function urlPath(dataDir: string): string {
  return join(dataDir, 'rpc.url');
}

/**
 * Serves a node. Rejects with `StartRefused` for a bad token file, with `StoreError`, and with what `listen` failed with.
 * Close it before the node and its store.
 */
export async function startRpc({
  node,
  store,
  chain,
  dataDir,
  version,
  addresses,
  openSeed,
  stop,
  ...rest
}: RpcOptions): Promise<RpcServer> {
  const tokens = await openTokens(dataDir);
  const once = await OnceByRight.open(store);
  const events = eventsOf(node, store);
  const log = rest.log ?? (() => {});
  const failed = (error: unknown) => log('getTotals', error);
  const traderTotals = await TraderTotals.open(events, store, failed).catch((error: unknown) => {
    events.stop();
    throw error;
  });
  const stopReading = () => {
    traderTotals.stop();
    events.stop();
  };
  const parts = {
    ...{ node, store, chain, version, addresses, events, once, traderTotals },
    units: new UnitIndex(events),
    ...(openSeed === undefined ? {} : { seed: new SeedDesk(openSeed) }),
    utilityUnits: new UtilityUnits(store),
    status: new StatusBoard({ node, chain, events, failed: (error) => log('watchStatus', error) }),
  };
  try {
    const server = await startRpcServer({
      host: { ...parts, ...(stop === undefined ? {} : { stop }) },
      tokens,
      ...rest,
    });
    const path = urlPath(dataDir);
    await writeDurably(path, `ws://${addressText(server.address)}/\n`, { replace: true });
    return {
      address: server.address,
      close: async () => {
        await unlink(path).catch(() => {});
        stopReading();
        await server.close();
      },
    };
  } catch (error) {
    stopReading();
    throw error;
  }
}
