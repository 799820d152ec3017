import fc from 'fast-check';
import { afterEach, describe, expect, it } from 'vitest';
import { fromHex, toHex, uintBE } from '../../src/base/bytes.ts';
import { simulatedChain } from '../../src/chain/simulated/index.ts';
import { createNode, type Node, type TransportError } from '../../src/index.ts';
import { AddressBook } from '../../src/node/addressBook.ts';
import { Peers } from '../../src/node/peers.ts';
import { type MemoryStore, memoryStore } from '../../src/store/memory.ts';
import { memoryNetwork } from '../../src/transport/memory.ts';
import type { Transport } from '../../src/transport/port.ts';
import type { SocketServer } from '../../src/transport/websocket/socket.ts';
import { webSocketServer, webSocketTransport } from '../../src/transport/websocket/ws.ts';
import { mnemonicFromEntropy } from '../../src/wallet/mnemonic.ts';
import { nodeId } from '../transport/nodeId.ts';
import { handClock } from '../transport/websocket/handClock.ts';

const quiet = { connected: () => {}, disconnected: () => {}, message: () => {} };

async function peersOn(transport: Transport, entropy: (length: number) => Uint8Array, store = memoryStore()) {
  const clock = handClock();
  const pauses: number[] = [];
  const addresses = await AddressBook.load(store);
  const peers = new Peers({
    transport,
    clock: {
      now: clock.now,
      after: (ms, run) => {
        pauses.push(ms);
        return clock.after(ms, run);
      },
    },
    entropy,
    addresses,
    listener: quiet,
  });
  return { peers, clock, pauses, store };
}

/** Lets every promise reaction and message of the memory network run. */
const settled = () => new Promise((resolve) => setImmediate(() => setImmediate(resolve)));

describe('the pauses between calls', () => {
  it('to a node that is not there: each between half and all of a length that doubles up to 30 seconds', async () => {
    await fc.assert(
      fc.asyncProperty(fc.infiniteStream(fc.nat({ max: 0xffff_ffff })), async (dice) => {
        const network = memoryNetwork();
        const entropy = (length: number) => uintBE(dice.next().value ?? 0, length);
        const { peers, clock, pauses } = await peersOn(network.join(nodeId(0)), entropy);
        peers.keep(nodeId(1));
        peers.start();
        for (let call = 0; call < 16; call++) {
          await network.idle();
          await settled();
          clock.pass(30_000);
        }
        expect(pauses).toHaveLength(16);
        for (const [i, pause] of pauses.entries()) {
          const length = Math.min(30_000, 20 * 2 ** i);
          expect(pause).toBeLessThanOrEqual(length);
          expect(pause).toBeGreaterThan(length / 2 - 1e-3);
        }
        await peers.stop();
      }),
      { numRuns: 10 },
    );
  });

  it('after a connection that lasted: they begin anew; after one that was lost at once: they go on', async () => {
    const network = memoryNetwork();
    const { peers, clock, pauses } = await peersOn(
      network.join(nodeId(0)),
      (length) => new Uint8Array(length),
    );
    network.join(nodeId(1)).listen(() => {});
    peers.keep(nodeId(1));
    peers.start();
    for (const seconds of [0, 0, 0, 5, 0]) {
      await network.idle();
      await settled();
      expect(peers.isConnected(toHex(nodeId(1)))).toBe(true);
      clock.pass(seconds * 1_000);
      network.disconnect(nodeId(0), nodeId(1));
      await network.idle();
      await settled();
      clock.pass(30_000);
    }
    expect(pauses).toEqual([20, 40, 80, 20, 40]);
    await peers.stop();
  });

  it('before the start: nobody is called and nobody is heard', async () => {
    const network = memoryNetwork();
    const other = network.join(nodeId(1));
    let calls = 0;
    other.listen(() => calls++);
    const { peers } = await peersOn(network.join(nodeId(0)), (length) => new Uint8Array(length));
    peers.keep(nodeId(1));
    await network.idle();
    await settled();
    expect(calls).toBe(0);
    await expect(other.connect(nodeId(0))).rejects.toMatchObject({ code: 'unreachable' });
    peers.start();
    await network.idle();
    expect(calls).toBe(1);
    await peers.stop();
  });
});

