import { concat, fromHex, reverseBytes } from '../../../src/base/bytes.ts';
import { tinySecp256k1 } from '../../../src/crypto/tiny.ts';
import { initiate, receiveAct } from '../../../src/transport/noise/handshake.ts';
import { nextLength, type RecordReader, readPart, sealRecord } from '../../../src/transport/noise/record.ts';
import { describeSessionError, type SessionError } from '../../../src/transport/session/error.ts';
import { Session, type SessionShell } from '../../../src/transport/session/session.ts';
import { CHAIN_HASH, type Party, party } from '../websocket/net.ts';

/** One end of a session, and everything that it said. */
export interface End {
  readonly session: Session;
  /** Bytes that it wrote and nobody has taken yet. */
  readonly out: Uint8Array[];
  readonly messages: Uint8Array[];
  /** What happened, in order: `established`, `pong`, `complaint: …`, or why it failed. */
  readonly log: string[];
  error: SessionError | undefined;
}

export const CALLER = party(0);
export const CALLED = party(1);

export interface EndOptions {
  readonly self: Party;
  readonly peer?: Uint8Array;
  readonly chainHash?: string;
  /** Fills the ephemeral secret. */
  readonly ephemeral?: number;
  readonly pings?: number;
}

export function end({ self, peer, chainHash, ephemeral = 0x77, pings = 100 }: EndOptions): End {
  const log: string[] = [];
  const messages: Uint8Array[] = [];
  const out: Uint8Array[] = [];
  let allowed = pings;
  const shell: SessionShell = {
    write: (bytes) => out.push(bytes),
    greeting: () => 1n,
    established: () => log.push('established'),
    message: (message) => messages.push(message),
    complaint: (text) => log.push(`complaint: ${text}`),
    mayPing: () => allowed-- > 0,
    pong: () => log.push('pong'),
    failed: (error) => {
      made.error = error;
      log.push(describeSessionError(error));
    },
  };
  const own = {
    nodeId: self.nodeId,
    ecdh: self.identity.ecdh,
    ephemeral: new Uint8Array(32).fill(ephemeral),
  };
  const session = new Session(
    {
      curve: tinySecp256k1,
      own,
      chainHash: reverseBytes(fromHex(chainHash ?? CHAIN_HASH)),
      ...(peer === undefined ? {} : { peer }),
    },
    shell,
  );
  const made: End = { session, out, messages, log, error: undefined };
  session.begin();
  return made;
}

/** A caller and the one it calls, before the first byte was carried. */
export function pair(): { readonly caller: End; readonly called: End } {
  return {
    caller: end({ self: CALLER, peer: CALLED.nodeId, ephemeral: 0x11 }),
    called: end({ self: CALLED, ephemeral: 0x22 }),
  };
}

/** Takes what an end wrote, as one stream. */
export function taken(from: End): Uint8Array {
  return concat(...from.out.splice(0));
}

/** Carries bytes both ways until neither end has more to say. */
export function carry(a: End, b: End): void {
  while (a.out.length + b.out.length > 0) {
    b.session.receive(taken(a));
    a.session.receive(taken(b));
  }
}

/** A caller with a key and a mind of its own: nothing is said but what the test says, `init` included. */
export interface RawCaller {
  /** Seals a message as the next record. */
  seal(message: Uint8Array): Uint8Array;
  /** Takes what the other end wrote; returns the messages in it. */
  hear(bytes: Uint8Array): readonly Uint8Array[];
}

/** Shakes hands with whoever is behind `carry`, which takes bytes and returns the answer to them. */
export async function rawCaller(
  peer: Uint8Array,
  carry: (bytes: Uint8Array, answerLength: number) => Uint8Array | Promise<Uint8Array>,
  self: Party = CALLER,
): Promise<RawCaller & { readonly actThree: Uint8Array }> {
  const own = { nodeId: self.nodeId, ecdh: self.identity.ecdh, ephemeral: new Uint8Array(32).fill(0x11) };
  const one = initiate(tinySecp256k1, own, peer);
  if (!('next' in one)) throw new Error('no act two');
  const two = receiveAct(tinySecp256k1, one.next, await carry(one.send, 50));
  if (!two.ok || !('keys' in two.value)) throw new Error('act two refused');
  let cipher = two.value.keys.send;
  let reader: RecordReader = { cipher: two.value.keys.receive, messageLength: undefined };
  let unread = new Uint8Array(0);
  return {
    actThree: two.value.send,
    seal: (message) => {
      const { state, bytes } = sealRecord(cipher, message);
      cipher = state;
      return bytes;
    },
    hear: (bytes) => {
      const messages: Uint8Array[] = [];
      unread = concat(unread, bytes) as typeof unread;
      while (unread.length >= nextLength(reader)) {
        const part = readPart(reader, unread.subarray(0, nextLength(reader)));
        if (part === undefined) throw new Error('not a record');
        unread = unread.slice(nextLength(reader));
        reader = part.reader;
        if (part.message !== undefined) messages.push(part.message);
      }
      return messages;
    },
  };
}
