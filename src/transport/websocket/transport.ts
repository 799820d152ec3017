import { equalBytes, fromHex, reverseBytes, toHex } from '../../base/bytes.ts';
import { invariant } from '../../base/invariant.ts';
import type { Secp256k1 } from '../../crypto/secp256k1.ts';
import { tinySecp256k1 } from '../../crypto/tiny.ts';
import { addressUrl } from '../address.ts';
import { type Clock, systemClock } from '../clock.ts';
import type { Aead } from '../noise/cipher.ts';
import type { OwnKeys } from '../noise/handshake.ts';
import { type Connection, type Transport, TransportError, type TransportIdentity } from '../port.ts';
import type { Ordinals, SessionOptions } from '../session/session.ts';
import { type Ending, SocketConnection } from './connection.ts';
import { Door } from './door.ts';
import { Allowances, Counter, DEFAULT_LIMITS, type Limits } from './limits.ts';
import { Pairs } from './pairs.ts';
import type { Arrival, Caller, Dial, Socket, SocketListener, SocketServer } from './socket.ts';

/** What the transport over any kind of WebSocket is told. */
export interface SocketTransportOptions {
  /** Default: the system's. Not the node's: what it measures are the times of real sockets. */
  readonly clock?: Clock;
  /** Bytes nobody can guess; default from the operating system. */
  readonly entropy?: (length: number) => Uint8Array;
  /** Default `tinySecp256k1`. */
  readonly secp?: Secp256k1;
  readonly limits?: Partial<Limits>;
  /** Hears of callers that are sent away before they are connected, for a log: where from, and why (the code first). */
  readonly onRefused?: (caller: { readonly address: string; readonly reason: string }) => void;
}

/** What the transport stands on. */
export interface Sockets {
  readonly dial: Dial;
  /** Absent: others cannot call this node. */
  readonly server?: SocketServer;
  /** What records are sealed with; default the portable one. */
  readonly aead?: Aead;
}

/** The transport port over WebSockets: for `NodeOptions.transport`. */
export function socketTransport(
  sockets: Sockets,
  options: SocketTransportOptions = {},
): (nodeId: Uint8Array, identity: TransportIdentity) => Transport {
  return (nodeId, identity) => new SocketTransport(sockets, options, nodeId.slice(), identity);
}

/** What becomes of a connection. */
interface Use {
  /** Both sides have said `init`: why the connection is not wanted, if it is not. */
  readonly admit: (peer: Uint8Array) => string | undefined;
  readonly handOut: (connection: SocketConnection) => void;
  /** It ended, and was never handed out. */
  readonly failed: (ending: Ending | 'replaced', reason: string) => void;
}

class SocketTransport implements Transport {
  readonly nodeId: Uint8Array;
  readonly #sockets: Sockets;
  readonly #identity: TransportIdentity;
  readonly #clock: Clock;
  readonly #entropy: (length: number) => Uint8Array;
  readonly #secp: Secp256k1;
  readonly #limits: Limits;
  readonly #chainHash: Uint8Array;
  readonly #door: Door;
  readonly #callers: Counter;
  readonly #newConnections: Allowances;
  readonly #pairs: Pairs<SocketConnection>;
  readonly #onRefused: NonNullable<SocketTransportOptions['onRefused']>;
  readonly #connections = new Set<SocketConnection>();
  #listener: ((connection: Connection) => void) | undefined;
  #closed: Promise<void> | undefined;
  #allGone: () => void = () => {};

  constructor(
    sockets: Sockets,
    options: SocketTransportOptions,
    nodeId: Uint8Array,
    identity: TransportIdentity,
  ) {
    this.nodeId = nodeId;
    this.#sockets = sockets;
    this.#identity = identity;
    this.#clock = options.clock ?? systemClock;
    this.#entropy = options.entropy ?? ((length) => crypto.getRandomValues(new Uint8Array(length)));
    this.#secp = options.secp ?? tinySecp256k1;
    this.#limits = { ...DEFAULT_LIMITS, ...options.limits };
    this.#chainHash = reverseBytes(fromHex(identity.chainHash));
    this.#door = new Door(this.#clock, this.#limits);
    this.#callers = new Counter(this.#limits.callers, this.#limits.callersPerAddress);
    this.#newConnections = new Allowances(this.#clock, this.#limits.connectionsPerPeer);
    this.#pairs = new Pairs(nodeId);
    this.#onRefused = options.onRefused ?? (() => {});
  }

