import type { MethodResult } from '../rpc/methods.ts';
import type { RpcEvent } from '../rpc/shapes/event.ts';
import type { RpcConnection } from './connection.ts';
import { RpcConnectionError, RpcError } from './errors.ts';
import { EventFeed } from './feed.ts';
import type { LinkListener } from './link.ts';

/** All subscriptions of a client: begun on each new connection where the one before ended. */
export class Subscriptions implements LinkListener {
  readonly #feeds = new Set<EventFeed>();
  readonly #timeoutMs: number;
  readonly #onLink: (up: boolean) => void;
  #connection: RpcConnection | undefined;
  #ended: Error | undefined;

  constructor(timeoutMs: number, onLink: (up: boolean) => void) {
    this.#timeoutMs = timeoutMs;
    this.#onLink = onLink;
  }

  /** See `RpcClient.subscribe`. */
  async *read(from: number | undefined, signal: AbortSignal | undefined): AsyncGenerator<RpcEvent, void> {
    const feed = new EventFeed(from);
    const finish = () => feed.finish();
    signal?.addEventListener('abort', finish);
    if (signal?.aborted) feed.finish();
    this.#feeds.add(feed);
    if (this.#ended !== undefined) end(feed, this.#ended);
    else this.#begin(feed);
    try {
      for (let events = await feed.take(); events !== undefined; events = await feed.take()) {
        if (feed.id === undefined) this.#begin(feed);
        for (const event of events) {
          if (signal?.aborted) return;
          yield event;
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
    const { subscription, event } = params as { readonly subscription: number; readonly event: RpcEvent };
    const feed = [...this.#feeds].find(({ id }) => id === subscription);
    if (feed === undefined) return;
    if (method === 'event') {
      feed.push(event);
      if (feed.full) this.#stop(feed);
    } else if (method === 'subscriptionEnded') {
      feed.id = undefined;
      if (!feed.full) this.#begin(feed);
    }
  }

  ended(error: Error): void {
    this.#ended = error;
    for (const feed of this.#feeds) end(feed, error);
  }

  /** Asks for the feed's events, unless that is under way. */
  #begin(feed: EventFeed): void {
    const connection = this.#connection;
    if (connection === undefined || feed.over || feed.beginning === connection) return;
    feed.beginning = connection;
    const params = feed.position === undefined ? {} : { from: feed.position };
    connection
      .call('subscribe', params, this.#timeoutMs, (result) => {
        const { subscription, next } = result as MethodResult<'subscribe'>;
        feed.id = subscription;
        feed.position ??= next;
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
  #stop(feed: EventFeed): void {
    const { id } = feed;
    feed.id = undefined;
    if (id !== undefined)
      this.#connection?.call('unsubscribe', { subscription: id }, this.#timeoutMs).catch(() => {});
  }
}

function end(feed: EventFeed, error: Error): void {
  if (error instanceof RpcConnectionError && error.code === 'closed') feed.finish();
  else feed.fail(error);
}
