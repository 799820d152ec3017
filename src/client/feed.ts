import type { MethodResult } from '../rpc/methods.ts';
import type { RpcEvent } from '../rpc/shapes/event.ts';
import type { NodeStatus } from '../rpc/shapes/status.ts';
import { Waiting } from './waiting.ts';

/** What a subscription gives, on its way to its reader over all the connections that it takes. */
export interface Feed<T> extends Waiting<readonly T[]> {
  /** The node's name of the subscription on the present connection. */
  id: number | undefined;
  /** The connection on which it is being asked for. */
  beginning: object | undefined;
  /** How it is asked for. */
  readonly method: 'subscribe' | 'watchStatus';
  readonly params: object;
  /** Whether nothing more is taken until its reader has read all. */
  readonly full: boolean;
  begun(result: unknown): void;
  /** What the node sends of it. */
  notified(method: string, params: object): void;
}

/** Events that may wait for their reader; the node is told to stop when there are more. */
const MOST_UNREAD = 4096;

/** The events of one subscription on their way to its reader, over all the connections that it takes. */
export class EventFeed extends Waiting<readonly RpcEvent[]> implements Feed<RpcEvent> {
  id: number | undefined;
  beginning: object | undefined;
  /** The next event wanted; `undefined` until the node has said what the first will be. */
  position: number | undefined;
  readonly method = 'subscribe';
  readonly #unread: RpcEvent[] = [];

  constructor(from: number | undefined) {
    super();
    this.position = from;
  }

  get params(): object {
    return this.position === undefined ? {} : { from: this.position };
  }

  begun({ subscription, next }: MethodResult<'subscribe'>): void {
    this.id = subscription;
    this.position ??= next;
  }

  notified(method: string, { event }: { readonly event?: RpcEvent }): void {
    if (method === 'event' && event !== undefined) this.push(event);
    else if (method === 'subscriptionEnded') this.id = undefined;
  }

  /** Whether the reader is so far behind that nothing more is taken until it has read all. */
  get full(): boolean {
    return this.#unread.length >= MOST_UNREAD;
  }

  /** Takes an event, unless it was seen before or there is no room. */
  push(event: RpcEvent): void {
    if (this.over || this.full || (this.position !== undefined && event.sequence < this.position)) return;
    this.position = event.sequence + 1;
    this.#unread.push(event);
    this.wake();
  }

  protected next(): readonly RpcEvent[] | undefined {
    return this.#unread.length === 0 ? undefined : this.#unread.splice(0);
  }
}

/** Of the states of a node the newest that its reader has not read. */
export class StatusFeed extends Waiting<readonly NodeStatus[]> implements Feed<NodeStatus> {
  id: number | undefined;
  beginning: object | undefined;
  readonly method = 'watchStatus';
  readonly params = {};
  readonly full = false;
  #unread: NodeStatus | undefined;

  begun({ subscription }: MethodResult<'watchStatus'>): void {
    this.id = subscription;
  }

  notified(method: string, { status }: { readonly status?: NodeStatus }): void {
    if (method !== 'status' || status === undefined) return;
    this.#unread = status;
    this.wake();
  }

  protected next(): readonly NodeStatus[] | undefined {
    const status = this.#unread;
    this.#unread = undefined;
    return status === undefined ? undefined : [status];
  }
}
