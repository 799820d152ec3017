import { equalBytes, toHex } from '../base/bytes.ts';
import { invariant } from '../base/invariant.ts';
import { type Prng, prng } from '../base/prng.ts';
import { checkedFaults, type Faults } from './faults.ts';
import { type End, Link, type Party } from './link.ts';
import { type Connection, type Transport, TransportError } from './port.ts';
import { realSchedule, type Schedule, virtualSchedule } from './schedule.ts';
import { type NetworkStats, Traffic } from './traffic.ts';
import type { Medium } from './wire.ts';

export type { Faults } from './faults.ts';
export type { DirectionStats, NetworkStats } from './traffic.ts';

const KEEP_ALIVE_MS = 100;

export interface MemoryNetworkOptions {
  /** All randomness of the faults comes from it (default 0). */
  readonly seed?: number;
  /** Default: none. */
  readonly faults?: Partial<Faults>;
  /** How long a missing frame may go unnoticed when nothing follows it, milliseconds (default 100). */
  readonly keepAliveMs?: number;
}

/** Nodes of one process joined by simulated connections that keep the contract of the transport port. */
export interface MemoryNetwork {
  /** What happened until now. */
  readonly stats: NetworkStats;
  /** Milliseconds on the network's clock. */
  readonly now: number;
  /**
   * The transport of a node (33 bytes). Joining again stands for a process that died and started anew: the
   * old transport is closed, its connections break, and none of their listeners on its side is called any more.
   */
  join(nodeId: Uint8Array): Transport;
  /** Takes effect for the frames sent from now on; what is not named is off. */
  setFaults(faults: Partial<Faults>): void;
  /** Breaks the connection of two nodes, if there is one; what is under way is lost. */
  disconnect(a: Uint8Array, b: Uint8Array): void;
  /** Breaks a node's connections and makes none until {@link online}. */
  offline(nodeId: Uint8Array): void;
  online(nodeId: Uint8Array): void;
  /** Runs `run` after `delayMs` on the network's clock, for timers that have to keep step with it. Returns the way to cancel. */
  after(delayMs: number, run: () => void): () => void;
  /**
   * Resolves when nothing is under way and no promise reaction is left that could send; runs virtual time until then.
   * Work that waits for other things (disk, sockets, timers) is not seen.
   */
  idle(): Promise<void>;
}

/** A network whose time stands still between steps: with the same seed and the same calls, the same happens. */
export interface VirtualNetwork extends MemoryNetwork {
  /** Lets the next thing happen and what comes of it settle; false when nothing is under way. */
  step(): Promise<boolean>;
  /** Steps until nothing is under way. */
  runUntilIdle(): Promise<void>;
}

export function memoryNetwork(options: MemoryNetworkOptions & { readonly clock: 'virtual' }): VirtualNetwork;
export function memoryNetwork(
  options?: MemoryNetworkOptions & { readonly clock?: 'real' | 'virtual' },
): MemoryNetwork;
/**
 * A network without sockets for tests, examples and simulations. With the `real` clock (the default), messages
 * without delay arrive in the next turn of the event loop; with the `virtual` one, only steps let things happen.
 */
export function memoryNetwork(
  options: MemoryNetworkOptions & { readonly clock?: 'real' | 'virtual' } = {},
): MemoryNetwork {
  if (options.clock !== 'virtual') return new Network(realSchedule(), options);
  const schedule = virtualSchedule();
  return Object.assign(new Network(schedule, options), {
    step: () => schedule.step(),
    runUntilIdle: () => schedule.idle(),
  });
}

class Network implements MemoryNetwork {
  readonly #schedule: Schedule;
  readonly #medium: Medium;
  readonly #transports = new Map<string, MemoryTransport>();
  readonly #links = new Map<string, Link>();
  readonly #offline = new Set<string>();
  readonly #random: Prng;
  readonly #traffic = new Traffic();
  #faults: Faults;

