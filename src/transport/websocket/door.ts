import type { Clock } from '../clock.ts';
import { Allowance, Allowances, Counter, type Limits } from './limits.ts';

/** Arrivals of one address per second, beyond those at once. */
const PER_ADDRESS_RATE = 4;
/** Of how many peers it is remembered where they came from. */
const PLACES = 1_024;

/**
 * Who may begin a handshake, which costs us a multiplication on the curve before we know who it is: so many in a while and
 * so many at once, of one address and in all. What is counted over all addresses does not keep away a caller from where a
 * peer that the node needs has come.
 */
export class Door {
  readonly #ofAddress: Allowances;
  readonly #ofAll: Allowance;
  readonly #inside: Counter;
  /** By peer. */
  readonly #places = new Map<string, string>();
  #expected: ReadonlySet<string> = new Set();

  constructor(clock: Clock, limits: Limits) {
    this.#ofAddress = new Allowances(clock, limits.arrivalsPerAddress, PER_ADDRESS_RATE);
    this.#ofAll = new Allowance(clock, limits.arrivalsPerSecond, limits.arrivalsPerSecond);
    this.#inside = new Counter(limits.handshakes, limits.handshakesPerAddress);
  }

  /** Lets a caller from `address` in, and returns the way to say that it is through or gone (once); or why it has to go. */
  enter(address: string): (() => void) | 'tooManyArrivals' | 'tooManyHandshakes' {
    const isExpected = this.#expected.has(address);
    // of the address first: what it asks beyond its own is not taken from all
    if (!this.#ofAddress.take(address)) return 'tooManyArrivals';
    if (!this.#ofAll.take() && !isExpected) return 'tooManyArrivals';
    return this.#inside.enter(address, isExpected) ?? 'tooManyHandshakes';
  }

  /** The node needs `peer`, which came from `address` and has proved its key. */
  expect(peer: string, address: string): void {
    this.#places.delete(peer);
    this.#places.set(peer, address);
    const [oldest] = this.#places.keys();
    if (this.#places.size > PLACES && oldest !== undefined) this.#places.delete(oldest);
    this.#expected = new Set(this.#places.values());
  }
}
