import { toHex } from '../../src/base/bytes.ts';
import type { NodeOptions } from '../../src/node/options.ts';
import type { Connection, Transport } from '../../src/transport/port.ts';
import { webSocketServer, webSocketTransport } from '../../src/transport/websocket/ws.ts';

/** Nodes on loopback, over real sockets. */
export interface SocketNetwork {
  /** The transport of a party for one start of its node, on the port of its first start. */
  transport(name: string): Promise<NodeOptions['transport']>;
  /** Where a party listens. */
  address(name: string): string;
  /** Messages that were sent until now. */
  readonly sent: number;
  /** Resolves when every message that was sent on a connection that lives has arrived. */
  idle(): Promise<void>;
}

/** Messages from one node to another on their newest connection. */
interface Direction {
  sent: number;
  received: number;
  open: boolean;
}

/** A machine that is busy with other tests is not a peer that is gone. */
const PATIENT = { handshakeMs: 300_000, idleMs: 300_000, pongMs: 300_000 };

export function socketNetwork(): SocketNetwork {
  const ports = new Map<string, number>();
  const directions = new Map<string, Direction>();
  const waiting = new Set<() => void>();
  let sent = 0;

  const direction = (from: Uint8Array, to: Uint8Array): Direction => {
    const key = `${toHex(from)} ${toHex(to)}`;
    const known = directions.get(key) ?? { sent: 0, received: 0, open: false };
    directions.set(key, known);
    return known;
  };
  const isIdle = () =>
    [...directions.values()].every(({ open, sent, received }) => !open || sent === received);
  const changed = () => {
    if (isIdle()) for (const resolve of waiting) resolve();
  };

  const counted = (self: Uint8Array, connection: Connection): Connection => {
    const out = direction(self, connection.peer);
    const into = direction(connection.peer, self);
    Object.assign(out, { sent: 0, open: true });
    into.received = 0;
    connection.onClose(() => {
      out.open = false;
      into.open = false;
      changed();
    });
    return {
      peer: connection.peer,
      send: (message) => {
        sent += 1;
        out.sent += 1;
        connection.send(message);
      },
      onMessage: (listener) =>
        connection.onMessage((message) => {
          into.received += 1;
          const work = listener(message);
          changed();
          return work;
        }),
      onClose: (listener) => connection.onClose(listener),
      close: (reason) => connection.close(reason),
    };
  };
  const watched = (transport: Transport): Transport => ({
    nodeId: transport.nodeId,
    connect: async (peer, address) => counted(transport.nodeId, await transport.connect(peer, address)),
    listen: (take) => transport.listen((connection) => take(counted(transport.nodeId, connection))),
    close: () => transport.close(),
  });

  return {
    transport: async (name) => {
      const server = await webSocketServer({ host: '127.0.0.1', port: ports.get(name) ?? 0 });
      ports.set(name, Number(server.address.split(':').at(-1)));
      return (nodeId, identity) => watched(webSocketTransport({ server, limits: PATIENT })(nodeId, identity));
    },
    address: (name) => `127.0.0.1:${ports.get(name)}`,
    get sent() {
      return sent;
    },
    idle: async () => {
      if (isIdle()) return;
      await new Promise<void>((resolve) => {
        const done = () => {
          waiting.delete(done);
          resolve();
        };
        waiting.add(done);
      });
    },
  };
}
