import { equalBytes, utf8 } from '../../base/bytes.ts';
import { invariant } from '../../base/invariant.ts';
import {
  complaintText,
  decodeInit,
  decodePing,
  encodeInit,
  encodePing,
  encodePong,
  encodeWarning,
  follows,
  MAX_PONG,
  messageNumber,
  NUMBERS,
  requiredFeature,
} from '../../wire/lightning.ts';
import { type Aead, type CipherState, portableAead } from '../noise/cipher.ts';
import {
  actLength,
  type Curve,
  type Handshake,
  initiate,
  type Keys,
  type OwnKeys,
  receiveAct,
  respond,
} from '../noise/handshake.ts';
import { nextLength, type RecordReader, readPart, sealRecord } from '../noise/record.ts';
import { ByteQueue } from './byteQueue.ts';
import { describeSessionError, type SessionError } from './error.ts';

/** What both ends of a connection said of its place among the connections of the pair. */
export interface Ordinals {
  readonly own: bigint;
  readonly peer: bigint;
}

/** What a session asks of the one that holds its socket. Nothing of it is called from within the constructor. */
export interface SessionShell {
  /** Writes to the socket. */
  write(bytes: Uint8Array): void;
  /** The handshake proved the peer's id: the ordinal that our `init` names. */
  greeting(peer: Uint8Array): bigint;
  /** Both sides have said `init`, and neither minds. */
  established(peer: Uint8Array, ordinals: Ordinals): void;
  /** A message for the node: whatever is none of `init`, `ping` and `pong`. */
  message(message: Uint8Array): void;
  /** What the peer says of the connection as a whole, by `error` or `warning`: why it will not have us, perhaps. */
  complaint(text: string): void;
  /** Whether the peer may ping now. */
  mayPing(): boolean;
  pong(): void;
  /** The session is over; nothing is taken any more. */
  failed(error: SessionError): void;
}

export interface SessionOptions {
  readonly curve: Curve;
  readonly own: OwnKeys;
  /** What records are sealed with; default the portable one. */
  readonly aead?: Aead;
  /** The chain that we follow, in the byte order of BOLT 1. */
  readonly chainHash: Uint8Array;
  /** Whom we call; absent when we are called. */
  readonly peer?: Uint8Array;
}

type Phase =
  | { readonly type: 'handshake'; readonly handshake: Handshake }
  | { readonly type: 'init' | 'open'; readonly peer: Uint8Array; readonly reader: RecordReader }
  | { readonly type: 'over' };

/**
 * One end of a connection, without its socket: BOLT 8 below, `init`, `ping` and `pong` of BOLT 1 above. Bytes come in
 * pieces of any length.
 */
export class Session {
  readonly #options: SessionOptions;
  readonly #shell: SessionShell;
  readonly #aead: Aead;
  readonly #queue = new ByteQueue();
  #phase: Phase;
  #send: CipherState | undefined;
  #ownOrdinal = 0n;
  #first: Uint8Array | undefined;

  constructor(options: SessionOptions, shell: SessionShell) {
    this.#options = options;
    this.#shell = shell;
    this.#aead = options.aead ?? portableAead;
    const { curve, own, peer } = options;
    if (peer === undefined) {
      this.#phase = { type: 'handshake', handshake: respond(own) };
      return;
    }
    const step = initiate(curve, own, peer);
    invariant('next' in step, 'act one is not the last');
    this.#first = step.send;
    this.#phase = { type: 'handshake', handshake: step.next };
  }

