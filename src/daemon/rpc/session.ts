import type { Duplex } from 'node:stream';
import type { WebSocket } from 'ws';
import type { Right } from '../../rpc/method.ts';
import { type Caller, dispatch } from './dispatch.ts';
import { type Called, respond } from './envelope.ts';
import { failure } from './failure.ts';
import { startOf } from './methods/events.ts';
import type { ServerParts } from './parts.ts';
import { StatusSubscription } from './statusSubscription.ts';
import { EventSubscription } from './subscription.ts';

const CLOSE_GOING_AWAY = 1001;
const CLOSE_NOT_TEXT = 1003;
const CLOSE_POLICY = 1008;
const CLOSE_TOO_BIG = 1009;

/** One WebSocket: its right, its calls, its subscriptions. */
export class SocketSession implements Caller {
  readonly #parts: ServerParts;
  readonly #socket: WebSocket;
  readonly #subscriptions = new Map<number, { stop(): void }>();
  readonly #cancelPatience: () => void;
  #right: Right;
  #inFlight = 0;
  #nextSubscription = 1;
  #closed = false;

  /** `line` is what carries the socket. */
  constructor(parts: ServerParts, socket: WebSocket, right: Right, line: Duplex) {
    this.#parts = parts;
    this.#socket = socket;
    this.#right = right;
    const timer = setTimeout(() => {
      if (this.#right === 'none') socket.close(CLOSE_POLICY, 'unauthenticated');
    }, parts.limits.unauthenticatedMs);
    this.#cancelPatience = () => clearTimeout(timer);
    if (right === 'none') this.#limit(line);
    socket.on('message', (data, isBinary) => this.#message(data as Buffer, isBinary));
    socket.on('close', () => this.#over());
    socket.on('error', () => socket.terminate());
  }

  get right(): Right {
    return this.#right;
  }

  authenticate(token: string): Exclude<Right, 'none'> | undefined {
    const right = this.#parts.tokens.rightOf(token);
    if (right !== undefined) this.#right = right;
    return right;
  }

  async subscribe(from: number | undefined): Promise<Called> {
    const { limits, host, log } = this.#parts;
    const next = await startOf(host.events, from);
    const id = this.#newSubscription();
    const subscription = new EventSubscription({
      id,
      next,
      log: host.events,
      node: host.node,
      slowEvents: limits.slowEvents,
      send: (text) => this.#send(text),
      ended: () => this.#subscriptions.delete(id),
    });
    this.#subscriptions.set(id, subscription);
    const after = () => void subscription.run().catch((error: unknown) => log('subscribe', error));
    return { result: { subscription: id, next }, after };
  }

  watchStatus(): Called {
    const id = this.#newSubscription();
    const subscription = new StatusSubscription({
      id,
      board: this.#parts.host.status,
      send: (text) => this.#send(text),
    });
    this.#subscriptions.set(id, subscription);
    return { result: { subscription: id }, after: () => void subscription.run() };
  }

  #newSubscription(): number {
    const most = this.#parts.limits.subscriptions;
    if (this.#closed || this.#subscriptions.size >= most)
      throw failure('tooManyRequests', { limit: 'subscriptions', most });
    return this.#nextSubscription++;
  }

  unsubscribe(id: number): boolean {
    this.#subscriptions.get(id)?.stop();
    return this.#subscriptions.delete(id);
  }

  close(): void {
    this.#socket.close(CLOSE_GOING_AWAY, 'stopping');
  }

  /** Counts what comes before a token: parts of a message are kept until it is whole. */
  #limit(line: Duplex): void {
    let bytes = 0;
    const count = ({ length }: Buffer) => {
      bytes += length;
      if (this.#right !== 'none') line.off('data', count);
      else if (bytes > this.#parts.limits.unauthenticatedTotalBytes) this.#socket.terminate();
    };
    line.on('data', count);
  }

  #message(data: Buffer, isBinary: boolean): void {
    if (this.#socket.readyState !== this.#socket.OPEN) return;
    const { unauthenticatedBytes } = this.#parts.limits;
    if (isBinary) this.#socket.close(CLOSE_NOT_TEXT, 'text only');
    else if (this.#right === 'none' && data.length > unauthenticatedBytes)
      this.#socket.close(CLOSE_TOO_BIG, 'authenticate first');
    else void this.#parts.track(this.#answer(data.toString('utf8')));
  }

  async #answer(text: string): Promise<void> {
    const { limits, host } = this.#parts;
    const isFull = this.#inFlight >= limits.callsInFlight;
    const before = this.#right;
    this.#inFlight++;
    try {
      const answer = await respond(
        text,
        (method, params) => {
          if (isFull)
            throw failure('tooManyRequests', { limit: 'callsInFlight', most: limits.callsInFlight });
          return this.#parts.call(() => dispatch(host, this, method, params), method);
        },
        limits,
      );
      if (answer.text !== undefined) this.#send(answer.text).catch(() => {});
      for (const after of answer.after) after();
    } finally {
      this.#inFlight--;
    }
    // a wrong token is not tried twice on one connection
    if (before === 'none' && this.#right === 'none') this.#socket.close(CLOSE_POLICY, 'unauthenticated');
  }

  #send(text: string): Promise<void> {
    const { bufferedBytes } = this.#parts.limits;
    if (this.#socket.bufferedAmount > bufferedBytes) this.#socket.terminate();
    return new Promise((resolve, reject) => {
      this.#socket.send(text, (error) => (error ? reject(error) : resolve()));
    });
  }

  #over(): void {
    this.#closed = true;
    this.#cancelPatience();
    for (const subscription of this.#subscriptions.values()) subscription.stop();
    this.#subscriptions.clear();
  }
}
