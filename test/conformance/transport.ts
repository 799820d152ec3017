import fc from 'fast-check';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { InvariantError } from '../../src/base/invariant.ts';
import {
  type Connection,
  MAX_MESSAGE_LENGTH,
  type Transport,
  TransportError,
} from '../../src/transport/port.ts';

/** Nodes that can reach each other. */
export interface TransportWorld {
  /** A new node, ready to listen; every other node of the world can connect to it by its id. */
  join(): Promise<Transport>;
  close(): Promise<void>;
}

/** Everything that one end of a connection sees. */
interface Observed {
  readonly messages: Uint8Array[];
  readonly closes: string[];
  /** Messages and closes in their order: their bytes, or the reason. */
  readonly events: (Uint8Array | string)[];
  /** Resolves when `count` messages arrived. */
  arrived(count: number): Promise<void>;
  readonly closed: Promise<string>;
}

function observe(connection: Connection): Observed {
  const observed = { messages: [] as Uint8Array[], closes: [] as string[], events: [] as Observed['events'] };
  const waiting = new Map<number, () => void>();
  connection.onMessage((message) => {
    observed.messages.push(message);
    observed.events.push(message);
    waiting.get(observed.messages.length)?.();
  });
  const closed = new Promise<string>((resolve) => {
    connection.onClose((reason) => {
      observed.closes.push(reason);
      observed.events.push(reason);
      resolve(reason);
    });
  });
  return {
    ...observed,
    closed,
    arrived: (count) =>
      observed.messages.length >= count
        ? Promise.resolve()
        : new Promise((resolve) => waiting.set(count, resolve)),
  };
}

async function connected(from: Transport, to: Transport): Promise<readonly [Connection, Connection]> {
  const accepted = new Promise<Connection>((resolve) => to.listen(resolve));
  const connection = await from.connect(to.nodeId);
  return [connection, await accepted];
}

/** Messages of the node: numbers that BOLT 1 leaves to everyone. */
const numbered = (count: number) =>
  Array.from({ length: count }, (_, i) => Uint8Array.of(0x98, i >> 8, i & 0xff));

