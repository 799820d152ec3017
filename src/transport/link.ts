import { invariant } from '../base/invariant.ts';
import { type Connection, MAX_MESSAGE_LENGTH } from './port.ts';
import { type Frame, type Medium, Wire } from './wire.ts';

/** The node at one end of a link. */
export interface Party {
  readonly nodeId: Uint8Array;
  /** True once its process is gone: then nothing of it is called any more. */
  readonly isDead: boolean;
}

/** One connection between two simulated nodes: two ends and a wire each way. */
export class Link {
  /** The end at `a` and the end at `b`. */
  readonly ends: readonly [End, End];
  readonly #medium: Medium;
  readonly #onDead: (link: Link) => void;
  #cancelKeepAlive: (() => void) | undefined;

  /** `onDead` is called once both ends are closed. */
  constructor(medium: Medium, a: Party, b: Party, onDead: (link: Link) => void) {
    this.#medium = medium;
    this.#onDead = onDead;
    const endA: End = new End(
      medium,
      a,
      b.nodeId,
      this.#wireTo(() => endB),
    );
    const endB: End = new End(
      medium,
      b,
      a.nodeId,
      this.#wireTo(() => endA),
    );
    this.ends = [endA, endB];
    for (const end of this.ends) end.onShut(this.#endShut);
  }

  /** Breaks both ends at once; what is under way is lost. */
  cut(reason: string): void {
    for (const end of this.ends) end.shut(reason);
  }

  /**
   * Keep-alives are not frames of their own here: as a link that lost a frame is doomed and any other is well,
   * it is enough to break the doomed one in time. So a network without faults needs no timer.
   */
  readonly #frameMissing = (): void => {
    if (this.#isDead()) return;
    const { schedule, keepAliveMs } = this.#medium;
    this.#cancelKeepAlive ??= schedule.at(schedule.now + keepAliveMs, () =>
      this.cut('keep-alive without answer'),
    );
  };

  readonly #endShut = (): void => {
    if (!this.#isDead()) return;
    this.#cancelKeepAlive?.();
    this.#onDead(this);
  };

  #wireTo(end: () => End): Wire {
    return new Wire(this.#medium, (frame) => end().receive(frame), this.#frameMissing);
  }

  #isDead(): boolean {
    return this.ends.every((end) => end.isShut);
  }
}

/** One end of a link: puts messages into frames and takes only the next frame of the other end. */
export class End implements Connection {
  readonly peer: Uint8Array;
  readonly #self: Party;
  readonly #medium: Medium;
  readonly #wire: Wire;
  readonly #inbox: Uint8Array[] = [];
  readonly #closeListeners: ((reason: string) => void)[] = [];
  #expected = 0;
  #messageListener: ((message: Uint8Array) => void) | undefined;
  #onShut: (() => void) | undefined;
  #shutReason: string | undefined;

  constructor(medium: Medium, self: Party, peer: Uint8Array, wire: Wire) {
    this.#medium = medium;
    this.#self = self;
    this.peer = peer.slice();
    this.#wire = wire;
  }

  get isShut(): boolean {
    return this.#shutReason !== undefined;
  }

  send(message: Uint8Array): void {
    invariant(message.length <= MAX_MESSAGE_LENGTH, `message of ${message.length} bytes`);
    if (this.isShut) return;
    this.#medium.count({ type: 'sent', from: this.#self.nodeId, to: this.peer, bytes: message.length });
    this.#wire.send({ type: 'message', message: message.slice() });
  }

  onMessage(listener: (message: Uint8Array) => void): void {
    this.#messageListener = listener;
    for (const _ of this.#inbox) this.#soon(() => this.#handOverNext());
  }

  onClose(listener: (reason: string) => void): void {
    const reason = this.#shutReason;
    if (reason === undefined) this.#closeListeners.push(listener);
    else this.#soon(() => this.#reportClose(listener, reason));
  }

  close(reason = 'closed'): void {
    if (this.isShut) return;
    this.#inbox.length = 0;
    this.shut(reason);
    this.#wire.send({ type: 'closing', reason });
  }

  /** Closes this end alone; the other end hears nothing of it. */
  shut(reason: string): void {
    if (this.isShut) return;
    this.#shutReason = reason;
    for (const listener of this.#closeListeners) this.#soon(() => this.#reportClose(listener, reason));
    this.#closeListeners.length = 0;
    this.#onShut?.();
  }

  /** The one watcher of {@link shut}, called at once. */
  onShut(watcher: () => void): void {
    this.#onShut = watcher;
  }

  receive({ sequence, body }: Frame): void {
    if (this.isShut) return;
    if (sequence !== this.#expected) {
      this.close(`frame ${sequence} came in place of frame ${this.#expected}`);
      return;
    }
    this.#expected += 1;
    if (body.type === 'closing') {
      this.shut(body.reason);
      return;
    }
    this.#medium.count({
      type: 'received',
      from: this.peer,
      to: this.#self.nodeId,
      bytes: body.message.length,
    });
    this.#inbox.push(body.message);
    this.#handOverNext();
  }

  #handOverNext(): void {
    if (this.#messageListener === undefined || this.#self.isDead) return;
    const message = this.#inbox.shift();
    if (message !== undefined) this.#messageListener(message);
  }

  #reportClose(listener: (reason: string) => void, reason: string): void {
    if (this.#self.isDead) return;
    if (this.#messageListener !== undefined) while (this.#inbox.length > 0) this.#handOverNext();
    listener(reason);
  }

  #soon(run: () => void): void {
    this.#medium.schedule.at(this.#medium.schedule.now, run);
  }
}
