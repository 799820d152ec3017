import type { IncomingMessage } from 'node:http';
import type { Duplex } from 'node:stream';
import { type WebSocket, WebSocketServer } from 'ws';
import { checkedParams } from '../src/daemon/rpc/dispatch.ts';
import { type Called, respond } from '../src/daemon/rpc/envelope.ts';
import { failure, isOurs } from '../src/daemon/rpc/failure.ts';
import { DEFAULT_LIMITS } from '../src/daemon/rpc/limits.ts';
import { LAB_METHODS, type LabMethodName, type LabParams, type LabResult, type Stage } from './schema.ts';

/** A function for every method but `watch`, which belongs to a connection. */
export type LabActions = {
  readonly [M in Exclude<LabMethodName, 'watch'>]: (params: LabParams<M>) => Promise<LabResult<M>>;
};

export interface LabServerOptions {
  readonly actions: LabActions;
  readonly stage: () => Stage;
  /** Hears of calls that ended because of us. */
  readonly log: (method: string, error: unknown) => void;
}

const LIMITS = { ...DEFAULT_LIMITS, messageBytes: 64 * 1024 };
const MOST_CONNECTIONS = 32;
const MOST_CALLS = 16;
const NOTIFY_EVERY_MS = 100;
const CLOSE_NOT_TEXT = 1003;
const CLOSE_TRY_LATER = 1013;

/** Answers JSON-RPC on WebSockets that the page's server has let in. */
export class LabServer {
  readonly #options: LabServerOptions;
  readonly #sockets = new WebSocketServer({ noServer: true, maxPayload: LIMITS.messageBytes });
  readonly #watchers = new Map<WebSocket, string>();
  #timer: ReturnType<typeof setTimeout> | undefined;

  constructor(options: LabServerOptions) {
    this.#options = options;
  }

  take(request: IncomingMessage, stream: Duplex, head: Buffer): void {
    this.#sockets.handleUpgrade(request, stream, head, (socket) => {
      if (this.#sockets.clients.size > MOST_CONNECTIONS) return socket.close(CLOSE_TRY_LATER);
      let inFlight = 0;
      socket.on('error', () => socket.terminate());
      socket.on('close', () => this.#watchers.delete(socket));
      socket.on('message', (data, isBinary) => {
        if (isBinary) return socket.close(CLOSE_NOT_TEXT);
        inFlight += 1;
        const isFull = inFlight > MOST_CALLS;
        void this.#answer(socket, String(data), isFull).finally(() => {
          inFlight -= 1;
        });
      });
    });
  }

  /** The stage may have changed: whoever watches is told soon. */
  changed(): void {
    if (this.#watchers.size === 0) return;
    this.#timer ??= setTimeout(() => {
      this.#timer = undefined;
      this.#notify();
    }, NOTIFY_EVERY_MS);
  }

  close(): void {
    clearTimeout(this.#timer);
    for (const socket of this.#sockets.clients) socket.terminate();
  }

  async #answer(socket: WebSocket, text: string, isFull: boolean): Promise<void> {
    const answer = await respond(
      text,
      (method, params) => {
        if (isFull) throw failure('tooManyRequests', { limit: 'callsInFlight', most: MOST_CALLS });
        return this.#call(socket, method, params);
      },
      LIMITS,
    );
    if (answer.text !== undefined) socket.send(answer.text);
    for (const after of answer.after) after();
  }

  async #call(socket: WebSocket, method: string, params: unknown): Promise<Called> {
    if (!isLabMethod(method)) throw failure('methodNotFound', {});
    const checked = checkedParams(LAB_METHODS[method], params);
    if (method === 'watch') return { result: {}, after: () => this.#watch(socket) };
    const action = this.#options.actions[method] as (params: unknown) => Promise<unknown>;
    try {
      const result = await action(checked);
      // whoever asked knows what became of it before the answer
      this.#notify();
      return { result };
    } catch (error) {
      if (isOurs(error)) this.#options.log(method, error);
      throw error;
    }
  }

  #watch(socket: WebSocket): void {
    if (socket.readyState !== socket.OPEN) return;
    this.#watchers.set(socket, '');
    this.#notify();
  }

  /** Each watcher that has taken the last stage, and has not seen this one. */
  #notify(): void {
    const params = { stage: this.#options.stage() };
    const text = JSON.stringify({ jsonrpc: '2.0', method: 'stage', params });
    for (const [socket, sent] of this.#watchers) {
      if (sent === text) continue;
      if (socket.bufferedAmount > 0) {
        this.changed();
        continue;
      }
      this.#watchers.set(socket, text);
      socket.send(text);
    }
  }
}

function isLabMethod(name: string): name is LabMethodName {
  return Object.hasOwn(LAB_METHODS, name);
}
