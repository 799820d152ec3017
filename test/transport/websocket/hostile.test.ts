import { once } from 'node:events';
import { request } from 'node:http';
import { connect, type Socket as Line } from 'node:net';
import { afterEach, describe, expect, it } from 'vitest';
import { equalBytes, uintBE } from '../../../src/base/bytes.ts';
import type { Connection } from '../../../src/transport/port.ts';
import { DEFAULT_LIMITS, type Limits } from '../../../src/transport/websocket/limits.ts';
import { complaintText, encodeInit, encodePing, encodePong } from '../../../src/wire/lightning.ts';
import { type HandClock, handClock } from './handClock.ts';
import { type Party, party, type Station, station } from './net.ts';
import { connectedPeer, rawPeer, rawSocket } from './rawPeer.ts';

const stations: Station[] = [];
const lines: Line[] = [];
afterEach(async () => {
  for (const line of lines.splice(0)) line.destroy();
  for (const { transport } of stations.splice(0)) await transport.close();
});

interface Called extends Station {
  readonly clock: HandClock;
  /** Why callers were sent away. */
  readonly refused: string[];
  /** Resolves with the next reason. */
  refusal(): Promise<string>;
  accepted(): Promise<Connection>;
}

/** A node that listens, on a clock that the test moves. */
async function called(limits: Partial<Limits> = {}, wanted: readonly Party[] = []): Promise<Called> {
  const clock = handClock();
  const refused: string[] = [];
  let wake = () => {};
  const self = await station(1, {
    clock,
    limits,
    isWanted: (peer) => wanted.some(({ nodeId }) => equalBytes(nodeId, peer)),
    onRefused: ({ reason }) => {
      refused.push(reason);
      wake();
    },
  });
  stations.push(self);
  const connections: Connection[] = [];
  let arrived = () => {};
  self.transport.listen((connection) => {
    connections.push(connection);
    arrived();
  });
  let seen = 0;
  return {
    ...self,
    clock,
    refused,
    refusal: async () => {
      while (refused.length <= seen)
        await new Promise<void>((resolve) => {
          wake = resolve;
        });
      return refused[seen++] as string;
    },
    accepted: async () => {
      while (connections.length === 0)
        await new Promise<void>((resolve) => {
          arrived = resolve;
        });
      return connections.shift() as Connection;
    },
  };
}

const closeOf = (connection: Connection) => new Promise<string>((resolve) => connection.onClose(resolve));

/** A TCP line that says nothing by itself. */
async function line(address: string): Promise<Line> {
  const [host = '', port] = address.split(':');
  const made = connect(Number(port), host);
  lines.push(made);
  made.on('error', () => {});
  await once(made, 'connect');
  return made;
}

const TIMEOUT = `handshakeTimeout: after ${DEFAULT_LIMITS.handshakeMs} ms`;

describe('a caller that takes its time', () => {
  it.each([
    ['a line and nothing on it', ''],
    ['half a request', 'GET / HTTP/1.1\r\nHost: x\r\nUpgrade: webs'],
  ])('%s: cut off when its time is over', async (_, text) => {
    const bob = await called();
    const slow = await line(bob.server.address);
    const closed = new Promise((resolve) => slow.on('close', resolve));
    slow.write(text);
    await bob.clock.timers(1);
    bob.clock.pass(DEFAULT_LIMITS.handshakeMs - 1);
    expect(bob.refused).toEqual([]);
    bob.clock.pass(1);
    expect(await bob.refusal()).toBe(TIMEOUT);
    await closed;
  });

  it('a WebSocket without a handshake, or with half an act: the same', async () => {
    const bob = await called();
    for (const act of [0, 49]) {
      const slow = await rawSocket(bob.server.address);
      if (act > 0) slow.socket.send(new Uint8Array(act));
      bob.clock.pass(DEFAULT_LIMITS.handshakeMs);
      expect(await bob.refusal()).toBe(TIMEOUT);
      await slow.closed;
    }
  });

  it('a handshake, and no init: the same', async () => {
    const bob = await called();
    const slow = await rawPeer(bob);
    await slow.next();
    bob.clock.pass(DEFAULT_LIMITS.handshakeMs);
    expect(await bob.refusal()).toBe(TIMEOUT);
    await slow.closed;
  });

  it.each([
    ['nothing', ''],
    ['half a request', 'GET / HTTP/1.1\r\nHost: x\r\nUpgrade: webs'],
  ])('%s, and the node stops: it does not wait for the caller', async (_, text) => {
    const bob = await called();
    const slow = await line(bob.server.address);
    slow.write(text);
    await bob.clock.timers(1);
    await bob.transport.close();
    expect(bob.refused).toEqual([]);
  });

  it('connected in time: not cut off later', async () => {
    const bob = await called();
    const peer = await connectedPeer(bob);
    const connection = await bob.accepted();
    bob.clock.pass(DEFAULT_LIMITS.handshakeMs);
    const got = new Promise((resolve) => connection.onMessage(resolve));
    peer.say(Uint8Array.of(0x98, 1));
    expect(await got).toEqual(Uint8Array.of(0x98, 1));
  });
});

