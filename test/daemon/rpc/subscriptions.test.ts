import fc from 'fast-check';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { rpcClient } from '../../../src/client/client.ts';
import { RpcError } from '../../../src/client/errors.ts';
import { nodeSockets } from '../../../src/client/nodeSocket.ts';
import { event as eventSchema, type RpcEvent } from '../../../src/rpc/shapes/event.ts';
import { simulatedTestChain } from '../../support/world.ts';
import { type ServedWorld, serveWorld } from './support.ts';
import { type Wire, wire } from './wire.ts';

const UNITS = 12;
const SLOW_EVENTS = 20;

describe('subscriptions', () => {
  let served: ServedWorld;
  /** All there is. */
  let all: readonly RpcEvent[];
  const last = () => all.at(-1)?.sequence ?? 0;

  beforeAll(async () => {
    served = await serveWorld(simulatedTestChain(), {
      limits: { subscriptions: 3, slowEvents: SLOW_EVENTS },
    });
    const { world, clients } = served;
    await world.open();
    let settled = 0;
    const done = world.channel('consumer').notice('unitSettled', () => ++settled === UNITS);
    await world.trade({ units: UNITS });
    await done;
    await world.synced();
    all = (await clients.consumer.call('listEvents', { limit: 1000 })).events;
  });
  afterAll(() => served.stop());

  const connected = async (): Promise<Wire> =>
    wire(served.url('consumer'), { authorization: `Bearer ${await served.token('consumer', 'read')}` });
  const subscribe = (socket: Wire, from?: number) =>
    socket.send({
      jsonrpc: '2.0',
      id: 'sub',
      method: 'subscribe',
      params: from === undefined ? {} : { from },
    });
  const eventIn = (message: Record<string, unknown>) =>
    (message.params as { readonly event: RpcEvent }).event;

  it('what is kept has numbers without a gap, and fits the schema', () => {
    expect(all.length).toBeGreaterThan(3 * UNITS);
    expect(all.map(({ sequence }) => sequence)).toEqual(all.map((_, i) => i + 1));
    for (const each of all) expect(eventSchema.parse(each)).toEqual(each);
  });

  it('a client tells when its link is up, lost and up again', async () => {
    const told: boolean[] = [];
    let heard = () => {};
    const toldOf = (count: number) =>
      new Promise<void>((resolve) => {
        heard = () => told.length >= count && resolve();
        heard();
      });
    const client = await rpcClient({
      url: served.url('utility'),
      token: await served.token('utility', 'read'),
      open: nodeSockets,
      onLink: (up) => {
        told.push(up);
        heard();
      },
    });
    await toldOf(1);
    await served.restartServer('utility');
    await toldOf(3);
    client.close();
    await toldOf(4);
    expect(told).toEqual([true, false, true, false]);
  });

  it('cut at any points and resumed, also by a page of listEvents: each event once, in order', async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.array(fc.record({ take: fc.integer({ min: 0, max: 20 }), page: fc.boolean() }), { maxLength: 8 }),
        async (cuts) => {
          const seen: RpcEvent[] = [];
          const next = () => (seen.at(-1)?.sequence ?? 0) + 1;
          for (const { take, page } of [...cuts, { take: last(), page: false }]) {
            const wanted = Math.min(take, last() - seen.length);
            if (page && wanted > 0) {
              const { events } = await served.clients.consumer.call('listEvents', {
                from: next(),
                limit: wanted,
              });
              seen.push(...events);
              continue;
            }
            const socket = await connected();
            subscribe(socket, next());
            expect(await socket.next()).toMatchObject({ id: 'sub', result: { next: next() } });
            for (let i = 0; i < wanted; i++) seen.push(eventIn(await socket.next()));
            socket.socket.terminate();
          }
          expect(seen).toEqual(all);
        },
      ),
      { numRuns: 20 },
    );
  });

  it('without a number: what happens from now on, and nothing before', async () => {
    const socket = await connected();
    subscribe(socket);
    expect(await socket.next()).toMatchObject({ result: { next: last() + 1 } });
    const before = last();
    await served.world.channel('producer').offer({ units: 1, unitEnergyWh: 10, until: 2e9 });
    await served.world.synced();
    const event = eventIn(await socket.next());
    expect([event.sequence, event.type]).toEqual([before + 1, 'offer']);
    all = [...all, event];
    socket.send({ jsonrpc: '2.0', id: 'end', method: 'unsubscribe', params: { subscription: 1 } });
    expect(await socket.next()).toEqual({ jsonrpc: '2.0', id: 'end', result: {} });
    socket.send({ jsonrpc: '2.0', id: 'end', method: 'unsubscribe', params: { subscription: 1 } });
    expect(await socket.next()).toMatchObject({ error: { data: { name: 'unknownSubscription' } } });
    socket.socket.close();
  });

  it('from a number that no event has yet: named, with where to go on; the next one is none of those', async () => {
    const socket = await connected();
    subscribe(socket, last() + 2);
    expect(await socket.next()).toMatchObject({
      error: { data: { name: 'eventsInFuture', next: last() + 1 } },
    });
    subscribe(socket, last() + 1);
    expect(await socket.next()).toMatchObject({ result: { next: last() + 1 } });
    socket.socket.close();
  });

  it('more subscriptions than the limit: named; over HTTP there are none', async () => {
    const socket = await connected();
    for (let i = 0; i < 3; i++) subscribe(socket, last() + 1);
    for (let i = 0; i < 3; i++) expect(await socket.next()).toHaveProperty('result');
    subscribe(socket);
    expect(await socket.next()).toMatchObject({ error: { data: { name: 'tooManyRequests', most: 3 } } });
    socket.socket.close();
  });

  it('the client resumes by itself over a server that restarts, and misses nothing', async () => {
    const own = await serveWorld(simulatedTestChain());
    const seen: RpcEvent[] = [];
    const { world } = own;
    const reading = (async () => {
      for await (const each of own.clients.consumer.subscribe({ from: 1 })) {
        seen.push(each);
        if (each.type === 'unitSettled' && each.data.delivery.unit === '2') return;
      }
    })();
    await world.open();
    const first = world.channel('consumer').notice('unitSettled');
    await world.trade({ units: 2 });
    await first;
    await own.restartServer('consumer');
    const third = world.channel('consumer').notice('unitSettled', ({ delivery }) => delivery.unit === 2n);
    await world.channel('consumer').buy(2);
    await third;
    await reading;
    const { events } = await own.clients.consumer.call('listEvents', { limit: 1000 });
    expect(seen).toEqual(events.slice(0, seen.length));
    await own.stop();
  });

  it('events that were forgotten: named, with the oldest that is kept', async () => {
    await served.world.stores.consumer.dropEvents(5);
    const { consumer } = served.clients;
    const error = await consumer.call('listEvents', { from: 4 }).catch((each: unknown) => each);
    expect(error).toBeInstanceOf(RpcError);
    expect(error).toMatchObject({ error: 'eventsPruned', data: { oldest: 5 } });
    await expect(consumer.subscribe({ from: 1 }).next()).rejects.toMatchObject({ error: 'eventsPruned' });
    const { value } = await consumer.subscribe({ from: 5 }).next();
    expect(value).toEqual(all[4]);
    expect((await consumer.call('listEvents', {})).events[0]).toEqual(all[4]);
  });

  it('a reader that takes nothing: ended by name when too much comes, and it goes on from there', async () => {
    const socket = await connected();
    socket.socket.pause();
    subscribe(socket, 5);
    // more than the buffers of both ends hold
    const filler = Array(40).fill({ jsonrpc: '2.0', id: 'fill', method: 'rpc.discover' });
    for (let i = 0; i < 2; i++) socket.send(filler);
    for (let i = 0; i < 4 * SLOW_EVENTS; i++) {
      const heard = served.world.channel('consumer').notice('offer');
      await served.world.channel('producer').offer({ units: i + 1, unitEnergyWh: 10, until: 2e9 });
      await heard;
    }
    await served.world.synced();
    socket.socket.resume();
    const seen: number[] = [];
    for (;;) {
      const message = await socket.next();
      if (message.method === 'event') seen.push(eventIn(message).sequence);
      if (message.method !== 'subscriptionEnded') continue;
      const { reason, next } = message.params as { readonly reason: string; readonly next: number };
      expect(reason).toBe('tooSlow');
      expect(seen).toEqual(Array.from({ length: next - 5 }, (_, i) => i + 5));
      subscribe(socket, next);
      break;
    }
    const { newest } = await served.clients.consumer.call('listEvents', { limit: 1 });
    while (seen.at(-1) !== newest) {
      const message = await socket.next();
      if (message.method === 'event') seen.push(eventIn(message).sequence);
    }
    expect(seen).toEqual(Array.from({ length: (newest ?? 0) - 4 }, (_, i) => i + 5));
    socket.socket.close();
  });
});
