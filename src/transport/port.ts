/** Longest message in bytes (BOLT 8: a two-byte length). */
export const MAX_MESSAGE_LENGTH = 65_535;

/**
 * One encrypted, authenticated connection with one peer, as BOLT 8 gives it: messages arrive whole, in
 * order and exactly once, or the connection closes on both ends. What was sent before a close may not
 * have arrived; what did arrive is a prefix of what was sent.
 *
 * A message begins with its number, two bytes (BOLT 1). `init`, `ping`, `pong`, and what `error` and `warning` say of the
 * connection as a whole are the adapter's own: it exchanges and answers them, and hands none of them over.
 *
 * Listeners are never called from within a call of a method of this interface.
 */
export interface Connection {
  /** Node id of the peer: a compressed public key, 33 bytes. */
  readonly peer: Uint8Array;
  /**
   * Queues a message; ignored after a close. The bytes are the caller's again when it returns.
   * Throws `InvariantError` above {@link MAX_MESSAGE_LENGTH}.
   */
  send(message: Uint8Array): void;
  /**
   * Sets the one listener of messages (a later one takes the place of an earlier). What arrived before
   * is kept and handed over first. Nothing is handed over once {@link close} was called on this end.
   * A promise that the listener returns says when the message is dealt with: an adapter may read no more while
   * too much is not. Its rejection is the listener's own affair.
   */
  onMessage(listener: (message: Uint8Array) => unknown): void;
  /**
   * Adds a listener of the close, called once with the reason (for people; the peer's word is not to be
   * trusted), after every message that arrived before; soon, if the connection is closed already. Called
   * on both ends, also on the one that closed.
   */
  onClose(listener: (reason: string) => void): void;
  /** Closes; what was sent before still goes out first. Ignored the second time. */
  close(reason?: string): void;
}

/** What a transport needs to know of the node that it is for. */
export interface TransportIdentity {
  /** SHA256 of the compressed product of the node's secret key and a point of the curve (BOLT 8). */
  readonly ecdh: (point: Uint8Array) => Uint8Array;
  /** Hash of the chain's first block, as it is displayed, hexadecimal. */
  readonly chainHash: string;
  /** Whether the node has a channel with this peer, or calls it itself: such a caller finds a place when others do not. */
  readonly isWanted?: (peer: Uint8Array) => boolean;
}

/**
 * Connections of one node with others. At most one per pair of nodes: a new one closes the old, and of two that are made
 * at the same time both ends keep the same.
 */
export interface Transport {
  /** Our own node id, 33 bytes. */
  readonly nodeId: Uint8Array;
  /**
   * Connects to a node, at the address if the adapter needs one. Rejects with {@link TransportError}, also when a
   * connection that the peer makes at the same time takes the place of this one.
   */
  connect(peer: Uint8Array, address?: string): Promise<Connection>;
  /**
   * Sets the one listener of incoming connections (a later one takes the place of an earlier) and returns
   * the way to stop listening. Without one, the node cannot be reached; connections that exist go on.
   */
  listen(onConnection: (connection: Connection) => void): () => void;
  /** Closes every connection and frees what the adapter holds; later calls of {@link connect} reject. */
  close(): Promise<void>;
}

/** A connection could not be made. */
export class TransportError extends Error {
  override readonly name = 'TransportError';
  /**
   * `unreachable`: the peer did not answer; `refused`: it answered, but is not the node that was meant, or one side will
   * not have the other; `replaced`: another connection with the peer is kept instead; `noAddress`: the adapter needs one;
   * `badAddress`: it is none; `closed`: this transport was closed; `cannotListen`: the port is taken, or not ours;
   * `unavailable`: the platform has not what the adapter needs.
   */
  readonly code:
    | 'unreachable'
    | 'refused'
    | 'replaced'
    | 'noAddress'
    | 'badAddress'
    | 'closed'
    | 'cannotListen'
    | 'unavailable';
  /** Whether the same call may succeed later. */
  readonly retry: boolean;

  constructor(code: TransportError['code'], message: string, options?: ErrorOptions) {
    super(message, options);
    this.code = code;
    this.retry = code === 'unreachable' || code === 'refused' || code === 'replaced';
  }
}
