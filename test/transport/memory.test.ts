import { describe, expect, it } from 'vitest';
import { toHex } from '../../src/base/bytes.ts';
import { InvariantError } from '../../src/base/invariant.ts';
import { type MemoryNetwork, memoryNetwork } from '../../src/transport/memory.ts';
import type { Connection, Transport } from '../../src/transport/port.ts';
import { type TransportWorld, transportConformance } from '../conformance/transport.ts';
import { nodeId } from './nodeId.ts';

function worldOn(network: MemoryNetwork, stop: () => Promise<void>): TransportWorld {
  const transports: Transport[] = [];
  return {
    async join() {
      const transport = network.join(nodeId(transports.length));
      transports.push(transport);
      return transport;
    },
    async close() {
      for (const transport of transports) await transport.close();
      await stop();
    },
  };
}

function realWorld(delayMs: readonly [number, number]): TransportWorld {
  const network = memoryNetwork({ faults: { delayMs } });
  return worldOn(network, () => network.idle());
}

/** Virtual time that runs by itself, as tests of the port know no steps. */
function virtualWorld(delayMs: readonly [number, number]): TransportWorld {
  const network = memoryNetwork({ clock: 'virtual', faults: { delayMs } });
  let running = true;
  const stopped = (async () => {
    while (running) if (!(await network.step())) await new Promise((resolve) => setImmediate(resolve));
  })();
  return worldOn(network, () => {
    running = false;
    return stopped;
  });
}

transportConformance('memory, real clock', async () => realWorld([0, 0]));
transportConformance('memory, real clock, delays', async () => realWorld([0, 2]));
transportConformance('memory, virtual clock', async () => virtualWorld([0, 0]));
transportConformance('memory, virtual clock, delays', async () => virtualWorld([5, 500]));

const [ALICE, BOB, CAROL] = [nodeId(0), nodeId(1), nodeId(2)];

function virtualPair(faults = {}) {
  const network = memoryNetwork({ clock: 'virtual', faults, keepAliveMs: 1000 });
  const alice = network.join(ALICE);
  const bob = network.join(BOB);
  const accepted: Connection[] = [];
  bob.listen((connection) => accepted.push(connection));
  async function connect() {
    const dialed = alice.connect(BOB);
    await network.runUntilIdle();
    const near = await dialed;
    const far = accepted.at(-1);
    if (far === undefined) throw new Error('not accepted');
    return { near, far, log: [logOf('alice', near), logOf('bob', far)].flat() };
  }
  const log: string[] = [];
  function logOf(name: string, connection: Connection): string[] {
    connection.onMessage((message) => log.push(`${network.now} ${name} got ${message}`));
    connection.onClose((reason) => log.push(`${network.now} ${name} closed: ${reason}`));
    return log;
  }
  return { network, alice, bob, accepted, connect, log };
}

