import type { NodeEvent } from '../../node/journal.ts';
import type { Node } from '../../node/node.ts';
import type { Store } from '../../store/port.ts';

/** The events of a node, in the one order in which they were stored. */
export interface EventLog {
  /** Events from number `from` on, or from the oldest that is kept; at most `limit`. */
  events(from: number, limit: number): Promise<readonly NodeEvent[]>;
  /** The number of the newest event, 0 when there was none. */
  last(): Promise<number>;
  /** Calls `listener` soon after there are more events. Returns the way to stop. */
  onGrowth(listener: () => void): () => void;
}

/** The number of the oldest event that is kept; one more than the newest where there is none. */
export async function oldestOf(log: EventLog): Promise<number> {
  const [oldest] = await log.events(1, 1);
  return oldest?.seq ?? (await log.last()) + 1;
}

/** The events of a node, and the way to stop hearing of new ones. */
export function eventsOf(
  node: Pick<Node, 'events' | 'onEvent'>,
  store: Pick<Store, 'lastEvent'>,
): EventLog & { stop(): void } {
  const listeners = new Set<() => void>();
  const stop = node.onEvent(() => {
    for (const listener of [...listeners]) listener();
  });
  return {
    events: (from, limit) => node.events(from, limit),
    last: () => store.lastEvent(),
    onGrowth: (listener) => {
      listeners.add(listener);
      return () => {
        listeners.delete(listener);
      };
    },
    stop,
  };
}
