import { RpcConnection } from './connection.ts';
import { RpcConnectionError, RpcError } from './errors.ts';
import type { OpenSocket } from './socket.ts';

export interface LinkOptions {
  readonly url: string;
  readonly token: string;
  readonly open: OpenSocket;
  readonly timeoutMs: number;
  readonly retryMs: number;
}

/** Who hears of a link. */
export interface LinkListener {
  /** There is a new connection, and the token was taken. */
  connected(connection: RpcConnection): void;
  disconnected(): void;
  notified(method: string, params: unknown): void;
  /** There will be no other connection. */
  ended(error: Error): void;
}

/** The pause before another try grows up to so many times the first. */
const MOST_RETRY = 100;

/** A connection that is made again when it is lost, for as long as the token is good. */
export class RpcLink {
  readonly #options: LinkOptions;
  readonly #listener: LinkListener;
  readonly #waiting = new Set<() => void>();
  #current: RpcConnection | undefined;
  #dialling: RpcConnection | undefined;
  #failure: Error | undefined;
  #cancelPause: () => void = () => {};

  constructor(options: LinkOptions, listener: LinkListener) {
    this.#options = options;
    this.#listener = listener;
  }

  get current(): RpcConnection | undefined {
    return this.#current;
  }

  /** The first connection; rejects when there is none, and does not try again. */
  async start(): Promise<void> {
    try {
      const connection = await this.#dial();
      void this.#keep(connection);
    } catch (error) {
      this.close(error as Error);
      throw error;
    }
  }

  /** A connection, as soon as there is one. Rejects with `timeout`, or with what ended the link. */
  async connection(timeoutMs: number): Promise<RpcConnection> {
    let late = false;
    const timer = setTimeout(() => {
      late = true;
      this.#wake();
    }, timeoutMs);
    try {
      for (;;) {
        if (this.#failure !== undefined) throw this.#failure;
        if (this.#current !== undefined) return this.#current;
        if (late) throw new RpcConnectionError('timeout', `${this.#options.url}: no connection in time`);
        await new Promise<void>((resolve) => this.#waiting.add(resolve));
      }
    } finally {
      clearTimeout(timer);
    }
  }

  close(error: Error): void {
    if (this.#failure !== undefined) return;
    this.#failure = error;
    const over =
      error instanceof RpcConnectionError ? error : new RpcConnectionError('closed', error.message);
    this.#current?.close(over);
    this.#dialling?.close(over);
    this.#cancelPause();
    this.#wake();
    this.#listener.ended(error);
  }

  async #keep(first: RpcConnection): Promise<void> {
    let connection: RpcConnection | undefined = first;
    let pauseMs = this.#options.retryMs;
    while (this.#failure === undefined) {
      if (connection === undefined) {
        await this.#pause(pauseMs);
        pauseMs = Math.min(2 * pauseMs, MOST_RETRY * this.#options.retryMs);
        connection = await this.#dial().catch((error) => this.#refused(error));
        continue;
      }
      pauseMs = this.#options.retryMs;
      this.#current = connection;
      this.#listener.connected(connection);
      this.#wake();
      await connection.ended;
      this.#current = undefined;
      this.#listener.disconnected();
      connection = undefined;
    }
  }

  /** A token that is not taken any more is not tried again. */
  #refused(error: unknown): undefined {
    if (error instanceof RpcError && error.error === 'unauthenticated') this.close(error);
    return undefined;
  }

  async #dial(): Promise<RpcConnection> {
    const { url, token, open, timeoutMs } = this.#options;
    if (this.#failure !== undefined) throw this.#failure;
    const connection = new RpcConnection(url, open, (method, params) =>
      this.#listener.notified(method, params),
    );
    this.#dialling = connection;
    const late = new RpcConnectionError('unreachable', `${url}: no connection within ${timeoutMs} ms`);
    const timer = setTimeout(() => connection.close(late), timeoutMs);
    try {
      await connection.opened;
      await connection.call('authenticate', { token }, timeoutMs);
      return connection;
    } catch (error) {
      connection.close(late);
      throw error;
    } finally {
      clearTimeout(timer);
      this.#dialling = undefined;
    }
  }

  /** Not all clients of a node that comes back shall come at once. */
  #pause(ms: number): Promise<void> {
    return new Promise((resolve) => {
      const timer = setTimeout(resolve, ms * (0.5 + Math.random() / 2));
      this.#cancelPause = () => {
        clearTimeout(timer);
        resolve();
      };
    });
  }

  #wake(): void {
    for (const wake of this.#waiting) wake();
    this.#waiting.clear();
  }
}
