import { describe, expect, it } from 'vitest';
import { WebSocket } from 'ws';
import { toHex } from '../../../src/base/bytes.ts';
import { type Connection, type Transport, TransportError } from '../../../src/transport/port.ts';
import {
  browserDial,
  browserTransport,
  type PlatformSocket,
} from '../../../src/transport/websocket/browser.ts';
import { socketTransport } from '../../../src/transport/websocket/transport.ts';
import { webSocketServer } from '../../../src/transport/websocket/ws.ts';
import { type TransportWorld, transportConformance } from '../../conformance/transport.ts';
import { handClock } from './handClock.ts';
import { party, station, withAddresses } from './net.ts';

/** `ws` has the browser's interface; it stands for it, so that the test runs on any Node. */
const Platform = WebSocket as unknown as new (url: string) => PlatformSocket;

/** Everyone calls as a browser does, and is called as a server is. */
async function loopback(): Promise<TransportWorld> {
  const addresses = new Map<string, string>();
  const transports: Transport[] = [];
  return {
    join: async () => {
      const { nodeId, identity } = party(transports.length);
      const server = await webSocketServer({ host: '127.0.0.1', port: 0 });
      const transport = socketTransport({ dial: browserDial(Platform), server }, { clock: handClock() })(
        nodeId,
        identity,
      );
      addresses.set(toHex(nodeId), server.address);
      transports.push(transport);
      return withAddresses(transport, addresses);
    },
    close: async () => {
      for (const transport of transports) await transport.close();
    },
  };
}

transportConformance('a browser’s WebSockets', loopback);

describe('the browser’s WebSocket', () => {
  it('calls a node; nobody can call it', async () => {
    const bob = await station(1);
    const { nodeId, identity } = party(0);
    const alice = browserTransport({ WebSocket: Platform })(nodeId, identity);
    const accepted = new Promise<Connection>((resolve) => bob.transport.listen(resolve));
    alice.listen(() => {});
    const near = await alice.connect(bob.nodeId, bob.server.address);
    const far = await accepted;
    const got = new Promise((resolve) => far.onMessage(resolve));
    near.send(Uint8Array.of(0x98));
    expect(await got).toEqual(Uint8Array.of(0x98));
    await alice.close();
    await bob.transport.close();
  });

  it('a peer that sends faster than we work: closed by name', async () => {
    const bob = await station(1);
    const { nodeId, identity } = party(0);
    const alice = browserTransport({ WebSocket: Platform, limits: { receiveBuffer: 10_000 } })(
      nodeId,
      identity,
    );
    const accepted = new Promise<Connection>((resolve) => bob.transport.listen(resolve));
    const near = await alice.connect(bob.nodeId, bob.server.address);
    const far = await accepted;
    near.onMessage(() => new Promise(() => {}));
    const reason = new Promise((resolve) => near.onClose(resolve));
    for (let i = 0; i < 10; i++) far.send(new Uint8Array(5_000).fill(0x98));
    expect(await reason).toBe('receiveBufferFull: 10000 bytes wait for us');
    await alice.close();
    await bob.transport.close();
  });

  it('where there is no WebSocket: said at once', () => {
    const { nodeId, identity } = party(0);
    if (globalThis.WebSocket === undefined)
      expect(() => browserTransport()(nodeId, identity)).toThrow(TransportError);
    else expect(browserTransport()(nodeId, identity).nodeId).toEqual(nodeId);
  });
});
