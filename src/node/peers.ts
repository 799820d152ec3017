import { toHex } from '../base/bytes.ts';
import type { Connection, Transport } from '../transport/port.ts';
import type { Clock } from './clock.ts';

/** What the node hears of its peers. Node ids in hexadecimal. */
export interface PeerListener {
  connected(nodeId: string): void;
  disconnected(nodeId: string): void;
  message(nodeId: string, message: Uint8Array): void;
}

/** First pause before a lost connection is tried again, doubled up to {@link LONGEST_PAUSE_MS}. */
const FIRST_PAUSE_MS = 20;
const LONGEST_PAUSE_MS = 30_000;

/**
 * Keeps connections with the peers that channels need: dials those it is told to keep, takes those that call, and
 * dials again after a loss.
 */
export class Peers {
  readonly #transport: Transport;
  readonly #clock: Clock;
  readonly #listener: PeerListener;
  readonly #connections = new Map<string, Connection>();
  /** Peers to dial, with the pause before the next attempt. */
  readonly #kept = new Map<string, { readonly id: Uint8Array; pauseMs: number; dialling: boolean }>();
  readonly #stopListening: () => void;
  readonly #timers = new Set<() => void>();
  #stopped = false;

  constructor(transport: Transport, clock: Clock, listener: PeerListener) {
    this.#transport = transport;
    this.#clock = clock;
    this.#listener = listener;
    this.#stopListening = transport.listen((connection) => this.#take(connection));
  }

  /** Connects to `id` and stays connected until {@link stop}. Nothing happens the second time. */
  keep(id: Uint8Array): void {
    const key = toHex(id);
    if (this.#kept.has(key)) return;
    this.#kept.set(key, { id, pauseMs: FIRST_PAUSE_MS, dialling: false });
    this.#dial(key);
  }

  /** Whether there is a connection with the peer. */
  isConnected(nodeId: string): boolean {
    return this.#connections.has(nodeId);
  }

  /** Sends, or drops the message when there is no connection: whoever needs it says it again after the next one. */
  send(nodeId: string, message: Uint8Array): void {
    this.#connections.get(nodeId)?.send(message);
  }

  /** Closes one connection; a kept peer is dialled again. */
  disconnect(nodeId: string, reason: string): void {
    this.#connections.get(nodeId)?.close(reason);
  }

  async stop(): Promise<void> {
    this.#stopped = true;
    this.#stopListening();
    for (const cancel of this.#timers) cancel();
    await this.#transport.close();
  }

  #dial(key: string): void {
    const kept = this.#kept.get(key);
    if (kept === undefined || kept.dialling || this.#stopped || this.#connections.has(key)) return;
    kept.dialling = true;
    this.#transport
      .connect(kept.id)
      .then(
        (connection) => {
          kept.pauseMs = FIRST_PAUSE_MS;
          this.#take(connection);
        },
        () => this.#dialLater(key, kept),
      )
      .finally(() => {
        kept.dialling = false;
      });
  }

  #dialLater(key: string, kept: { pauseMs: number }): void {
    if (this.#stopped) return;
    const cancel = this.#clock.after(kept.pauseMs, () => {
      this.#timers.delete(cancel);
      this.#dial(key);
    });
    this.#timers.add(cancel);
    kept.pauseMs = Math.min(2 * kept.pauseMs, LONGEST_PAUSE_MS);
  }

  #take(connection: Connection): void {
    const nodeId = toHex(connection.peer);
    const before = this.#connections.get(nodeId);
    this.#connections.set(nodeId, connection);
    if (before !== undefined) {
      before.close('replaced');
      this.#listener.disconnected(nodeId);
    }
    connection.onClose(() => this.#lost(nodeId, connection));
    connection.onMessage((message) => {
      if (this.#connections.get(nodeId) === connection) this.#listener.message(nodeId, message);
    });
    this.#listener.connected(nodeId);
  }

  #lost(nodeId: string, connection: Connection): void {
    if (this.#connections.get(nodeId) !== connection) return;
    this.#connections.delete(nodeId);
    if (this.#stopped) return;
    this.#listener.disconnected(nodeId);
    const kept = this.#kept.get(nodeId);
    if (kept !== undefined) this.#dialLater(nodeId, kept);
  }
}
