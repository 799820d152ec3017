import type { Clock } from '../clock.ts';
import type { Limits } from './limits.ts';

/** What a keep-alive needs of its connection. */
export interface KeepAliveLine {
  /** Whether bytes of ours wait for the peer to read them. */
  isBusy(): boolean;
  /** Whether we read nothing for the moment: then no answer can come. */
  isPaused(): boolean;
  ping(): void;
  /** The peer did not answer. */
  dead(): void;
}

/** Notices a peer that is gone, or that sends but does not read: after silence it is pinged, and has to answer. */
export class KeepAlive {
  readonly #clock: Clock;
  readonly #limits: Pick<Limits, 'idleMs' | 'pongMs'>;
  readonly #line: KeepAliveLine;
  #cancel: () => void = () => {};
  #heard = false;
  #asked = false;

  constructor(clock: Clock, limits: Pick<Limits, 'idleMs' | 'pongMs'>, line: KeepAliveLine) {
    this.#clock = clock;
    this.#limits = limits;
    this.#line = line;
  }

  start(): void {
    this.#wait();
  }

  stop(): void {
    this.#cancel();
  }

  /** Something came from the peer. */
  heard(): void {
    this.#heard = true;
  }

  /** A pong came; one that nobody asked for says as much as any other message. */
  pong(): void {
    if (!this.#asked) return;
    this.#cancel();
    this.#wait();
  }

  #wait(): void {
    this.#heard = false;
    this.#asked = false;
    this.#cancel = this.#clock.after(this.#limits.idleMs, () => this.#look());
  }

  #look(): void {
    if (this.#line.isPaused() || (this.#heard && !this.#line.isBusy())) {
      this.#wait();
      return;
    }
    this.#asked = true;
    this.#cancel = this.#clock.after(this.#limits.pongMs, () =>
      this.#line.isPaused() ? this.#wait() : this.#line.dead(),
    );
    this.#line.ping();
  }
}