describe('a caller that says what it may not', () => {
  it('an ordinary request: told to use WebSocket', async () => {
    const bob = await called();
    const response = await new Promise<number | undefined>((resolve, reject) => {
      request(`http://${bob.server.address}`, (answer) => {
        answer.resume();
        resolve(answer.statusCode);
      })
        .on('error', reject)
        .end();
    });
    expect(response).toBe(426);
  });

  it('no HTTP at all: cut off', async () => {
    const bob = await called();
    const odd = await line(bob.server.address);
    const closed = new Promise((resolve) => odd.on('close', resolve));
    odd.write('\x16\x03\x01\x02\x00\x01\x00\x01\xfc\r\n\r\n');
    await closed;
  });

  it('a text frame, before the handshake and after it: closed', async () => {
    const bob = await called();
    const early = await rawSocket(bob.server.address);
    early.socket.send('hello');
    expect(await bob.refusal()).toBe('textFrame');
    await early.closed;
    const late = await connectedPeer(bob);
    const reason = closeOf(await bob.accepted());
    late.socket.send('hello');
    expect(await reason).toBe('textFrame');
  });

  it('a frame longer than two records: closed, however much of it there is', async () => {
    const bob = await called();
    const early = await rawSocket(bob.server.address);
    early.socket.send(new Uint8Array(2 * 65_569 + 1));
    expect(await bob.refusal()).toBe('frameTooLong: more than 131138 bytes');
    expect(await early.closed).toBe(1009);
  });

  it('act one for another node, altered, or too long: closed without a byte', async () => {
    const bob = await called();
    const acts = [new Uint8Array(50), Uint8Array.of(1, ...new Uint8Array(49)), new Uint8Array(51)];
    for (const act of acts) {
      const caller = await rawSocket(bob.server.address);
      caller.socket.send(act);
      expect(await bob.refusal()).toMatch(/^handshakeFailed: act 1/);
      await caller.closed;
      expect(caller.rest()).toHaveLength(0);
    }
  });

  it('a record that was altered: closed', async () => {
    const bob = await called();
    const peer = await connectedPeer(bob);
    const connection = await bob.accepted();
    const got: Uint8Array[] = [];
    connection.onMessage((message) => got.push(message));
    const record = peer.seal(Uint8Array.of(0x98, 1));
    record[record.length - 1] = (record[record.length - 1] as number) ^ 1;
    peer.socket.send(record);
    expect(await closeOf(connection)).toBe('badRecord');
    expect(got).toEqual([]);
  });

  it('pings without end: closed', async () => {
    const bob = await called({ pings: 5 });
    const peer = await connectedPeer(bob);
    const reason = closeOf(await bob.accepted());
    for (let i = 0; i < 6; i++) peer.say(encodePing(0));
    expect(await reason).toBe('pingFlood');
  });

  it('a ping each second, for as long as it likes: answered', async () => {
    const bob = await called({ pings: 5 });
    const peer = await connectedPeer(bob);
    for (let i = 0; i < 20; i++) {
      bob.clock.pass(1_000);
      peer.say(encodePing(i));
      expect(await peer.next()).toEqual(encodePong(i));
    }
  });
});

describe('a peer that counts as far as it may', () => {
  it('the greatest ordinal, again and again: its newest connection is kept, others are as before', async () => {
    const bob = await called();
    for (let i = 0; i < 3; i++) {
      const peer = await rawPeer(bob);
      peer.say(encodeInit({ features: new Uint8Array(0), ordinal: 2n ** 53n }));
      await bob.accepted();
    }
    await connectedPeer(bob, party(9));
    await bob.accepted();
  });
});

