import { invariant } from '../../base/invariant.ts';
import type { Clock } from '../clock.ts';
import { type Connection, MAX_MESSAGE_LENGTH } from '../port.ts';
import { describeSessionError, type SessionError } from '../session/error.ts';
import { type Ordinals, Session, type SessionOptions, type SessionShell } from '../session/session.ts';
import { KeepAlive } from './keepAlive.ts';
import { Allowance, type Limits } from './limits.ts';
import { Mailbox } from './mailbox.ts';
import type { Socket, SocketListener } from './socket.ts';

/** How a connection ended before it was handed out. */
export type Ending = 'unreachable' | 'refused';

export interface ConnectionOptions {
  readonly clock: Clock;
  readonly limits: Limits;
  readonly session: SessionOptions;
  /** The ordinal that our `init` names. */
  readonly greeting: (peer: Uint8Array) => bigint;
  /** Both sides have said `init`: the connection may be handed out, or closed. */
  readonly ready: (connection: SocketConnection, ordinals: Ordinals) => void;
  /** Called once, before anybody else hears of the end. */
  readonly ended: (connection: SocketConnection, ending: Ending, reason: string) => void;
  /** The line is down: nothing of it is left. */
  readonly gone: (connection: SocketConnection) => void;
}

/** A connection over a socket: the session, what waits on both sides of it, and the times after which it is given up. */
export class SocketConnection implements Connection, SessionShell, SocketListener {
  readonly #options: ConnectionOptions;
  readonly #socket: Socket;
  readonly #session: Session;
  readonly #mailbox: Mailbox;
  readonly #keepAlive: KeepAlive;
  readonly #pings: Allowance;
  #cancelTimer: () => void;
  #peer: Uint8Array | undefined;
  #complaint: string | undefined;
  #life: 'opening' | 'open' | 'ended' = 'opening';

  constructor(options: ConnectionOptions, attach: (listener: SocketListener) => Socket) {
    const { clock, limits, session } = options;
    this.#options = options;
    this.#peer = session.peer;
    this.#session = new Session(session, this);
    this.#pings = new Allowance(clock, limits.pings);
    this.#keepAlive = new KeepAlive(clock, limits, {
      isBusy: () => this.#socket.buffered > 0,
      isPaused: () => this.#mailbox.isPaused,
      ping: () => this.#session.ping(),
      dead: () => this.#giveUp('unreachable', `noPong: nothing in ${limits.pongMs} ms`),
    });
    this.#socket = attach(this);
    this.#cancelTimer = clock.after(limits.handshakeMs, () =>
      this.#giveUp('unreachable', `handshakeTimeout: after ${limits.handshakeMs} ms`),
    );
    this.#mailbox = new Mailbox(limits.receiveBuffer, this.#socket, () =>
      this.#giveUp('refused', `receiveBufferFull: ${limits.receiveBuffer} bytes wait for us`),
    );
  }

  get peer(): Uint8Array {
    invariant(this.#peer !== undefined, 'no peer before the handshake');
    return this.#peer.slice();
  }

  send(message: Uint8Array): void {
    invariant(message.length <= MAX_MESSAGE_LENGTH, `message of ${message.length} bytes`);
    if (this.#life === 'open') this.#session.send(message);
  }

  onMessage(listener: (message: Uint8Array) => unknown): void {
    this.#mailbox.onMessage(listener);
  }

  onClose(listener: (reason: string) => void): void {
    this.#mailbox.onClose(listener);
  }

  close(reason = 'closed'): void {
    if (this.#life === 'ended') return;
    this.#mailbox.discard();
    this.#closeInOrder('unreachable', reason);
  }

  // the socket

  opened(): void {
    if (this.#life === 'opening') this.#session.begin();
  }

  bytes(bytes: Uint8Array): void {
    this.#keepAlive.heard();
    this.#session.receive(bytes);
  }

  text(): void {
    this.#giveUp('refused', 'textFrame');
  }

  closed(reason: string): void {
    this.#end(
      this.#complaint === undefined ? 'unreachable' : 'refused',
      this.#complaint === undefined ? reason : `refused by the peer: ${this.#complaint}`,
    );
    this.#cancelTimer();
    this.#options.gone(this);
  }

  // the session

  write(bytes: Uint8Array): void {
    this.#socket.send(bytes);
    const { sendBuffer } = this.#options.limits;
    if (this.#socket.buffered > sendBuffer)
      this.#giveUp('unreachable', `sendBufferFull: ${sendBuffer} bytes that the peer does not read`);
  }

  greeting(peer: Uint8Array): bigint {
    return this.#options.greeting(peer);
  }

  established(peer: Uint8Array, ordinals: Ordinals): void {
    this.#peer = peer;
    this.#life = 'open';
    this.#cancelTimer();
    this.#keepAlive.start();
    this.#options.ready(this, ordinals);
  }

  message(message: Uint8Array): void {
    this.#mailbox.put(message);
  }

  complaint(text: string): void {
    this.#complaint = text;
  }

  mayPing(): boolean {
    return this.#pings.take();
  }

  pong(): void {
    this.#keepAlive.pong();
  }

  failed(error: SessionError): void {
    this.#closeInOrder('refused', describeSessionError(error));
  }

  /** What was sent goes out first; a peer that does not let it is cut off. */
  #closeInOrder(ending: Ending, reason: string): void {
    if (!this.#end(ending, reason)) return;
    const { clock, limits } = this.#options;
    this.#cancelTimer = clock.after(limits.closeMs, () => this.#socket.terminate());
    this.#socket.resume?.();
    this.#socket.close();
  }

  #giveUp(ending: Ending, reason: string): void {
    if (this.#end(ending, reason)) this.#socket.terminate();
  }

  /** The end, as this side sees it; false when it was over before. */
  #end(ending: Ending, reason: string): boolean {
    if (this.#life === 'ended') return false;
    this.#life = 'ended';
    this.#cancelTimer();
    this.#keepAlive.stop();
    this.#session.end();
    this.#options.ended(this, ending, reason);
    this.#mailbox.end(reason);
    return true;
  }
}