  /** Sends act one, once the socket is open; does nothing when we are called. */
  begin(): void {
    if (this.#first !== undefined) this.#shell.write(this.#first);
    this.#first = undefined;
  }

  /** Takes what came from the socket. */
  receive(bytes: Uint8Array): void {
    if (this.#phase.type === 'over') return;
    this.#queue.push(bytes);
    while (this.#step());
  }

  /** Seals a message of at most 65,535 bytes. */
  send(message: Uint8Array): void {
    if (this.#phase.type === 'over') return;
    invariant(this.#send !== undefined, 'nothing is sent before the handshake');
    const { state, bytes } = sealRecord(this.#send, message, this.#aead);
    this.#send = state;
    this.#shell.write(bytes);
  }

  /** Asks for a sign of life. */
  ping(): void {
    this.send(encodePing(0));
  }

  /** Takes nothing any more. */
  end(): void {
    this.#phase = { type: 'over' };
  }

  /** Takes the next act, header or message; false when it is not there yet, or nothing is taken any more. */
  #step(): boolean {
    const phase = this.#phase;
    if (phase.type === 'over') return false;
    const needed = phase.type === 'handshake' ? actLength(phase.handshake) : nextLength(phase.reader);
    if (this.#queue.length < needed) return false;
    const bytes = this.#queue.take(needed);
    const error = phase.type === 'handshake' ? this.#act(phase.handshake, bytes) : this.#part(phase, bytes);
    if (error !== undefined) this.#fail(error);
    return true;
  }

  #act(handshake: Handshake, bytes: Uint8Array): SessionError | undefined {
    // whoever calls can say nothing before it has act two
    if (handshake.waitsFor === 1 && this.#queue.length > 0)
      return { code: 'handshakeFailed', act: 1, why: 'more than one act' };
    const step = receiveAct(this.#options.curve, handshake, bytes);
    if (!step.ok) return { code: 'handshakeFailed', act: step.error.act, why: step.error.code };
    const { send } = step.value;
    if ('next' in step.value) this.#phase = { type: 'handshake', handshake: step.value.next };
    if (send.length > 0) this.#shell.write(send);
    return 'keys' in step.value ? this.#greet(step.value.keys) : undefined;
  }

  #greet({ peer, send, receive }: Keys): SessionError | undefined {
    if (equalBytes(peer, this.#options.own.nodeId)) return { code: 'ownNodeId' };
    if (this.#phase.type === 'over') return undefined;
    this.#send = send;
    this.#phase = { type: 'init', peer, reader: { cipher: receive, messageLength: undefined } };
    this.#ownOrdinal = this.#shell.greeting(peer);
    const { chainHash } = this.#options;
    const init = { features: new Uint8Array(0), networks: [chainHash], ordinal: this.#ownOrdinal };
    this.send(encodeInit(init));
    return undefined;
  }

  #part(phase: Extract<Phase, { type: 'init' | 'open' }>, bytes: Uint8Array): SessionError | undefined {
    const part = readPart(phase.reader, bytes, this.#aead);
    if (part === undefined) return { code: 'badRecord' };
    this.#phase = { ...phase, reader: part.reader };
    const { message } = part;
    if (message === undefined) return undefined;
    const complaint = connectionComplaint(message);
    if (complaint === undefined)
      return phase.type === 'init' ? this.#firstMessage(phase.peer, message) : this.#message(message);
    this.#shell.complaint(complaint);
    return undefined;
  }

  #firstMessage(peer: Uint8Array, message: Uint8Array): SessionError | undefined {
    const number = messageNumber(message);
    if (number !== NUMBERS.init) return { code: 'noInit', number };
    const init = decodeInit(message);
    if (!init.ok) return { code: 'malformed', message: 'init', reason: init.error.reason };
    const bit = requiredFeature(init.value.features);
    if (bit !== undefined) return { code: 'unknownFeature', bit };
    if (!follows(init.value, this.#options.chainHash)) return { code: 'otherChain' };
    if (this.#phase.type === 'init') this.#phase = { ...this.#phase, type: 'open' };
    this.#shell.established(peer, { own: this.#ownOrdinal, peer: init.value.ordinal ?? 0n });
    return undefined;
  }

  #message(message: Uint8Array): SessionError | undefined {
    switch (messageNumber(message)) {
      case NUMBERS.init:
        return { code: 'secondInit' };
      case NUMBERS.ping:
        return this.#answer(message);
      case NUMBERS.pong:
        this.#shell.pong();
        return undefined;
      default:
        this.#shell.message(message);
        return undefined;
    }
  }

  #answer(message: Uint8Array): SessionError | undefined {
    const ping = decodePing(message);
    if (!ping.ok) return { code: 'malformed', message: 'ping', reason: ping.error.reason };
    if (!this.#shell.mayPing()) return { code: 'pingFlood' };
    if (ping.value.pongLength <= MAX_PONG) this.send(encodePong(ping.value.pongLength));
    return undefined;
  }

  /** Says why, if the peer can read it, and takes nothing any more. */
  #fail(error: SessionError): void {
    if (this.#send !== undefined) this.send(encodeWarning(utf8(describeSessionError(error))));
    this.end();
    this.#shell.failed(error);
  }
}

function connectionComplaint(message: Uint8Array): string | undefined {
  const number = messageNumber(message);
  return number === NUMBERS.error || number === NUMBERS.warning ? complaintText(message) : undefined;
}