/** What every adapter of the transport port has to do. */
export function transportConformance(name: string, open: () => Promise<TransportWorld>): void {
  describe(`transport port on ${name}`, () => {
    let world: TransportWorld;
    let alice: Transport;
    let bob: Transport;

    beforeEach(async () => {
      world = await open();
      alice = await world.join();
      bob = await world.join();
    });

    afterEach(() => world.close());

    it('connected: each end names the other', async () => {
      const [near, far] = await connected(alice, bob);
      expect(near.peer).toEqual(bob.nodeId);
      expect(far.peer).toEqual(alice.nodeId);
      expect(alice.nodeId).toHaveLength(33);
      expect(alice.nodeId).not.toEqual(bob.nodeId);
    });

    it('any messages both ways at once: each side gets the other’s, whole and in order', async () => {
      const [near, far] = await connected(alice, bob);
      const [atAlice, atBob] = [observe(near), observe(far)];
      const message = fc.uint8Array({ maxLength: 300 }).map((rest) => Uint8Array.of(0x98, ...rest));
      const messages = fc.array(message, { maxLength: 20 });
      const sent = { byAlice: [] as Uint8Array[], byBob: [] as Uint8Array[] };
      await fc.assert(
        fc.asyncProperty(messages, messages, async (byAlice, byBob) => {
          sent.byAlice.push(...byAlice);
          sent.byBob.push(...byBob);
          for (const message of byAlice) near.send(message);
          for (const message of byBob) far.send(message);
          await Promise.all([atBob.arrived(sent.byAlice.length), atAlice.arrived(sent.byBob.length)]);
          expect(atBob.messages).toEqual(sent.byAlice);
          expect(atAlice.messages).toEqual(sent.byBob);
        }),
        { numRuns: 30 },
      );
    });

    it('messages of 1 byte and of the greatest length: whole', async () => {
      const [near, far] = await connected(alice, bob);
      const atBob = observe(far);
      const longest = Uint8Array.from({ length: MAX_MESSAGE_LENGTH }, (_, i) => i * 31);
      for (const message of [longest, Uint8Array.of(7), longest]) near.send(message);
      await atBob.arrived(3);
      expect(atBob.messages).toEqual([longest, Uint8Array.of(7), longest]);
    });

    it('message one byte too long: refused, the connection goes on', async () => {
      const [near, far] = await connected(alice, bob);
      const atBob = observe(far);
      expect(() => near.send(new Uint8Array(MAX_MESSAGE_LENGTH + 1))).toThrow(InvariantError);
      near.send(Uint8Array.of(1));
      await atBob.arrived(1);
      expect(atBob.messages).toEqual([Uint8Array.of(1)]);
    });

    it('bytes overwritten after the send: the peer gets what was sent', async () => {
      const [near, far] = await connected(alice, bob);
      const atBob = observe(far);
      const bytes = Uint8Array.of(1, 2, 3);
      near.send(bytes);
      bytes.fill(9);
      await atBob.arrived(1);
      expect(atBob.messages).toEqual([Uint8Array.of(1, 2, 3)]);
    });

    it('messages before there is a listener: kept and handed over first, in order', async () => {
      const [near, far] = await connected(alice, bob);
      for (const message of numbered(5)) near.send(message);
      await reconnectAndEcho(alice, await world.join());
      const atBob = observe(far);
      near.send(Uint8Array.of(0x98, 0, 5));
      await atBob.arrived(6);
      expect(atBob.messages).toEqual(numbered(6));
    });

    it('listener set: not called from within the call', async () => {
      const [near, far] = await connected(alice, bob);
      near.send(Uint8Array.of(1));
      near.close();
      await observeClose(near);
      await observeClose(far);
      let inside = true;
      const called = new Promise<boolean>((resolve) => far.onMessage(() => resolve(inside)));
      inside = false;
      expect(await called).toBe(false);
    });

    it('another message listener: takes the place of the first', async () => {
      const [near, far] = await connected(alice, bob);
      const first = observe(far);
      near.send(Uint8Array.of(1));
      await first.arrived(1);
      const second = observe(far);
      near.send(Uint8Array.of(2));
      await second.arrived(1);
      expect(first.messages).toEqual([Uint8Array.of(1)]);
      expect(second.messages).toEqual([Uint8Array.of(2)]);
    });

    it('closed after some messages: they arrive, then both ends learn of the close, once', async () => {
      const [near, far] = await connected(alice, bob);
      const [atAlice, atBob] = [observe(near), observe(far)];
      for (const message of numbered(50)) near.send(message);
      near.close('done');
      expect(atAlice.closes).toEqual([]);
      await Promise.all([atAlice.closed, atBob.closed]);
      expect(atBob.events.slice(0, 50)).toEqual(numbered(50));
      expect(atBob.events).toHaveLength(51);
      expect(atAlice.closes).toEqual(['done']);
    });

    it('close and send after the close: ignored', async () => {
      const [near, far] = await connected(alice, bob);
      const [atAlice, atBob] = [observe(near), observe(far)];
      near.close();
      near.close('again');
      near.send(Uint8Array.of(1));
      await Promise.all([atAlice.closed, atBob.closed]);
      far.close();
      far.send(Uint8Array.of(1));
      await reconnectAndEcho(alice, bob);
      expect(atAlice.events).toHaveLength(1);
      expect(atBob.events).toHaveLength(1);
    });

    it('closed at the third message: nothing more is handed over on this end', async () => {
      const [near, far] = await connected(alice, bob);
      const got: Uint8Array[] = [];
      far.onMessage((message) => {
        got.push(message);
        if (got.length === 3) far.close();
      });
      for (const message of numbered(10)) near.send(message);
      await Promise.all([observeClose(near), observeClose(far)]);
      expect(got).toEqual(numbered(3));
    });

    it('close listener set after the close: called with the reason, not from within the call', async () => {
      const [near, far] = await connected(alice, bob);
      near.close('done');
      await Promise.all([observeClose(near), observeClose(far)]);
      const late = observe(near);
      expect(late.closes).toEqual([]);
      expect(await late.closed).toBe('done');
      await observe(far).closed;
    });

    it('messages and the close before there are listeners: the messages first, then the close', async () => {
      const [near, far] = await connected(alice, bob);
      for (const message of numbered(3)) near.send(message);
      near.close();
      await Promise.all([observeClose(near), observeClose(far)]);
      const atBob = observe(far);
      await atBob.closed;
      expect(atBob.events.slice(0, 3)).toEqual(numbered(3));
      expect(atBob.events).toHaveLength(4);
    });

    it.each(['the same side', 'the other side'])(
      'connected again from %s: the old connection closes on both ends, the new one carries on',
      async (side) => {
        const [near, far] = await connected(alice, bob);
        const [atAlice, atBob] = [observe(near), observe(far)];
        const [dialer, dialed] = side === 'the same side' ? [alice, bob] : [bob, alice];
        const [newNear, newFar] = await connected(dialer, dialed);
        const [atDialer, atDialed] = [observe(newNear), observe(newFar)];
        await Promise.all([atAlice.closed, atBob.closed]);
        newNear.send(Uint8Array.of(1));
        newFar.send(Uint8Array.of(2));
        await Promise.all([atDialer.arrived(1), atDialed.arrived(1)]);
        expect(atDialed.events).toEqual([Uint8Array.of(1)]);
        expect(atDialer.events).toEqual([Uint8Array.of(2)]);
      },
    );

    it('closed and connected again, many times: a new conversation each time', async () => {
      for (let i = 0; i < 10; i++) await reconnectAndEcho(alice, bob);
    });

    it('one connection of three closed: the others go on', async () => {
      const carol = await world.join();
      const [aliceBob, bobAlice] = await connected(alice, bob);
      const [aliceCarol, carolAlice] = await connected(alice, carol);
      const [bobCarol, carolBob] = await connected(bob, carol);
      aliceBob.close();
      await Promise.all([observeClose(aliceBob), observeClose(bobAlice)]);
      const [first, second] = [observe(carolAlice), observe(carolBob)];
      aliceCarol.send(Uint8Array.of(1));
      bobCarol.send(Uint8Array.of(2));
      await Promise.all([first.arrived(1), second.arrived(1)]);
      expect([...first.messages, ...second.messages]).toEqual([Uint8Array.of(1), Uint8Array.of(2)]);
    });

    it('peer that does not listen: unreachable, to be tried again', async () => {
      await expectTransportError(alice.connect(bob.nodeId), 'unreachable', true);
    });

    it('peer that stopped listening: unreachable, its connections go on', async () => {
      const accepted = new Promise<Connection>((resolve) => {
        const stop = bob.listen((connection) => {
          stop();
          resolve(connection);
        });
      });
      const near = await alice.connect(bob.nodeId);
      const far = await accepted;
      const carol = await world.join();
      await expectTransportError(carol.connect(bob.nodeId), 'unreachable', true);
      await expectEcho(near, far);
    });

    it('peer that was closed: its connections close, then it is unreachable', async () => {
      const [near] = await connected(alice, bob);
      const atAlice = observe(near);
      await bob.close();
      await atAlice.closed;
      await expectTransportError(alice.connect(bob.nodeId), 'unreachable', true);
    });

    it('own transport closed: its connections close, it connects no more', async () => {
      const [near, far] = await connected(alice, bob);
      const [atAlice, atBob] = [observe(near), observe(far)];
      await alice.close();
      await Promise.all([atAlice.closed, atBob.closed]);
      await expectTransportError(alice.connect(bob.nodeId), 'closed', false);
      await alice.close();
    });
  });
}

function observeClose(connection: Connection): Promise<string> {
  return new Promise((resolve) => connection.onClose(resolve));
}

async function expectEcho(near: Connection, far: Connection): Promise<void> {
  const [here, there] = [observe(near), observe(far)];
  near.send(Uint8Array.of(1));
  await there.arrived(1);
  far.send(Uint8Array.of(2));
  await here.arrived(1);
  expect([...there.messages, ...here.messages]).toEqual([Uint8Array.of(1), Uint8Array.of(2)]);
}

async function reconnectAndEcho(from: Transport, to: Transport): Promise<void> {
  const [near, far] = await connected(from, to);
  await expectEcho(near, far);
  near.close();
  await Promise.all([observeClose(near), observeClose(far)]);
}

async function expectTransportError(
  attempt: Promise<unknown>,
  code: TransportError['code'],
  retry: boolean,
): Promise<void> {
  const error = await attempt.then(
    () => undefined,
    (reason: unknown) => reason,
  );
  expect(error).toBeInstanceOf(TransportError);
  expect(error).toMatchObject({ code, retry });
}
