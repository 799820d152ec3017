import { fromHex, readUintBE, toHex } from '../base/bytes.ts';
import { addressUrl } from '../transport/address.ts';
import { type Connection, type Transport, TransportError } from '../transport/port.ts';
import type { AddressBook } from './addressBook.ts';
import type { Clock } from './clock.ts';

/** What the node hears of its peers. Node ids in hexadecimal. */
export interface PeerListener {
  /** `connection` is its number: no other of this node ever has it. */
  connected(nodeId: string, connection: number): void;
  disconnected(nodeId: string): void;
  /** A promise says when the message is dealt with: a peer that sends faster is read no further for a while. */
  message(nodeId: string, message: Uint8Array): unknown;
}

/** A node that this one is connected with, or wants to be. */
export interface Peer {
  /** 33 bytes. */
  readonly nodeId: Uint8Array;
  /** Where it is called; absent when only it calls us, or the transport needs no address. */
  readonly address?: string;
  readonly connected: boolean;
  /** Who called whom, of the connection that there is. */
  readonly direction?: 'outgoing' | 'incoming';
  /** Unix seconds since when it is connected. */
  readonly since?: number;
}

export interface PeersOptions {
  readonly transport: Transport;
  readonly clock: Clock;
  /** For the pauses between calls, so that many nodes do not call one at the same moment. */
  readonly entropy: (length: number) => Uint8Array;
  readonly addresses: AddressBook;
  readonly listener: PeerListener;
}

/** First pause before a lost connection is tried again, doubled up to {@link LONGEST_PAUSE_MS}. */
const FIRST_PAUSE_MS = 20;
const LONGEST_PAUSE_MS = 30_000;
/** A connection that lasted as long was a good one: after its loss the pauses begin anew. Seconds. */
const GOOD_CONNECTION = 5;

interface Link {
  readonly number: number;
  readonly connection: Connection;
  readonly direction: 'outgoing' | 'incoming';
  readonly since: number;
}

/** A peer to call. */
interface Kept {
  readonly nodeId: string;
  /** A channel or an opening asked for it. */
  isNeeded: boolean;
  pauseMs: number;
  dialling: boolean;
  cancelPause: (() => void) | undefined;
  /** Who waits for the outcome of the next call. */
  waiting: { readonly resolve: () => void; readonly reject: (error: unknown) => void }[];
}

/**
 * Keeps connections with the peers that channels need or the application names: calls them, takes those that call, and
 * calls again after a loss. A peer whose address the transport would need, and nobody has said, has to call us.
 */
export class Peers {
  readonly #options: PeersOptions;
  readonly #links = new Map<string, Link>();
  readonly #kept = new Map<string, Kept>();
  readonly #watchers = new Set<(peer: Peer) => void>();
  #life: 'waiting' | 'running' | 'stopped' = 'waiting';
  #stopListening: () => void = () => {};
  #connections = 0;

  constructor(options: PeersOptions) {
    this.#options = options;
    for (const nodeId of options.addresses.all().keys()) this.#keep(nodeId);
  }

