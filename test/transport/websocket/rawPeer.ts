import { WebSocket } from 'ws';
import { concat } from '../../../src/base/bytes.ts';
import { encodeInit } from '../../../src/wire/lightning.ts';
import { type RawCaller, rawCaller } from '../session/pair.ts';
import type { Party, Station } from './net.ts';

/** A WebSocket that says only what a test says. */
export interface RawSocket {
  readonly socket: WebSocket;
  /** Resolves with the next `length` bytes of the stream. */
  read(length: number): Promise<Uint8Array>;
  /** Everything that came and was not read. */
  rest(): Uint8Array;
  /** Resolves when more has come. */
  more(): Promise<void>;
  /** Resolves with the WebSocket's close code. */
  readonly closed: Promise<number>;
}

export async function rawSocket(address: string): Promise<RawSocket> {
  const socket = new WebSocket(`ws://${address}`);
  let unread = new Uint8Array(0);
  let wake = () => {};
  socket.on('message', (data: Buffer) => {
    unread = concat(unread, new Uint8Array(data)) as typeof unread;
    wake();
  });
  const closed = new Promise<number>((resolve) => socket.on('close', resolve));
  await new Promise<void>((resolve, reject) => {
    socket.on('open', resolve);
    socket.on('error', reject);
  });
  return {
    socket,
    closed,
    more: () =>
      new Promise((resolve) => {
        wake = resolve;
      }),
    rest: () => {
      const rest = unread;
      unread = new Uint8Array(0);
      return rest;
    },
    read: async (length) => {
      while (unread.length < length)
        await new Promise<void>((resolve) => {
          wake = resolve;
        });
      const bytes = unread.slice(0, length);
      unread = unread.slice(length);
      return bytes;
    },
  };
}

/** A peer with a key, that says only what a test says. */
export interface RawPeer extends RawSocket, RawCaller {
  say(message: Uint8Array): void;
  /** The next message that the node says, `init` first. */
  next(): Promise<Uint8Array>;
}

/** A peer that is through the handshake, with nothing said yet. */
export async function rawPeer(station: Station, self?: Party): Promise<RawPeer> {
  const raw = await rawSocket(station.server.address);
  const caller = await rawCaller(
    station.nodeId,
    (bytes, length) => {
      raw.socket.send(bytes);
      return raw.read(length);
    },
    self,
  );
  raw.socket.send(caller.actThree);
  const heard: Uint8Array[] = [];
  return {
    ...raw,
    ...caller,
    say: (message) => raw.socket.send(caller.seal(message)),
    next: async () => {
      for (;;) {
        heard.push(...caller.hear(raw.rest()));
        const message = heard.shift();
        if (message !== undefined) return message;
        await raw.more();
      }
    },
  };
}

/** A peer that has said `init` too, and heard the node's. */
export async function connectedPeer(station: Station, self?: Party): Promise<RawPeer> {
  const peer = await rawPeer(station, self);
  peer.say(encodeInit({ features: new Uint8Array(0) }));
  await peer.next();
  return peer;
}