  async connect(peer: Uint8Array, address?: string): Promise<Connection> {
    if (this.#closed !== undefined) throw closedError();
    if (!this.#secp.isPublicKey(peer) || equalBytes(peer, this.nodeId))
      throw new TransportError('badAddress', `${toHex(peer)} is no other node's id`);
    if (address === undefined)
      throw new TransportError('noAddress', `no address of node ${toHex(peer)} is known`);
    const url = addressUrl(address);
    if (!url.ok) throw new TransportError('badAddress', url.error.reason);
    return this.#dial(peer.slice(), url.value);
  }

  listen(onConnection: (connection: Connection) => void): () => void {
    this.#listener = onConnection;
    this.#sockets.server?.serve({ arrived: (caller) => this.#arrived(caller) });
    return () => {
      if (this.#listener !== onConnection) return;
      this.#listener = undefined;
      this.#sockets.server?.serve(undefined);
    };
  }

  close(): Promise<void> {
    this.#closed ??= this.#shut();
    return this.#closed;
  }

  async #shut(): Promise<void> {
    this.#listener = undefined;
    this.#sockets.server?.serve(undefined);
    const gone = new Promise<void>((resolve) => {
      this.#allGone = resolve;
    });
    for (const connection of this.#connections) connection.close('transport closed');
    if (this.#connections.size > 0) await gone;
    await this.#sockets.server?.close();
  }

  #dial(peer: Uint8Array, url: string): Promise<Connection> {
    return new Promise((resolve, reject) => {
      const failed = (code: Ending | 'replaced', reason: string) =>
        reject(
          this.#closed === undefined
            ? new TransportError(code, `node ${toHex(peer)} at ${url}: ${reason}`)
            : closedError(),
        );
      const use = { admit: () => undefined, handOut: resolve, failed };
      this.#connection(peer, use, (listener) => this.#sockets.dial(url, listener));
    });
  }

  /** Someone is at the door; it has time until its `init` came. */
  #arrived({ address, cut }: Caller): Arrival | undefined {
    const refused = (reason: string) => this.#onRefused({ address, reason });
    const known = this.#door.enter(address);
    if (typeof known === 'string') {
      refused(known);
      return undefined;
    }
    const { handshakeMs } = this.#limits;
    const cancel = this.#clock.after(handshakeMs, () => {
      refused(`handshakeTimeout: after ${handshakeMs} ms`);
      cut();
    });
    let leave: (() => void) | undefined;
    const admit = (peer: Uint8Array) => {
      known();
      const isWanted = this.#identity.isWanted?.(peer) === true;
      if (isWanted) this.#door.expect(toHex(peer), address);
      if (!this.#newConnections.take(toHex(peer))) return 'tooManyConnections: this peer connects too often';
      if (isWanted) return undefined;
      leave = this.#callers.enter(address);
      return leave === undefined ? 'tooManyCallers' : undefined;
    };
    return {
      upgraded: (attach) => {
        cancel();
        const handOut = (made: SocketConnection) => this.#accept(made);
        this.#connection(undefined, { admit, handOut, failed: (_, reason) => refused(reason) }, attach);
      },
      gone: () => {
        cancel();
        known();
        leave?.();
      },
    };
  }

  #accept(connection: SocketConnection): void {
    const listener = this.#listener;
    if (listener === undefined) connection.close('not listening');
    else listener(connection);
  }

  #connection(
    peer: Uint8Array | undefined,
    { admit, handOut, failed }: Use,
    attach: (listener: SocketListener) => Socket,
  ): void {
    let isOut = false;
    const connection = new SocketConnection(
      {
        clock: this.#clock,
        limits: this.#limits,
        session: this.#session(peer),
        greeting: (id) => this.#pairs.greet(toHex(id), connection),
        ready: (_, ordinals) => {
          const refusal = admit(connection.peer) ?? this.#settle(connection, peer !== undefined, ordinals);
          isOut = refusal === undefined;
          // later than the news that another one closed
          if (refusal === undefined) queueMicrotask(() => handOut(connection));
          else connection.close(refusal);
        },
        ended: (_, ending, reason) => {
          this.#pairs.ended(connection);
          if (!isOut) failed(reason === REPLACED ? 'replaced' : ending, reason);
        },
        gone: () => {
          this.#connections.delete(connection);
          if (this.#connections.size === 0) this.#allGone();
        },
      },
      attach,
    );
    this.#connections.add(connection);
  }

  /** Keeps one connection of the pair; why this one has to go, if it does. */
  #settle(connection: SocketConnection, dialled: boolean, ordinals: Ordinals): string | undefined {
    const loser = this.#pairs.settle(toHex(connection.peer), connection, dialled, ordinals);
    if (loser === connection) return REPLACED;
    loser?.close(REPLACED);
    return undefined;
  }

  #session(peer: Uint8Array | undefined): SessionOptions {
    const ephemeral = this.#entropy(32);
    invariant(this.#secp.isSecretKey(ephemeral), 'entropy that is no secret key');
    const own: OwnKeys = { nodeId: this.nodeId, ecdh: this.#identity.ecdh, ephemeral };
    return {
      curve: this.#secp,
      ...(this.#sockets.aead === undefined ? {} : { aead: this.#sockets.aead }),
      own,
      chainHash: this.#chainHash,
      ...(peer === undefined ? {} : { peer }),
    };
  }
}

/** Why a connection closes when another of the pair is kept. */
const REPLACED = 'replaced: another connection with this peer is kept';

function closedError(): TransportError {
  return new TransportError('closed', 'the transport was closed');
}