describe('virtual network', () => {
  it('nothing stepped: nothing happens', async () => {
    const { network, alice, accepted } = virtualPair();
    let done = false;
    void alice.connect(BOB).then(() => {
      done = true;
    });
    await new Promise((resolve) => setImmediate(resolve));
    expect(done).toBe(false);
    expect(accepted).toEqual([]);
    await network.runUntilIdle();
    expect(done).toBe(true);
    expect(await network.step()).toBe(false);
  });

  it('delay of 250: the message arrives 250 later', async () => {
    const { network, connect, log } = virtualPair({ delayMs: [250, 250] });
    const { near } = await connect();
    expect(network.now).toBe(250);
    near.send(Uint8Array.of(1));
    await network.runUntilIdle();
    expect(log).toEqual(['500 bob got 1']);
  });

  it('frame lost, another follows: the receiver breaks the connection at the gap', async () => {
    const { network, connect, log } = virtualPair();
    const { near } = await connect();
    near.send(Uint8Array.of(1));
    network.setFaults({ drop: 1 });
    near.send(Uint8Array.of(2));
    network.setFaults({});
    near.send(Uint8Array.of(3));
    await network.runUntilIdle();
    const reason = 'frame 2 came in place of frame 1';
    expect(log).toEqual(['0 bob got 1', `0 bob closed: ${reason}`, `0 alice closed: ${reason}`]);
  });

  it('last frame lost: the keep-alive breaks the connection', async () => {
    const { network, connect, log } = virtualPair();
    const { near } = await connect();
    network.setFaults({ drop: 1 });
    near.send(Uint8Array.of(1));
    await network.runUntilIdle();
    expect(log).toEqual([
      '1000 alice closed: keep-alive without answer',
      '1000 bob closed: keep-alive without answer',
    ]);
  });

  it('word of the close lost: the keep-alive tells the peer', async () => {
    const { network, connect, log } = virtualPair();
    const { near } = await connect();
    network.setFaults({ drop: 1 });
    near.close('done');
    await network.runUntilIdle();
    expect(log).toEqual(['0 alice closed: done', '1000 bob closed: keep-alive without answer']);
  });

  it('frame twice: the message arrives once, then the connection breaks', async () => {
    const { network, connect, log } = virtualPair({ duplicate: 1 });
    const { near } = await connect();
    near.send(Uint8Array.of(1));
    await network.runUntilIdle();
    const reason = 'frame 0 came in place of frame 1';
    expect(log).toEqual(['0 bob got 1', `0 bob closed: ${reason}`, `0 alice closed: ${reason}`]);
  });

  it('frame overtaken by the next: nothing of either arrives, the connection breaks', async () => {
    const { network, connect, log } = virtualPair();
    const { near } = await connect();
    network.setFaults({ reorder: 1 });
    near.send(Uint8Array.of(1));
    near.send(Uint8Array.of(2));
    network.setFaults({});
    await network.runUntilIdle();
    const reason = 'frame 1 came in place of frame 0';
    expect(log).toEqual([`0 bob closed: ${reason}`, `0 alice closed: ${reason}`]);
  });

  it('disconnected: both ends close, what was under way is lost, they can connect again', async () => {
    const { network, connect, log } = virtualPair();
    const { near } = await connect();
    near.send(Uint8Array.of(1));
    network.disconnect(BOB, ALICE);
    await network.runUntilIdle();
    expect(log.splice(0)).toEqual(['0 alice closed: connection lost', '0 bob closed: connection lost']);
    (await connect()).near.send(Uint8Array.of(2));
    await network.runUntilIdle();
    expect(log).toEqual(['0 bob got 2']);
  });

  it.each([
    ['the dialer', ALICE],
    ['the dialed', BOB],
  ])('%s offline: unreachable until it is online again', async (_name, node) => {
    const { network, alice, connect, log } = virtualPair();
    await connect();
    network.offline(node);
    const attempt = expect(alice.connect(BOB)).rejects.toMatchObject({ code: 'unreachable', retry: true });
    await network.runUntilIdle();
    await attempt;
    expect(log).toHaveLength(2);
    network.online(node);
    (await connect()).near.send(Uint8Array.of(1));
    await network.runUntilIdle();
    expect(log).toContain('0 bob got 1');
  });

  it('joined again after a crash: the peer sees the break, the dead process hears nothing, old handles do no harm', async () => {
    const { network, alice, connect, log } = virtualPair();
    const { near, far } = await connect();
    far.send(Uint8Array.of(1));
    const revived = network.join(ALICE);
    const dialed = revived.connect(BOB);
    await network.runUntilIdle();
    expect(log).toEqual(['0 bob closed: connection lost']);
    const connection = await dialed;
    near.send(Uint8Array.of(2));
    near.close();
    await alice.close();
    const closes: string[] = [];
    connection.onClose((reason) => closes.push(reason));
    await network.runUntilIdle();
    expect(closes).toEqual([]);
    await expect(alice.connect(BOB)).rejects.toMatchObject({ code: 'closed' });
  });

  it('both dial at once: one connection is left, on which both agree', async () => {
    const { network, alice, bob, accepted } = virtualPair({ delayMs: [1, 10] });
    const atAlice: Connection[] = [];
    alice.listen((connection) => atAlice.push(connection));
    const dialed = Promise.all([alice.connect(BOB), bob.connect(ALICE)]);
    await network.runUntilIdle();
    const [byAlice, byBob] = await dialed;
    const open = new Set<Connection>([byAlice, byBob, ...atAlice, ...accepted]);
    for (const connection of [...open]) connection.onClose(() => open.delete(connection));
    await network.runUntilIdle();
    expect(open.size).toBe(2);
    const [first, second] = [...open];
    const got: Uint8Array[] = [];
    second?.onMessage((message) => got.push(message));
    first?.send(Uint8Array.of(1));
    await network.runUntilIdle();
    expect(got).toEqual([Uint8Array.of(1)]);
  });

  it('timer on the network’s clock: in step with the frames; cancelled, it does not run', async () => {
    const { network, connect, log } = virtualPair({ delayMs: [100, 100] });
    const { near } = await connect();
    near.send(Uint8Array.of(1));
    network.after(50, () => log.push(`${network.now} timer`));
    network.after(150, () => log.push(`${network.now} timer`));
    network.after(70, () => log.push('cancelled'))();
    await network.runUntilIdle();
    expect(log).toEqual(['150 timer', '200 bob got 1', '250 timer']);
  });

  it('own id: unreachable', async () => {
    const { network, alice } = virtualPair();
    const attempt = expect(alice.connect(ALICE)).rejects.toMatchObject({ code: 'unreachable' });
    await network.runUntilIdle();
    await attempt;
  });
});

describe('memory network', () => {
  it('messages sent: counted by direction', async () => {
    const network = memoryNetwork();
    const [alice, bob, carol] = [network.join(ALICE), network.join(BOB), network.join(CAROL)];
    bob.listen((connection) => connection.onMessage((message) => connection.send(message)));
    for (const transport of [alice, carol]) (await transport.connect(BOB)).send(new Uint8Array(100));
    await network.idle();
    const line = (from: Uint8Array, to: Uint8Array) => ({
      from: toHex(from),
      to: toHex(to),
      messages: 1,
      bytes: 100,
    });
    const { perLink, ...totals } = network.stats;
    expect(totals).toEqual({
      messages: 4,
      bytes: 400,
      received: 4,
      dropped: 0,
      duplicated: 0,
      reordered: 0,
    });
    expect(perLink).toHaveLength(4);
    expect(perLink).toEqual(
      expect.arrayContaining([line(ALICE, BOB), line(BOB, ALICE), line(CAROL, BOB), line(BOB, CAROL)]),
    );
  });

  it.each([
    { drop: -0.1 },
    { drop: 1.1 },
    { duplicate: Number.NaN },
    { reorder: 2 },
    { delayMs: [5, 4] as const },
    { delayMs: [-1, 4] as const },
    { delayMs: [0, Number.POSITIVE_INFINITY] as const },
  ])('faults that make no sense, %j: refused', (faults) => {
    expect(() => memoryNetwork({ faults })).toThrow(InvariantError);
    expect(() => memoryNetwork().setFaults(faults)).toThrow(InvariantError);
  });

  it('node id of 32 bytes: refused', () => {
    expect(() => memoryNetwork().join(new Uint8Array(32))).toThrow(InvariantError);
  });
});
