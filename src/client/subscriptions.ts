import type { RpcEvent } from '../rpc/shapes/event.ts';
import type { NodeStatus } from '../rpc/shapes/status.ts';
import type { RpcConnection } from './connection.ts';
import { RpcConnectionError, RpcError } from './errors.ts';
import { EventFeed, type Feed, StatusFeed } from './feed.ts';
import type { LinkListener } from './link.ts';

/** All subscriptions of a client: begun on each new connection where the one before ended. */
export class Subscriptions implements LinkListener {
  readonly #feeds = new Set<Feed<unknown>>();
  readonly #timeoutMs: number;
  readonly #onLink: (up: boolean) => void;
  #connection: RpcConnection | undefined;
  #ended: Error | undefined;

  constructor(timeoutMs: number, onLink: (up: boolean) => void) {
    this.#timeoutMs = timeoutMs;
    this.#onLink = onLink;
  }

  /** See `RpcClient.subscribe`. */
  events(from: number | undefined, signal: AbortSignal | undefined): AsyncGenerator<RpcEvent, void> {
    return this.#read(new EventFeed(from), signal);
  }

  /** See `RpcClient.watchStatus`. */
  status(signal: AbortSignal | undefined): AsyncGenerator<NodeStatus, void> {
    return this.#read(new StatusFeed(), signal);
  }

  async *#read<T>(feed: Feed<T>, signal: AbortSignal | undefined): AsyncGenerator<T, void> {
    const finish = () => feed.finish();
    signal?.addEventListener('abort', finish);
    if (signal?.aborted) feed.finish();
    this.#feeds.add(feed);
    if (this.#ended !== undefined) end(feed, this.#ended);
    else this.#begin(feed);
    try {
      for (let found = await feed.take(); found !== undefined; found = await feed.take()) {
        if (feed.id === undefined) this.#begin(feed);
        for (const each of found) {
          if (signal?.aborted) return;
          yield each;
        }
      }
    } finally {
      signal?.removeEventListener('abort', finish);
      this.#feeds.delete(feed);
      feed.finish();
      this.#stop(feed);
    }
  }

  connected(connection: RpcConnection): void {
    this.#connection = connection;
    for (const feed of this.#feeds) this.#begin(feed);
    this.#onLink(true);
  }

  disconnected(): void {
    this.#connection = undefined;
    for (const feed of this.#feeds) feed.id = undefined;
    this.#onLink(false);
  }

  notified(method: string, params: unknown): void {
    const { subscription } = params as { readonly subscription: number };
    const feed = [...this.#feeds].find(({ id }) => id === subscription);
    if (feed === undefined) return;
    feed.notified(method, params as object);
    if (feed.full) this.#stop(feed);
    else if (feed.id === undefined) this.#begin(feed);
  }

  ended(error: Error): void {
    this.#ended = error;
    for (const feed of this.#feeds) end(feed, error);
  }

  /** Asks the node for what the feed gives, unless that is under way. */
  #begin(feed: Feed<unknown>): void {
    const connection = this.#connection;
    if (connection === undefined || feed.over || feed.beginning === connection) return;
    feed.beginning = connection;
    connection
      .call(feed.method, feed.params, this.#timeoutMs, (result) => {
        feed.begun(result);
        if (feed.over) this.#stop(feed);
      })
      .catch((error: Error) => {
        if (error instanceof RpcError) feed.fail(error);
      })
      .finally(() => {
        if (feed.beginning === connection) feed.beginning = undefined;
      });
  }

  /** Tells the node to send no more of it. */
  #stop(feed: Feed<unknown>): void {
    const { id } = feed;
    feed.id = undefined;
    if (id !== undefined)
      this.#connection?.call('unsubscribe', { subscription: id }, this.#timeoutMs).catch(() => {});
  }
}

function end(feed: Feed<unknown>, error: Error): void {
  if (error instanceof RpcConnectionError && error.code === 'closed') feed.finish();
  else feed.fail(error);
}
