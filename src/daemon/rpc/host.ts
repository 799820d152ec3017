import type { Chain } from '../../chain/port.ts';
import type { Node } from '../../node/node.ts';
import type { MethodName, MethodParams, MethodResult } from '../../rpc/methods.ts';
import type { Store } from '../../store/port.ts';
import type { EventLog } from './eventLog.ts';
import type { OnceByRight } from './onceByRight.ts';
import type { SeedDesk } from './seedDesk.ts';
import type { StatusBoard } from './statusBoard.ts';
import type { TraderTotals } from './traderTotals.ts';
import type { UnitIndex } from './unitIndex.ts';
import type { UtilityUnits } from './utilityUnits.ts';

/** What the methods are given to answer with. */
export interface RpcHost {
  readonly node: Node;
  readonly store: Store;
  readonly chain: Chain;
  readonly version: string;
  /** Where peers reach this node. */
  readonly addresses: readonly string[];
  readonly events: EventLog;
  readonly units: UnitIndex;
  readonly traderTotals: TraderTotals;
  readonly utilityUnits: UtilityUnits;
  readonly status: StatusBoard;
  readonly once: OnceByRight;
  /** Shows the seed; absent where there is no file of one. */
  readonly seed?: SeedDesk;
  /** Begins to stop the daemon; absent where it cannot be stopped from here. */
  readonly stop?: () => void;
}

/** Methods of a connection, which no host can answer. */
export type ConnectionMethod = 'authenticate' | 'subscribe' | 'watchStatus' | 'unsubscribe';

export type Handler<M extends MethodName> = (
  host: RpcHost,
  params: MethodParams<M>,
) => MethodResult<M> | Promise<MethodResult<M>>;

/** A function for each of these methods. */
export type Handlers<M extends MethodName> = { readonly [N in M]: Handler<N> };
