import { Agent } from 'node:http';
import { ChainError } from '../port.ts';
import { DEFAULT_RETRY, type Retry, withRetry } from './backoff.ts';
import { ConnectionLost, type HttpAnswer, post } from './http.ts';
import { authorization, type RpcLogin } from './login.ts';

export interface RpcOptions {
  /** `http://host:port`, with `/wallet/NAME` for the calls of one wallet. */
  readonly url: string;
  readonly login: RpcLogin;
  /** For one answer; default 60,000. */
  readonly timeoutMs?: number;
  /** Default 32 MiB: the largest block is 8 MB of hexadecimal. */
  readonly maxAnswerBytes?: number;
  readonly retry?: Retry;
}

/** An error that bitcoind itself answered, by its code (`src/rpc/protocol.h` of Bitcoin Core). */
export class RpcError extends Error {
  override readonly name = 'RpcError';
  readonly code: number;
  readonly method: string;

  constructor(method: string, code: number, message: string) {
    super(message);
    this.method = method;
    this.code = code;
  }
}

/** Codes of bitcoind's answers that callers tell apart. */
export const RPC = {
  misc: -1,
  invalidAddressOrKey: -5,
  invalidParameter: -8,
  deserialization: -22,
  verify: -25,
  verifyRejected: -26,
  alreadyInUtxoSet: -27,
  warmup: -28,
  methodNotFound: -32601,
} as const;

export type RpcParams = readonly unknown[] | Readonly<Record<string, unknown>>;

const BUSY = 503;

/**
 * JSON-RPC over kept HTTP connections.
 *
 * A call that bitcoind cannot have acted on (no connection, work queue full, still warming up) is repeated
 * with growing pauses. Throws {@link RpcError} for bitcoind's own errors, else {@link ChainError}:
 * `unreachable` after the last attempt, `refused` for a wrong login, `badAnswer`, `closed`.
 */
export class RpcClient {
  /** `http://host:port`, without credentials. */
  readonly url: string;
  readonly #host: string;
  readonly #port: number;
  readonly #path: string;
  readonly #login: RpcLogin;
  readonly #timeoutMs: number;
  readonly #maxAnswerBytes: number;
  readonly #retry: Retry;
  // bitcoind drops a connection that was idle for 30 seconds; ours go first.
  readonly #agent = new Agent({ keepAlive: true, maxSockets: 8, timeout: 20_000 });
  #authorization: string | undefined;
  #nextId = 0;
  #closed = false;

  constructor(options: RpcOptions) {
    const url = parseUrl(options.url);
    this.#host = url.hostname.replace(/^\[(.*)\]$/, '$1');
    this.#port = url.port === '' ? 80 : Number(url.port);
    this.#path = url.pathname;
    this.url = `${url.protocol}//${url.host}`;
    this.#login = options.login;
    this.#timeoutMs = options.timeoutMs ?? 60_000;
    this.#maxAnswerBytes = options.maxAnswerBytes ?? 32 * 1024 * 1024;
    this.#retry = options.retry ?? DEFAULT_RETRY;
  }

  /** The `result` of one call; `params` by position or by name. `retry` overrides the client's. */
  async call(method: string, params: RpcParams = [], retry: Retry = this.#retry): Promise<unknown> {
    return withRetry(
      retry,
      (error) => !this.#closed && mayRepeat(error),
      () => this.#attempt(method, params),
    ).catch((error: unknown) => {
      throw this.#closed ? new ChainError('closed', 'the connection to bitcoind was closed') : error;
    });
  }

  /** Closes the kept connections; later calls fail with `closed`. */
  close(): void {
    this.#closed = true;
    this.#agent.destroy();
  }

  async #attempt(method: string, params: RpcParams): Promise<unknown> {
    const id = this.#nextId++;
    const body = JSON.stringify({ jsonrpc: '1.0', id, method, params });
    const known = this.#authorization;
    const first = await this.#post(body, known ?? (await this.#logIn()));
    if (first.status !== 401) return resultOf(first, method, id);
    // The cookie that we remember is of an earlier run of bitcoind: once more with the present one.
    const renewed = known === undefined ? undefined : await this.#logIn();
    if (renewed === undefined || renewed === known) return this.#wrongLogin();
    const second = await this.#post(body, renewed);
    if (second.status === 401) return this.#wrongLogin();
    return resultOf(second, method, id);
  }

  #wrongLogin(): never {
    this.#authorization = undefined;
    throw new ChainError('refused', `bitcoind at ${this.url} refuses the login`);
  }

  async #logIn(): Promise<string> {
    this.#authorization = await authorization(this.#login);
    return this.#authorization;
  }

  async #post(body: string, login: string): Promise<HttpAnswer> {
    if (this.#closed) throw new ChainError('closed', 'the connection to bitcoind was closed');
    return post({
      agent: this.#agent,
      host: this.#host,
      port: this.#port,
      path: this.#path,
      authorization: login,
      body,
      timeoutMs: this.#timeoutMs,
      maxAnswerBytes: this.#maxAnswerBytes,
    });
  }
}

function parseUrl(text: string): URL {
  const url = URL.canParse(text) ? new URL(text) : undefined;
  // The text itself stays out of the message: it may hold a password.
  if (url?.protocol !== 'http:' || url.username !== '' || url.password !== '')
    throw new ChainError('refused', 'the RPC address must be http://host:port, the login stands apart');
  return url;
}

/** Busy: bitcoind says so before it acts. */
class Busy extends ChainError {}

function mayRepeat(error: unknown): boolean {
  if (error instanceof Busy) return true;
  if (error instanceof ConnectionLost) return !error.sent;
  // No cookie: bitcoind is about to start or to stop.
  return error instanceof ChainError && error.code === 'unreachable';
}

function resultOf(answer: HttpAnswer, method: string, id: number): unknown {
  if (answer.status === BUSY) throw new Busy('unreachable', 'bitcoind is busy: its work queue is full');
  if (answer.status === 403) throw new ChainError('refused', `bitcoind does not allow ${method} to us`);
  const value = parseAnswer(answer, method);
  if (value.error !== null && value.error !== undefined) throw rpcError(method, value.error);
  if (answer.status !== 200) throw bad(method, `HTTP status ${answer.status}`);
  if (value.id !== id) throw bad(method, 'the answer of another call');
  if (!('result' in value)) throw bad(method, 'an answer without result');
  return value.result;
}

interface Envelope {
  readonly result?: unknown;
  readonly error?: unknown;
  readonly id?: unknown;
}

function parseAnswer(answer: HttpAnswer, method: string): Envelope {
  try {
    const value: unknown = JSON.parse(answer.body);
    if (typeof value === 'object' && value !== null && !Array.isArray(value)) return value;
  } catch {
    throw bad(method, `HTTP status ${answer.status} and a text that is not JSON`);
  }
  throw bad(method, 'JSON that is not an object');
}

function rpcError(method: string, error: unknown): Error {
  if (typeof error !== 'object' || error === null || !('code' in error) || !('message' in error))
    return bad(method, 'an error of unknown form');
  const { code, message } = error;
  if (typeof code !== 'number' || typeof message !== 'string') return bad(method, 'an error of unknown form');
  if (code === RPC.warmup) return new Busy('unreachable', `bitcoind is starting: ${message}`);
  return new RpcError(method, code, message);
}

function bad(method: string, what: string): ChainError {
  return new ChainError('badAnswer', `bitcoind answers ${method} with ${what}`);
}
