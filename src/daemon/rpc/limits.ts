/** What callers may use up. */
export interface RpcLimits {
  /** Bytes of a request. */
  readonly messageBytes: number;
  /** How deep the JSON of a request may go. */
  readonly depth: number;
  /** Calls in one batch. */
  readonly batch: number;
  /** Bytes of an answer. */
  readonly answerBytes: number;
  /** Connections of HTTP and WebSocket together. */
  readonly connections: number;
  /** Calls under way on one connection. */
  readonly callsInFlight: number;
  /** Subscriptions of one connection. */
  readonly subscriptions: number;
  /** For how long a WebSocket may go without a token, and how much it may send at once until then. */
  readonly unauthenticatedMs: number;
  readonly unauthenticatedBytes: number;
  /** Bytes that may come over a WebSocket in all until it has shown a token: no message is put together of more. */
  readonly unauthenticatedTotalBytes: number;
  /** Bytes that may wait for a reader; a connection whose reader is further behind is cut off. */
  readonly bufferedBytes: number;
  /** Events that may come while a subscriber takes nothing, before its subscription is ended. */
  readonly slowEvents: number;
  /** For how long a stop waits for calls that are under way. */
  readonly stopMs: number;
}

export const DEFAULT_LIMITS: RpcLimits = {
  messageBytes: 10 * 1024 * 1024,
  depth: 16,
  batch: 50,
  answerBytes: 16 * 1024 * 1024,
  connections: 128,
  callsInFlight: 32,
  subscriptions: 8,
  unauthenticatedMs: 10_000,
  unauthenticatedBytes: 4096,
  unauthenticatedTotalBytes: 64 * 1024,
  bufferedBytes: 32 * 1024 * 1024,
  slowEvents: 10_000,
  stopMs: 5_000,
};
