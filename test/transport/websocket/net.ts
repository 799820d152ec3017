import { toHex } from '../../../src/base/bytes.ts';
import { tinySecp256k1 } from '../../../src/crypto/tiny.ts';
import type { Connection, Transport, TransportIdentity } from '../../../src/transport/port.ts';
import type { SocketServer } from '../../../src/transport/websocket/socket.ts';
import {
  type WebSocketTransportOptions,
  webSocketServer,
  webSocketTransport,
} from '../../../src/transport/websocket/ws.ts';
import { handClock } from './handClock.ts';

/** The genesis block of regtest, as it is displayed. */
export const CHAIN_HASH = '0f9188f13cb7b2c71f2a335e3a4fc328bf5beb436012afca590b1a11466e2206';

/** A node's keys in these tests. */
export interface Party {
  readonly secret: Uint8Array;
  readonly nodeId: Uint8Array;
  readonly identity: TransportIdentity;
}

export function party(index: number, chainHash = CHAIN_HASH): Party {
  const secret = new Uint8Array(32).fill(index + 1);
  return {
    secret,
    nodeId: tinySecp256k1.publicKey(secret),
    identity: { ecdh: (point) => tinySecp256k1.ecdh(point, secret), chainHash },
  };
}

/** A transport with a port of its own on loopback, on a clock that stands still unless a test gives another. */
export interface Station extends Party {
  readonly server: SocketServer;
  readonly transport: Transport;
  /** Connects to another station. */
  call(other: Pick<Station, 'nodeId' | 'server'>): Promise<Connection>;
}

export async function station(
  index: number,
  options: WebSocketTransportOptions & Partial<Pick<TransportIdentity, 'chainHash' | 'isWanted'>> = {},
): Promise<Station> {
  const server = await webSocketServer({ host: '127.0.0.1', port: 0 });
  const self = party(index, options.chainHash);
  const { isWanted } = options;
  const identity = { ...self.identity, ...(isWanted === undefined ? {} : { isWanted }) };
  const transport = webSocketTransport({ clock: handClock(), ...options, server })(self.nodeId, identity);
  return {
    ...self,
    server,
    transport,
    call: (other) => transport.connect(other.nodeId, other.server.address),
  };
}

/** The port as the conformance suite sees it: addresses are known by node id. */
export function withAddresses(transport: Transport, addresses: ReadonlyMap<string, string>): Transport {
  return {
    nodeId: transport.nodeId,
    connect: (peer) => transport.connect(peer, addresses.get(toHex(peer))),
    listen: (onConnection) => transport.listen(onConnection),
    close: () => transport.close(),
  };
}
