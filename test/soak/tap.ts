import { toHex } from '../../src/base/bytes.ts';
import type { Connection, Transport } from '../../src/transport/port.ts';

/** What a party does with a message on its way out: what is sent in its place, nothing or several. */
export type Outgoing = (peer: string, message: Uint8Array) => readonly Uint8Array[];

/** A transport that is listened in on, and that can be made to lie. */
export interface Tap extends Transport {
  /** What goes out from now on; default everything as it is. */
  outgoing: Outgoing;
  /** Sends bytes of our own to a peer that is connected. */
  inject(peer: Uint8Array, message: Uint8Array): void;
  /** The newest messages that the node wanted to send, oldest first. */
  readonly sent: readonly { readonly peer: string; readonly message: Uint8Array }[];
}

const KEPT = 60;

/** `onTraffic` is called for every message that leaves. */
export function tap(inner: Transport, onTraffic: (message: Uint8Array) => void): Tap {
  const connections = new Map<string, Connection>();
  const sent: { peer: string; message: Uint8Array }[] = [];
  const self: Tap = {
    nodeId: inner.nodeId,
    outgoing: (_peer, message) => [message],
    sent,
    inject: (peer, message) => connections.get(toHex(peer))?.send(message),
    connect: async (peer) => wrap(await inner.connect(peer)),
    listen: (onConnection) => inner.listen((connection) => onConnection(wrap(connection))),
    close: () => inner.close(),
  };
  const wrap = (connection: Connection): Connection => {
    const peer = toHex(connection.peer);
    connections.set(peer, connection);
    return {
      peer: connection.peer,
      send: (message) => {
        onTraffic(message);
        sent.push({ peer, message: message.slice() });
        if (sent.length > KEPT) sent.shift();
        for (const each of self.outgoing(peer, message)) connection.send(each);
      },
      onMessage: (listener) => connection.onMessage(listener),
      onClose: (listener) => connection.onClose(listener),
      close: (reason) => connection.close(reason),
    };
  };
  return self;
}
