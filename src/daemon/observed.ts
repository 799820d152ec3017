import { readUintBE, toHex } from '../base/bytes.ts';
import type { ChannelWrite, Store } from '../store/port.ts';
import { StoreError } from '../store/port.ts';
import type { Connection, Transport } from '../transport/port.ts';
import type { Log } from './log.ts';
import type { Metrics } from './metrics/metrics.ts';

/** What became of the last write. */
export interface StoreHealth {
  /** The code of the last write's failure, `undefined` when it went well. */
  readonly failure: string | undefined;
}

/** The same store, with its commits counted, timed and, when they fail, logged. */
export function observedStore(
  store: Store,
  log: Log,
  metrics: Metrics,
): { readonly store: Store; readonly health: StoreHealth } {
  const pending = new PendingActions();
  const traced = log.isLevelEnabled('trace');
  let failure: string | undefined;
  const written = async (write: Promise<void>): Promise<void> => {
    try {
      await write;
    } catch (error) {
      failure = error instanceof StoreError ? error.code : 'unknown';
      throw error;
    }
    failure = undefined;
  };
  const commit = async (key: string, write: ChannelWrite): Promise<void> => {
    const begun = process.hrtime.bigint();
    try {
      await written(store.commit(key, write));
    } catch (error) {
      metrics.storeCommitted(0, 'failed');
      throw error;
    }
    pending.written(key, write);
    metrics.pendingActions(pending.count);
    metrics.storeCommitted(Number(process.hrtime.bigint() - begun) / 1e9, 'ok');
    if (traced)
      log.trace({ channel: key, actions: write.actions?.length, events: write.events?.length }, 'stored');
  };
  const observed: Store = {
    channels: async () => {
      const channels = await store.channels();
      for (const { key, pending: actions } of channels)
        pending.found(
          key,
          actions.map(({ id }) => id),
        );
      metrics.pendingActions(pending.count);
      return channels;
    },
    channel: (key) => store.channel(key),
    commit,
    records: (key, from, limit) => store.records(key, from, limit),
    recordsAbout: (key, about) => store.recordsAbout(key, about),
    appendEvents: (events) => written(store.appendEvents(events)),
    events: (from, limit) => store.events(from, limit),
    lastEvent: () => store.lastEvent(),
    forget: (key) => written(store.forget(key)),
    dropEvents: (below) => written(store.dropEvents(below)),
    value: (name) => store.value(name),
    setValue: (name, value) => written(store.setValue(name, value)),
    close: () => store.close(),
  };
  return {
    store: observed,
    health: {
      get failure() {
        return failure;
      },
    },
  };
}

/** Ids of actions that are not done, by channel. */
class PendingActions {
  readonly #byKey = new Map<string, Set<number>>();
  #count = 0;

  get count(): number {
    return this.#count;
  }

  found(key: string, ids: readonly number[]): void {
    this.#count += ids.length - (this.#byKey.get(key)?.size ?? 0);
    this.#byKey.set(key, new Set(ids));
  }

  written(key: string, { actions = [], done = [] }: ChannelWrite): void {
    const ids = this.#byKey.get(key) ?? new Set<number>();
    const before = ids.size;
    for (const { id } of actions) ids.add(id);
    for (const id of done) ids.delete(id);
    this.#byKey.set(key, ids);
    this.#count += ids.size - before;
  }
}

/** The same transport, with its connections counted and logged; of messages type and length alone, never what they say. */
export function observedTransport(transport: Transport, log: Log, metrics: Metrics): Transport {
  const traced = log.isLevelEnabled('trace');
  const observe = (connection: Connection): Connection => {
    const peer = toHex(connection.peer);
    metrics.peers(1);
    log.debug({ peer }, 'peer connected');
    connection.onClose((reason) => {
      metrics.peers(-1);
      log.debug({ peer, reason }, 'peer disconnected');
    });
    return {
      peer: connection.peer,
      send: (message) => {
        if (traced) log.trace({ peer, ...outline(message) }, 'sent');
        connection.send(message);
      },
      onMessage: (listener) =>
        connection.onMessage((message) => {
          if (traced) log.trace({ peer, ...outline(message) }, 'received');
          return listener(message);
        }),
      onClose: (listener) => connection.onClose(listener),
      close: (reason) => connection.close(reason),
    };
  };
  return {
    nodeId: transport.nodeId,
    connect: async (peer, address) => observe(await transport.connect(peer, address)),
    listen: (onConnection) => transport.listen((connection) => onConnection(observe(connection))),
    close: () => transport.close(),
  };
}

function outline(message: Uint8Array): { readonly type: number; readonly bytes: number } {
  return { type: Number(readUintBE(message.subarray(0, 2))), bytes: message.length };
}
