import type { z } from 'zod';
import type { Node } from '../../node/node.ts';
import type { NOTIFICATIONS } from '../../rpc/methods/events.ts';
import type { RpcEvent } from '../../rpc/shapes/event.ts';
import type { EventLog } from './eventLog.ts';
import { idsOf, sentOf } from './methods/events.ts';

type EndReason = z.output<(typeof NOTIFICATIONS)['subscriptionEnded']>['reason'];

/** What a subscription is given. */
export interface SubscriptionOptions {
  readonly id: number;
  /** The first event to send. */
  readonly next: number;
  readonly log: EventLog;
  readonly node: Pick<Node, 'channels'>;
  /** See `RpcLimits`. */
  readonly slowEvents: number;
  /** Sends a text; resolves when it is out of this process, rejects when it never will be. */
  readonly send: (text: string) => Promise<void>;
  /** It is over, for a reason that its reader was told. */
  readonly ended: () => void;
}

/** Events that are read and sent at once: no more of them wait in memory for one reader. */
const PAGE = 256;

/** Sends events in their order, each once, as fast as the reader takes them and no faster. */
export class EventSubscription {
  readonly #options: SubscriptionOptions;
  readonly #stopListening: () => void;
  #next: number;
  #stopped = false;
  #wake: (() => void) | undefined;
  /** While the reader takes nothing: how many events there were when that began. */
  #blockedSince: number | undefined;

  constructor(options: SubscriptionOptions) {
    this.#options = options;
    this.#next = options.next;
    this.#stopListening = options.log.onGrowth(() => this.#grown());
  }

  /** Sends until {@link stop}. Rejects when the events cannot be read. */
  async run(): Promise<void> {
    const { log, node } = this.#options;
    try {
      while (!this.#stopped) {
        const woken = new Promise<void>((resolve) => {
          this.#wake = resolve;
        });
        const events = await log.events(this.#next, PAGE);
        const [first] = events;
        if (first === undefined) {
          await woken;
          continue;
        }
        if (first.seq !== this.#next) return this.#end('pruned');
        const ids = idsOf(node);
        await this.#sendAll(
          events.flatMap((each) => sentOf(each, ids) ?? []),
          first.seq + events.length,
        );
      }
    } catch (error) {
      if (this.#stopped) return;
      this.#end('failed');
      throw error;
    } finally {
      this.#stopListening();
    }
  }

  stop(): void {
    this.#stopped = true;
    this.#stopListening();
    this.#wake?.();
  }

  async #sendAll(events: readonly RpcEvent[], next: number): Promise<void> {
    this.#blockedSince = await this.#options.log.last();
    let sent: Promise<void> = Promise.resolve();
    for (const event of events) {
      if (this.#stopped) return;
      sent = this.#send('event', { event });
      sent.catch(() => {}); // the last one says it
    }
    this.#next = next;
    await sent;
    this.#blockedSince = undefined;
  }

  #send(method: string, params: object): Promise<void> {
    const { id, send } = this.#options;
    return send(JSON.stringify({ jsonrpc: '2.0', method, params: { subscription: id, ...params } }));
  }

  #grown(): void {
    this.#wake?.();
    if (this.#blockedSince === undefined || this.#stopped) return;
    void this.#options.log.last().then(
      (last) => {
        const since = this.#blockedSince;
        if (since !== undefined && last - since > this.#options.slowEvents) this.#end('tooSlow');
      },
      () => {},
    );
  }

  #end(reason: EndReason): void {
    if (this.#stopped) return;
    this.stop();
    this.#send('subscriptionEnded', { reason, next: this.#next }).catch(() => {});
    this.#options.ended();
  }
}