  /** From now on peers are called and heard: whoever hears of them has to be ready. */
  start(): void {
    this.#life = 'running';
    this.#stopListening = this.#options.transport.listen((connection) => this.#take(connection, 'incoming'));
    for (const kept of this.#kept.values()) this.#dial(kept);
  }

  /** Connects to `id` and stays connected until {@link forget} or {@link stop}. Nothing happens the second time. */
  keep(id: Uint8Array): void {
    this.#keep(toHex(id)).isNeeded = true;
  }

  /**
   * The same, and resolves when there is a connection. An address is kept in the store. Rejects with `TransportError`
   * when the first call fails; where its `retry` says so, the peer is called again until it answers.
   */
  async connect(id: Uint8Array, address?: string): Promise<void> {
    if (address !== undefined) {
      const url = addressUrl(address);
      if (!url.ok) throw new TransportError('badAddress', url.error.reason);
      await this.#options.addresses.set(toHex(id), address);
    }
    const kept = this.#keep(toHex(id));
    if (this.#links.has(kept.nodeId)) return;
    try {
      await this.#called(kept);
    } catch (error) {
      if (!mayAnswer(error) && !kept.isNeeded) await this.forget(id);
      throw error;
    }
  }

  /** Ends the connection, forgets the address, and calls no more, until a channel or the application names it anew. */
  async forget(id: Uint8Array): Promise<void> {
    const nodeId = toHex(id);
    const kept = this.#kept.get(nodeId);
    this.#kept.delete(nodeId);
    kept?.cancelPause?.();
    this.#links.get(nodeId)?.connection.close('disconnected');
    await this.#options.addresses.remove(nodeId);
  }

  /** All that are connected or called. */
  all(): readonly Peer[] {
    return [...new Set([...this.#kept.keys(), ...this.#links.keys()])].map((nodeId) => this.#peer(nodeId));
  }

  /** Calls `watcher` with each peer that is connected or lost from now on. Returns the way to stop. */
  onChange(watcher: (peer: Peer) => void): () => void {
    this.#watchers.add(watcher);
    return () => {
      this.#watchers.delete(watcher);
    };
  }

  /** Whether the peer is one to stay connected with. */
  keeps(nodeId: string): boolean {
    return this.#kept.has(nodeId);
  }

  /** Whether there is a connection with the peer. */
  isConnected(nodeId: string): boolean {
    return this.#links.has(nodeId);
  }

  /** The number of the connection with the peer, if there is one. */
  connection(nodeId: string): number | undefined {
    return this.#links.get(nodeId)?.number;
  }

  /**
   * Sends, or drops the message when there is no connection, or another than `on`, the one that it is meant for: whoever
   * needs it says it again after the next one.
   */
  send(nodeId: string, message: Uint8Array, on?: number): void {
    const link = this.#links.get(nodeId);
    if (on === undefined || on === link?.number) link?.connection.send(message);
  }

  /** Closes one connection; a kept peer is called again. */
  disconnect(nodeId: string, reason: string): void {
    this.#links.get(nodeId)?.connection.close(reason);
  }

  async stop(): Promise<void> {
    this.#life = 'stopped';
    this.#stopListening();
    for (const kept of this.#kept.values()) {
      kept.cancelPause?.();
      settle(kept, new TransportError('closed', 'the node was stopped'));
    }
    await this.#options.transport.close();
  }

  #tell(nodeId: string): void {
    const peer = this.#peer(nodeId);
    for (const watcher of this.#watchers) watcher(peer);
  }

  #peer(nodeId: string): Peer {
    const link = this.#links.get(nodeId);
    const address = this.#options.addresses.get(nodeId);
    return {
      nodeId: fromHex(nodeId),
      ...(address === undefined ? {} : { address }),
      connected: link !== undefined,
      ...(link === undefined ? {} : { direction: link.direction, since: link.since }),
    };
  }

  #keep(nodeId: string): Kept {
    const known = this.#kept.get(nodeId);
    if (known !== undefined) return known;
    const kept: Kept = {
      nodeId,
      isNeeded: false,
      pauseMs: FIRST_PAUSE_MS,
      dialling: false,
      cancelPause: undefined,
      waiting: [],
    };
    this.#kept.set(nodeId, kept);
    this.#dial(kept);
    return kept;
  }

  /** Calls now; resolves when there is a connection, rejects when the call fails. */
  #called(kept: Kept): Promise<void> {
    return new Promise((resolve, reject) => {
      kept.waiting.push({ resolve, reject });
      kept.cancelPause?.();
      kept.cancelPause = undefined;
      this.#dial(kept);
    });
  }

  #dial(kept: Kept): void {
    if (this.#life !== 'running' || kept.dialling || kept.cancelPause !== undefined) return;
    if (this.#links.has(kept.nodeId)) return;
    kept.dialling = true;
    const address = this.#options.addresses.get(kept.nodeId);
    this.#options.transport.connect(fromHex(kept.nodeId), address).then(
      (connection) => {
        kept.dialling = false;
        if (this.#kept.get(kept.nodeId) === kept) this.#take(connection, 'outgoing');
        else connection.close('disconnected');
      },
      (error: unknown) => {
        kept.dialling = false;
        this.#failed(kept, address, error);
      },
    );
  }

  /** A call failed: another address is tried at once, the same one later. */
  #failed(kept: Kept, address: string | undefined, error: unknown): void {
    const isKept = this.#kept.get(kept.nodeId) === kept;
    if (isKept && this.#options.addresses.get(kept.nodeId) !== address) {
      this.#dial(kept);
      return;
    }
    // another connection is there, or about to be: it is what those wait for who wait
    if (this.#links.has(kept.nodeId)) settle(kept);
    else if (!(error instanceof TransportError && error.code === 'replaced')) settle(kept, error);
    // without an address it has to call us, or someone has to say where it is
    if (isKept && mayAnswer(error)) this.#dialLater(kept);
  }

  #dialLater(kept: Kept): void {
    if (this.#life !== 'running' || kept.cancelPause !== undefined) return;
    const jitter = Number(readUintBE(this.#options.entropy(4))) / 2 ** 32;
    kept.cancelPause = this.#options.clock.after(kept.pauseMs * (1 - jitter / 2), () => {
      kept.cancelPause = undefined;
      this.#dial(kept);
    });
    kept.pauseMs = Math.min(2 * kept.pauseMs, LONGEST_PAUSE_MS);
  }

  #take(connection: Connection, direction: Link['direction']): void {
    const { clock, listener } = this.#options;
    const nodeId = toHex(connection.peer);
    const before = this.#links.get(nodeId);
    const number = ++this.#connections;
    this.#links.set(nodeId, { number, connection, direction, since: clock.now() });
    if (before !== undefined) {
      before.connection.close('replaced');
      listener.disconnected(nodeId);
    }
    connection.onClose(() => this.#lost(nodeId, connection));
    connection.onMessage((message) =>
      this.#links.get(nodeId)?.connection === connection ? listener.message(nodeId, message) : undefined,
    );
    listener.connected(nodeId, number);
    const kept = this.#kept.get(nodeId);
    if (kept !== undefined) settle(kept);
    this.#tell(nodeId);
  }

  #lost(nodeId: string, connection: Connection): void {
    const link = this.#links.get(nodeId);
    if (link?.connection !== connection) return;
    this.#links.delete(nodeId);
    if (this.#life === 'stopped') return;
    const { clock, listener } = this.#options;
    listener.disconnected(nodeId);
    this.#tell(nodeId);
    const kept = this.#kept.get(nodeId);
    if (kept === undefined) return;
    if (clock.now() - link.since >= GOOD_CONNECTION) kept.pauseMs = FIRST_PAUSE_MS;
    this.#dialLater(kept);
  }
}

/** Tells those who wait how the call ended. */
function settle(kept: Kept, error?: unknown): void {
  const waiting = kept.waiting;
  kept.waiting = [];
  for (const { resolve, reject } of waiting) {
    if (error === undefined) resolve();
    else reject(error);
  }
}

/** Whether the same call may succeed later. */
function mayAnswer(error: unknown): boolean {
  return !(error instanceof TransportError) || error.retry;
}
