import { toHex } from '../../src/base/bytes.ts';
import type { Connection, Transport } from '../../src/transport/port.ts';
import { decodeMessage, encodeMessage, type Message } from '../../src/wire/messages.ts';

/** A message that a node received, from the node with that id (hexadecimal). */
export interface Heard {
  readonly from: string;
  readonly message: Message;
}

/** What stands between a node and the network. A node that keeps the protocol has none of the last three. */
export interface Tap {
  /** Hears every message that arrives, also one that is then withheld. */
  readonly heard: (heard: Heard) => void;
  /** Hears of each new connection. */
  readonly linked: (peer: string) => void;
  /** Whether connections with that node (hexadecimal id) are possible. */
  readonly reaches?: (peer: string) => boolean;
  /** What is sent instead of `message`; `null` for nothing. */
  readonly says?: (peer: string, message: Message) => Message | null;
  /** Whether the node is given a message that arrived. */
  readonly listens?: (peer: string, message: Message) => boolean;
}

/** The transport with a tap on it. */
export function tapped(transport: Transport, tap: Tap): Transport {
  const unreachable = (peer: Uint8Array) => tap.reaches?.(toHex(peer)) === false;
  return {
    nodeId: transport.nodeId,
    connect: async (peer) => {
      if (unreachable(peer)) throw new Error('the network is down between these two');
      const connection = await transport.connect(peer);
      tap.linked(toHex(peer));
      return tappedConnection(connection, tap);
    },
    listen: (onConnection) =>
      transport.listen((connection) => {
        if (unreachable(connection.peer)) connection.close('the network is down between these two');
        else {
          tap.linked(toHex(connection.peer));
          onConnection(tappedConnection(connection, tap));
        }
      }),
    close: () => transport.close(),
  };
}

function tappedConnection(connection: Connection, tap: Tap): Connection {
  const peer = toHex(connection.peer);
  return {
    peer: connection.peer,
    send: (bytes) => {
      const decoded = decodeMessage(bytes);
      if (!decoded.ok || tap.says === undefined) return connection.send(bytes);
      const said = tap.says(peer, decoded.value);
      if (said !== null) connection.send(encodeMessage(said));
    },
    onMessage: (listener) =>
      connection.onMessage((bytes) => {
        const decoded = decodeMessage(bytes);
        if (decoded.ok) tap.heard({ from: peer, message: decoded.value });
        if (!decoded.ok || tap.listens?.(peer, decoded.value) !== false) listener(bytes);
      }),
    onClose: (listener) => connection.onClose(listener),
    close: (reason) => connection.close(reason),
  };
}