describe('too many', () => {
  it('handshakes of one address: the next is sent away, and taken when there is room', async () => {
    const bob = await called({ handshakesPerAddress: 2 });
    const first = await rawSocket(bob.server.address);
    await rawSocket(bob.server.address);
    await expect(rawSocket(bob.server.address)).rejects.toThrow();
    expect(await bob.refusal()).toBe('tooManyHandshakes');
    first.socket.close();
    expect(await bob.refusal()).toBe('closed by the peer');
    await first.closed;
    await connectedPeer(bob);
    await bob.accepted();
  });

  it('arrivals of one address: sent away without a handshake until it waits', async () => {
    const bob = await called({ arrivalsPerAddress: 2 });
    for (const index of [10, 11]) {
      await connectedPeer(bob, party(index));
      await bob.accepted();
    }
    await expect(rawSocket(bob.server.address)).rejects.toThrow();
    expect(await bob.refusal()).toBe('tooManyArrivals');
    bob.clock.pass(1_000);
    await connectedPeer(bob, party(12));
    await bob.accepted();
  });

  it('arrivals in all: one that the node needs is taken where it came before', async () => {
    const friend = party(9);
    const bob = await called({ arrivalsPerSecond: 1 }, [friend]);
    for (let i = 0; i < 3; i++) {
      await connectedPeer(bob, friend);
      expect((await bob.accepted()).peer).toEqual(friend.nodeId);
    }
    const carol = await called({ arrivalsPerSecond: 1 });
    await connectedPeer(carol, party(10));
    await carol.accepted();
    await expect(rawSocket(carol.server.address)).rejects.toThrow();
    expect(await carol.refusal()).toBe('tooManyArrivals');
  });

  it('handshakes in all: those that are through do not count', async () => {
    const bob = await called({ handshakes: 1 });
    for (let i = 0; i < 4; i++) {
      await connectedPeer(bob, party(10 + i));
      await bob.accepted();
    }
    await rawSocket(bob.server.address);
    await expect(rawSocket(bob.server.address)).rejects.toThrow();
    expect(await bob.refusal()).toBe('tooManyHandshakes');
  });

  it.each(['callers', 'callersPerAddress'] as const)(
    '%s: the next is sent away, and taken when there is room; one that the node needs is always taken',
    async (limit) => {
      const friend = party(9);
      const bob = await called({ [limit]: 2 }, [friend]);
      const strangers = [await connectedPeer(bob, party(10)), await connectedPeer(bob, party(11))];
      const connections = [await bob.accepted(), await bob.accepted()];
      await connectedPeer(bob, party(12));
      expect(await bob.refusal()).toBe('tooManyCallers');
      await connectedPeer(bob, friend);
      expect((await bob.accepted()).peer).toEqual(friend.nodeId);
      const left = Promise.all(connections.map(closeOf));
      for (const { socket } of strangers) socket.close();
      await left;
      await connectedPeer(bob, party(12));
      expect((await bob.accepted()).peer).toEqual(party(12).nodeId);
    },
  );

  it('connections of one peer: refused until it waits, others are not', async () => {
    const bob = await called({ connectionsPerPeer: 3 });
    for (let i = 0; i < 3; i++) {
      await connectedPeer(bob);
      await bob.accepted();
    }
    await connectedPeer(bob);
    expect(await bob.refusal()).toBe('tooManyConnections: this peer connects too often');
    await connectedPeer(bob, party(9));
    await bob.accepted();
    bob.clock.pass(1_000);
    await connectedPeer(bob);
    await bob.accepted();
  });
});