describe('nodes that name each other’s address', () => {
  const chain = simulatedChain();
  chain.mine(1);
  const nodes: Node[] = [];
  afterEach(async () => {
    for (const node of nodes.splice(0)) await node.stop();
  });

  async function start(
    seed: number,
    store: MemoryStore = memoryStore(),
    port = 0,
  ): Promise<{ node: Node; server: SocketServer; store: MemoryStore }> {
    const server = await webSocketServer({ host: '127.0.0.1', port });
    const node = await createNode({
      mnemonic: mnemonicFromEntropy(new Uint8Array(16).fill(seed)),
      chain: chain.connect(),
      transport: webSocketTransport({ server }),
      store,
    });
    nodes.push(node);
    return { node, server, store };
  }

  async function stop(node: Node): Promise<void> {
    nodes.splice(nodes.indexOf(node), 1);
    await node.stop();
  }

  /** Resolves when this many of the node's peers are connected. */
  async function until(node: Node, count: number): Promise<void> {
    const connected = () => node.peers().filter((peer) => peer.connected).length;
    if (connected() === count) return;
    await new Promise<void>((resolve) => {
      const stop = node.onPeer(() => {
        if (connected() !== count) return;
        stop();
        resolve();
      });
    });
  }

  it('connect: both see the connection, each from its side', async () => {
    const [alice, bob] = [await start(1), await start(2)];
    await alice.node.connect(bob.node.id, bob.server.address);
    await until(bob.node, 1);
    const [atAlice] = alice.node.peers();
    const [atBob] = bob.node.peers();
    expect(atAlice).toMatchObject({
      nodeId: bob.node.id,
      address: bob.server.address,
      connected: true,
      direction: 'outgoing',
    });
    expect(atBob).toMatchObject({ nodeId: alice.node.id, connected: true, direction: 'incoming' });
    expect(atBob).not.toHaveProperty('address');
    expect(atAlice?.since).toBeGreaterThan(1_500_000_000);
    await alice.node.connect(bob.node.id);
    expect(alice.node.peers()).toHaveLength(1);
  });

  it('restarted: calls again; after disconnect: never again', async () => {
    const [alice, bob] = [await start(1), await start(2)];
    await alice.node.connect(bob.node.id, bob.server.address);
    await stop(alice.node);
    await until(bob.node, 0);
    const again = await start(1, alice.store.snapshot());
    await until(again.node, 1);
    await again.node.disconnect(bob.node.id);
    await until(bob.node, 0);
    expect(again.node.peers().filter(({ connected }) => connected)).toEqual([]);
    await stop(again.node);
    const third = await start(1, again.store.snapshot());
    expect(third.node.peers()).toEqual([]);
  });

  it('a node that is not there yet: says so, and is connected as soon as it is', async () => {
    const [alice, bob] = [await start(1), await start(2)];
    const address = bob.server.address;
    await stop(bob.node);
    const attempt = alice.node.connect(bob.node.id, address);
    await expect(attempt).rejects.toMatchObject({ name: 'TransportError', code: 'unreachable', retry: true });
    expect(alice.node.peers()).toMatchObject([{ address, connected: false }]);
    await start(2, bob.store.snapshot(), Number(address.split(':').at(-1)));
    await until(alice.node, 1);
  });

  it('both know each other, and call at once: one connection, again after each restart', async () => {
    const [alice, bob] = [await start(1), await start(2)];
    await Promise.all([
      alice.node.connect(bob.node.id, bob.server.address),
      bob.node.connect(alice.node.id, alice.server.address),
    ]);
    await until(alice.node, 1);
    await until(bob.node, 1);
    await stop(alice.node);
    const again = await start(1, alice.store.snapshot(), Number(alice.server.address.split(':').at(-1)));
    await until(again.node, 1);
    await until(bob.node, 1);
  });

  it.each([
    ['no address that is known', undefined, 'noAddress'],
    ['an address that is none', 'somewhere', 'badAddress'],
    ['a scheme that is not ours', 'http://127.0.0.1:80', 'badAddress'],
  ])('%s: refused, and not kept', async (_, address, code) => {
    const { node } = await start(1);
    const other = fromHex('0279be667ef9dcbbac55a06295ce870b07029bfcdb2dce28d959f2815b16f81798');
    await expect(node.connect(other, address)).rejects.toMatchObject({ code, retry: false });
    expect(node.peers()).toEqual([]);
  });

  it.each([
    ['its own id', (node: Node) => node.id],
    ['what is no point of the curve', () => new Uint8Array(33)],
  ])('%s in place of a node: refused, and not kept', async (_, idOf) => {
    const { node, server, store } = await start(1);
    await expect(node.connect(idOf(node), server.address)).rejects.toMatchObject({ code: 'badAddress' });
    expect(node.peers()).toEqual([]);
    expect(await store.value('peers')).not.toContain(server.address);
  });

  it('stopped while it calls: the call ends', async () => {
    const [alice, bob] = [await start(1), await start(2)];
    await stop(bob.node);
    const refused = await alice.node
      .connect(bob.node.id, bob.server.address)
      .catch((error: TransportError) => error.code);
    expect(refused).toBe('unreachable');
    const attempt = alice.node.connect(bob.node.id).catch((error: TransportError) => error.code);
    await stop(alice.node);
    expect(['closed', 'unreachable']).toContain(await attempt);
  });
});
