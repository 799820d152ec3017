import type { Clock } from '../clock.ts';

/** What a transport lets others ask of it. */
export interface Limits {
  /** From the line to the peer's `init`, milliseconds. Default 10,000. */
  readonly handshakeMs: number;
  /** Silence before a ping, milliseconds. Default 30,000. */
  readonly idleMs: number;
  /** From a ping to its pong, milliseconds. Default 30,000. */
  readonly pongMs: number;
  /** From a close to the end of the line, milliseconds. Default 2,000. */
  readonly closeMs: number;
  /** Bytes that wait for a peer to read them. Default 4 MiB. */
  readonly sendBuffer: number;
  /** Bytes of messages that wait for us; above it nothing is read. Default 1 MiB. */
  readonly receiveBuffer: number;
  /** Arrivals of all addresses: at once, and then as many per second. Default 200: a fifth of a core, if each begins a handshake. */
  readonly arrivalsPerSecond: number;
  /** Arrivals of one address: at once, and then four per second. Default 64. */
  readonly arrivalsPerAddress: number;
  /** Callers that are not through their handshake: in all, and of one address. Default 128 and 16. */
  readonly handshakes: number;
  readonly handshakesPerAddress: number;
  /** Callers that are through, and that the node has no need of: in all, and of one address. Default 1,024 and 128. */
  readonly callers: number;
  readonly callersPerAddress: number;
  /** New connections of one peer: at once, and then one per second. Default 30. */
  readonly connectionsPerPeer: number;
  /** Pings of one peer: at once, and then one per second. Default 20. */
  readonly pings: number;
}

export const DEFAULT_LIMITS: Limits = {
  handshakeMs: 10_000,
  idleMs: 30_000,
  pongMs: 30_000,
  closeMs: 2_000,
  sendBuffer: 4 * 1024 * 1024,
  receiveBuffer: 1024 * 1024,
  arrivalsPerSecond: 200,
  arrivalsPerAddress: 64,
  handshakes: 128,
  handshakesPerAddress: 16,
  callers: 1_024,
  callersPerAddress: 128,
  connectionsPerPeer: 30,
  pings: 20,
};

/** A stock of permissions that refills by so many per second. */
export class Allowance {
  readonly #clock: Clock;
  readonly #most: number;
  readonly #perSecond: number;
  #left: number;
  #at: number;

  constructor(clock: Clock, most: number, perSecond = 1) {
    this.#clock = clock;
    this.#most = most;
    this.#perSecond = perSecond;
    this.#left = most;
    this.#at = clock.now();
  }

  /** Takes one, or says that there is none. */
  take(): boolean {
    this.#refill();
    if (this.#left < 1) return false;
    this.#left -= 1;
    return true;
  }

  /** Whether nothing is missing: then it is as good as a new one. */
  get isFull(): boolean {
    this.#refill();
    return this.#left === this.#most;
  }

  #refill(): void {
    const now = this.#clock.now();
    // a clock that was set back starts anew from there
    this.#left = Math.min(this.#most, this.#left + this.#perSecond * Math.max(0, now - this.#at));
    this.#at = now;
  }
}

/** How many there are in all and of each name. */
export class Counter {
  readonly #most: number;
  readonly #mostPerName: number;
  readonly #byName = new Map<string, number>();
  #all = 0;

  constructor(most: number, mostPerName: number) {
    this.#most = most;
    this.#mostPerName = mostPerName;
  }

  /**
   * Counts one more and returns the way to uncount it (once; later calls do nothing); `undefined` when there are enough.
   * One that is expected is taken however many there are in all.
   */
  enter(name: string, isExpected = false): (() => void) | undefined {
    const here = this.#byName.get(name) ?? 0;
    if ((this.#all >= this.#most && !isExpected) || here >= this.#mostPerName) return undefined;
    this.#all += 1;
    this.#byName.set(name, here + 1);
    let inside = true;
    return () => {
      if (!inside) return;
      inside = false;
      this.#all -= 1;
      const left = (this.#byName.get(name) ?? 1) - 1;
      if (left === 0) this.#byName.delete(name);
      else this.#byName.set(name, left);
    };
  }
}

/** An {@link Allowance} for each name. */
export class Allowances {
  readonly #clock: Clock;
  readonly #most: number;
  readonly #perSecond: number;
  readonly #byName = new Map<string, Allowance>();
  /** How many names there may be before those that took nothing lately are forgotten. */
  #room = 1_000;

  constructor(clock: Clock, most: number, perSecond = 1) {
    this.#clock = clock;
    this.#most = most;
    this.#perSecond = perSecond;
  }

  take(name: string): boolean {
    const known = this.#byName.get(name);
    if (known !== undefined) return known.take();
    if (this.#byName.size >= this.#room) this.#forget();
    const allowance = new Allowance(this.#clock, this.#most, this.#perSecond);
    this.#byName.set(name, allowance);
    return allowance.take();
  }

  #forget(): void {
    for (const [name, allowance] of this.#byName) if (allowance.isFull) this.#byName.delete(name);
    this.#room = 1_000 + 2 * this.#byName.size;
  }
}
