import type { ErrorName, RpcErrorObject } from '../rpc/errors.ts';
import { ERROR_NAMES } from '../rpc/names.ts';

/** The node's answer to a call is an error: `name` of the table in docs/rpc.md, with its values. */
export class RpcError extends Error {
  override readonly name = 'RpcError';
  /** Stable; `internalError` for one that this client does not know. */
  readonly error: ErrorName;
  readonly code: number;
  /** The error's values, with its `advice`. */
  readonly data: Readonly<Record<string, unknown>>;

  constructor({
    code,
    message,
    data,
  }: Pick<RpcErrorObject, 'code' | 'message'> & { readonly data?: unknown }) {
    super(message);
    const values = typeof data === 'object' && data !== null ? (data as Record<string, unknown>) : {};
    const { name } = values;
    this.error = typeof name === 'string' && ERROR_NAMES.has(name) ? (name as ErrorName) : 'internalError';
    this.code = code;
    this.data = values;
  }

  /** What the caller can do. */
  get advice(): string {
    const { advice } = this.data;
    return typeof advice === 'string' ? advice : 'see docs/rpc.md';
  }
}

/** There is no answer. */
export class RpcConnectionError extends Error {
  override readonly name = 'RpcConnectionError';
  /**
   * `unreachable`: nothing was sent. `lost`, `timeout`: the node may have done what was asked. `closed`: this client was
   * closed. `badAnswer`: what came is no JSON-RPC, so that it is another server.
   */
  readonly code: 'unreachable' | 'lost' | 'timeout' | 'closed' | 'badAnswer';

  constructor(code: RpcConnectionError['code'], message: string) {
    super(message);
    this.code = code;
  }
}