  constructor(schedule: Schedule, options: MemoryNetworkOptions) {
    this.#schedule = schedule;
    this.#random = prng(options.seed ?? 0);
    this.#faults = checkedFaults(options.faults ?? {});
    this.#medium = {
      schedule,
      random: this.#random,
      faults: () => this.#faults,
      keepAliveMs: options.keepAliveMs ?? KEEP_ALIVE_MS,
      count: (event) => this.#traffic.count(event),
    };
  }

  get stats(): NetworkStats {
    return this.#traffic.stats();
  }

  get now(): number {
    return this.#schedule.now;
  }

  join(nodeId: Uint8Array): Transport {
    invariant(nodeId.length === 33, `node id of ${nodeId.length} bytes`);
    const id = toHex(nodeId);
    this.#transports.get(id)?.die();
    const transport = new MemoryTransport(nodeId.slice(), this);
    this.#transports.set(id, transport);
    return transport;
  }

  setFaults(faults: Partial<Faults>): void {
    this.#faults = checkedFaults(faults);
  }

  disconnect(a: Uint8Array, b: Uint8Array): void {
    this.#links.get(pairKey(a, b))?.cut('connection lost');
  }

  offline(nodeId: Uint8Array): void {
    this.#offline.add(toHex(nodeId));
    for (const { link } of this.endsOf(nodeId)) link.cut('connection lost');
  }

  online(nodeId: Uint8Array): void {
    this.#offline.delete(toHex(nodeId));
  }

  after(delayMs: number, run: () => void): () => void {
    return this.#schedule.at(this.#schedule.now + delayMs, run);
  }

  idle(): Promise<void> {
    return this.#schedule.idle();
  }

  /** A connection attempt, which is under way as long as a frame. */
  dial(from: MemoryTransport, peer: Uint8Array): Promise<Connection> {
    const { promise, resolve, reject } = deferred<Connection>();
    this.after(this.#random.between(...this.#faults.delayMs), () => {
      if (from.isClosed) return reject(closedError());
      const callee = this.#reachable(from, peer);
      const listener = callee?.listener;
      if (callee === undefined || listener === undefined)
        return reject(new TransportError('unreachable', `node ${toHex(peer)} cannot be reached`));
      const [near, far] = this.#link(from, callee).ends;
      // Later than the news that the old connection closed, which `#link` gave out.
      this.after(0, () => {
        if (from.isDead) reject(closedError());
        else resolve(near);
        if (!callee.isDead) listener(far);
      });
    });
    return promise;
  }

  leave(transport: MemoryTransport): void {
    const id = toHex(transport.nodeId);
    if (this.#transports.get(id) === transport) this.#transports.delete(id);
  }

  endsOf(nodeId: Uint8Array): { readonly link: Link; readonly end: End }[] {
    const ends: { link: Link; end: End }[] = [];
    for (const link of this.#links.values()) {
      const [a, b] = link.ends;
      if (equalBytes(b.peer, nodeId)) ends.push({ link, end: a });
      else if (equalBytes(a.peer, nodeId)) ends.push({ link, end: b });
    }
    return ends;
  }

  #reachable(from: MemoryTransport, peer: Uint8Array): MemoryTransport | undefined {
    if (equalBytes(from.nodeId, peer)) return undefined;
    if (this.#offline.has(toHex(from.nodeId)) || this.#offline.has(toHex(peer))) return undefined;
    return this.#transports.get(toHex(peer));
  }

  #link(a: Party, b: Party): Link {
    const key = pairKey(a.nodeId, b.nodeId);
    this.#links.get(key)?.cut('replaced by a new connection');
    const link = new Link(this.#medium, a, b, (dead) => {
      if (this.#links.get(key) === dead) this.#links.delete(key);
    });
    this.#links.set(key, link);
    return link;
  }
}

class MemoryTransport implements Transport, Party {
  readonly nodeId: Uint8Array;
  readonly #network: Network;
  #listener: ((connection: Connection) => void) | undefined;
  #life: 'open' | 'closed' | 'dead' = 'open';

  constructor(nodeId: Uint8Array, network: Network) {
    this.nodeId = nodeId;
    this.#network = network;
  }

  get isClosed(): boolean {
    return this.#life !== 'open';
  }

  get isDead(): boolean {
    return this.#life === 'dead';
  }

  get listener(): ((connection: Connection) => void) | undefined {
    return this.#listener;
  }

  async connect(peer: Uint8Array): Promise<Connection> {
    if (this.isClosed) throw closedError();
    return this.#network.dial(this, peer.slice());
  }

  listen(onConnection: (connection: Connection) => void): () => void {
    if (this.isClosed) return () => {};
    this.#listener = onConnection;
    return () => {
      if (this.#listener === onConnection) this.#listener = undefined;
    };
  }

  async close(): Promise<void> {
    if (this.isClosed) return;
    this.#leave('closed');
    for (const { end } of this.#network.endsOf(this.nodeId)) end.close('transport closed');
  }

  /** The process is gone without a word. */
  die(): void {
    this.#leave('dead');
    for (const { link } of this.#network.endsOf(this.nodeId)) link.cut('connection lost');
  }

  #leave(life: 'closed' | 'dead'): void {
    this.#life = life;
    this.#listener = undefined;
    this.#network.leave(this);
  }
}

function pairKey(a: Uint8Array, b: Uint8Array): string {
  return [toHex(a), toHex(b)].sort().join('-');
}

function closedError(): TransportError {
  return new TransportError('closed', 'the transport was closed');
}

function deferred<T>(): {
  readonly promise: Promise<T>;
  readonly resolve: (value: T) => void;
  readonly reject: (error: Error) => void;
} {
  let settle: { resolve: (value: T) => void; reject: (error: Error) => void } | undefined;
  const promise = new Promise<T>((resolve, reject) => {
    settle = { resolve, reject };
  });
  invariant(settle !== undefined, 'a promise runs its executor at once');
  return { promise, ...settle };
}