describe('a peer that is not there, or does not keep up', () => {
  it('silence: a ping; no answer: closed', async () => {
    const bob = await called();
    await connectedPeer(bob);
    const connection = await bob.accepted();
    const reasons: string[] = [];
    connection.onClose((reason) => reasons.push(reason));
    bob.clock.pass(DEFAULT_LIMITS.idleMs + DEFAULT_LIMITS.pongMs - 1);
    await Promise.resolve();
    expect(reasons).toEqual([]);
    bob.clock.pass(1);
    expect(await closeOf(connection)).toBe(`noPong: nothing in ${DEFAULT_LIMITS.pongMs} ms`);
  });

  it('silence, and both ends well: the pong keeps the connection', async () => {
    const bob = await called();
    const alice = await station(0);
    stations.push(alice);
    const near = await alice.call(bob);
    near.onMessage((message) => near.send(message));
    const connection = await bob.accepted();
    const reasons: string[] = [];
    connection.onClose((reason) => reasons.push(reason));
    for (let i = 0; i < 5; i++) {
      bob.clock.pass(DEFAULT_LIMITS.idleMs);
      // the ping is out: what comes back after this has the pong before it
      const back = new Promise((resolve) => connection.onMessage(resolve));
      connection.send(Uint8Array.of(0x98, i));
      await back;
      bob.clock.pass(DEFAULT_LIMITS.pongMs - 1);
    }
    expect(reasons).toEqual([]);
  });

  it('bytes that it does not read: closed when there are too many', async () => {
    const bob = await called({ sendBuffer: 1024 * 1024 });
    const peer = await connectedPeer(bob);
    const connection = await bob.accepted();
    peer.socket.pause();
    const reason = closeOf(connection);
    const message = new Uint8Array(65_535).fill(0x98);
    let closed = false;
    connection.onClose(() => {
      closed = true;
    });
    for (let i = 0; i < 10_000 && !closed; i++) {
      connection.send(message);
      if (i % 16 === 0) await new Promise((resolve) => setImmediate(resolve));
    }
    expect(await reason).toBe('sendBufferFull: 1048576 bytes that the peer does not read');
  });

  it('faster than we are: read no further until we are through, then all of it arrives', async () => {
    const bob = await called({ receiveBuffer: 64 * 1024 });
    const peer = await connectedPeer(bob);
    const connection = await bob.accepted();
    const COUNT = 2_000;
    const got: number[] = [];
    let finish: (() => void)[] = [];
    let all = () => {};
    const arrived = new Promise<void>((resolve) => {
      all = resolve;
    });
    let first = () => {};
    const begun = new Promise<void>((resolve) => {
      first = resolve;
    });
    let slow = true;
    connection.onMessage((message) => {
      got.push((message[1] as number) * 256 + (message[2] as number));
      first();
      if (got.length === COUNT) all();
      return slow ? new Promise<void>((resolve) => finish.push(resolve)) : undefined;
    });
    const filler = new Uint8Array(4_000);
    for (let i = 0; i < COUNT; i++) peer.say(Uint8Array.of(0x98, ...uintBE(i, 2), ...filler));
    await begun;
    for (let turn = 0; turn < 50; turn++) await new Promise((resolve) => setImmediate(resolve));
    // 64 KiB, and what one read of the line had in it
    expect(got.length).toBeLessThan(100);
    slow = false;
    for (const resolve of finish) resolve();
    finish = [];
    await arrived;
    expect(got).toEqual(Array.from({ length: COUNT }, (_, i) => i));
  });
});

describe('a caller that is refused', () => {
  it('of another chain: both ends say so', async () => {
    const bob = await called();
    const alice = await station(0, { chainHash: '11'.repeat(32) });
    stations.push(alice);
    await expect(alice.call(bob)).rejects.toMatchObject({ code: 'refused', retry: true });
    expect(await bob.refusal()).toMatch(/^otherChain|^refused by the peer: otherChain/);
  });

  it('with an even feature: told', async () => {
    const bob = await called();
    const peer = await rawPeer(bob);
    peer.say(encodeInit({ features: Uint8Array.of(1) }));
    expect(await bob.refusal()).toBe('unknownFeature: bit 0');
    await peer.closed;
    const [, warning = new Uint8Array(0)] = peer.hear(peer.rest());
    expect(complaintText(warning)).toBe('unknownFeature: bit 0');
  });

  it('calls a node by another id: not connected', async () => {
    const bob = await called();
    const alice = await station(0);
    stations.push(alice);
    const attempt = alice.transport.connect(party(7).nodeId, bob.server.address);
    await expect(attempt).rejects.toMatchObject({ code: 'unreachable', retry: true });
    expect(await bob.refusal()).toBe('handshakeFailed: act 1, badTag');
  });
});
