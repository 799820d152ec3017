import { RpcConnectionError, RpcError } from './errors.ts';
import type { OpenSocket, RpcSocket } from './socket.ts';

interface Waiting {
  resolve(result: unknown): void;
  reject(error: Error): void;
}

/** JSON-RPC 2.0 over one socket: answers by their id, notifications in their order. */
export class RpcConnection {
  /** Resolves when calls can be made; rejects with {@link RpcConnectionError} `unreachable`. */
  readonly opened: Promise<void>;
  /** Resolves when the connection is over, also when it never opened; every call has failed by then. */
  readonly ended: Promise<RpcConnectionError>;
  readonly #socket: RpcSocket;
  readonly #notified: (method: string, params: unknown) => void;
  readonly #waiting = new Map<number, Waiting>();
  #nextId = 1;
  #over: RpcConnectionError | undefined;
  #setEnded: (error: RpcConnectionError) => void = () => {};

  constructor(url: string, open: OpenSocket, notified: (method: string, params: unknown) => void) {
    this.#notified = notified;
    this.ended = new Promise((resolve) => {
      this.#setEnded = resolve;
    });
    let isOpen: () => void = () => {};
    const openedFirst = new Promise<undefined>((resolve) => {
      isOpen = () => resolve(undefined);
    });
    this.opened = Promise.race([openedFirst, this.ended]).then((error) => {
      if (error !== undefined) throw error;
    });
    this.opened.catch(() => {}); // heard by whoever waits for it
    let code: RpcConnectionError['code'] = 'unreachable';
    this.#socket = open(url, {
      opened: () => {
        code = 'lost';
        isOpen();
      },
      message: (text) => this.#message(text),
      closed: (reason) => this.#end(new RpcConnectionError(code, `${url}: ${reason}`)),
    });
  }

  /**
   * Rejects with {@link RpcError}, or {@link RpcConnectionError} when the connection ends or the time is over. `answered`
   * is called at once, before the next message is looked at.
   */
  call(
    method: string,
    params: unknown,
    timeoutMs: number,
    answered: (result: unknown) => void = () => {},
  ): Promise<unknown> {
    return new Promise((resolve, reject) => {
      if (this.#over !== undefined) return reject(this.#over);
      const id = this.#nextId++;
      const timer = setTimeout(() => {
        this.#waiting.delete(id);
        reject(new RpcConnectionError('timeout', `${method}: no answer within ${timeoutMs} ms`));
      }, timeoutMs);
      const settled = <T>(then: (value: T) => void) => {
        return (value: T) => {
          clearTimeout(timer);
          then(value);
        };
      };
      const heard = (result: unknown) => {
        answered(result);
        resolve(result);
      };
      this.#waiting.set(id, { resolve: settled(heard), reject: settled(reject) });
      this.#socket.send(JSON.stringify({ jsonrpc: '2.0', id, method, params }));
    });
  }

  close(error: RpcConnectionError): void {
    this.#end(error);
    this.#socket.close();
  }

  #end(error: RpcConnectionError): void {
    if (this.#over !== undefined) return;
    this.#over = error;
    for (const { reject } of this.#waiting.values()) reject(error);
    this.#waiting.clear();
    this.#setEnded(error);
  }

  #message(text: string): void {
    if (this.#over !== undefined) return;
    const message = parsed(text);
    if (message === undefined) this.close(new RpcConnectionError('badAnswer', 'this is no JSON-RPC server'));
    else if (typeof message.method === 'string') this.#notified(message.method, message.params);
    else this.#answered(message);
  }

  #answered({ id, error, result }: Readonly<Record<string, unknown>>): void {
    const waiting = typeof id === 'number' ? this.#waiting.get(id) : undefined;
    if (waiting === undefined) return;
    this.#waiting.delete(id as number);
    if (isErrorObject(error)) waiting.reject(new RpcError(error));
    else waiting.resolve(result);
  }
}

function parsed(text: string): Readonly<Record<string, unknown>> | undefined {
  try {
    const value: unknown = JSON.parse(text);
    return typeof value === 'object' && value !== null ? (value as Record<string, unknown>) : undefined;
  } catch {
    return undefined;
  }
}

function isErrorObject(value: unknown): value is { readonly code: number; readonly message: string } {
  return typeof value === 'object' && value !== null && 'code' in value && 'message' in value;
}
