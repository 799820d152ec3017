import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { NodeStatus } from '../../../src/client/index.ts';
import { status as statusSchema } from '../../../src/rpc/shapes/status.ts';
import { simulatedTestChain } from '../../support/world.ts';
import { type ServedWorld, serveWorld } from './support.ts';
import { wire } from './wire.ts';

describe('the status of a node, watched', () => {
  let served: ServedWorld;
  const stop = new AbortController();
  const seen: NodeStatus[] = [];
  let look: () => void = () => {};

  /** Resolves when the status that came last is one that is wanted. */
  const until = async (wanted: (status: NodeStatus) => boolean): Promise<NodeStatus> => {
    for (;;) {
      const newest = seen.at(-1);
      if (newest !== undefined && wanted(newest)) return newest;
      await new Promise<void>((resolve) => {
        look = resolve;
      });
    }
  };

  beforeAll(async () => {
    served = await serveWorld(simulatedTestChain());
    void (async () => {
      for await (const status of served.clients.consumer.watchStatus({ signal: stop.signal })) {
        seen.push(status);
        look();
      }
    })();
  });
  afterAll(async () => {
    stop.abort();
    await served.stop();
  });

  it('the first status is what getInfo says', async () => {
    const { peersConnected, ...first } = await until(() => true);
    const info = await served.clients.consumer.call('getInfo', {});
    expect(info).toMatchObject({
      height: first.height,
      blockHash: first.blockHash,
      chainHeight: first.chainHeight,
      chainTrouble: null,
      newestEvent: first.newestEvent,
    });
    expect(peersConnected).toBe(0);
  });

  it('each of a block, a coin, a channel, an event and a peer is told, without being asked for', async () => {
    const before = await until(() => true);
    const { world } = served;
    await world.nodes.consumer.wallet.newAddress();
    await until(({ walletChanges }) => walletChanges > before.walletChanges);
    await world.mine();
    await until(({ height, chainHeight }) => height === (before.height ?? 0) + 1 && chainHeight === height);
    await world.open();
    const open = await until(({ peersConnected, channelChanges, newestEvent }) => {
      return peersConnected === 2 && channelChanges > before.channelChanges && (newestEvent ?? 0) > 0;
    });
    for (const each of seen) expect(statusSchema.parse(each)).toEqual(each);
    for (const [i, each] of seen.slice(1).entries()) expect(each).not.toEqual(seen[i]);
    await served.clients.consumer.call('transfer', { channel: '00000000', amountMsat: '1000' });
    await until(({ channelChanges }) => channelChanges > open.channelChanges);
  });

  it('over a server that restarts it goes on', async () => {
    await served.restartServer('consumer');
    const known = seen.length;
    await served.world.mine();
    const height = await served.world.chain.height();
    await until((status) => seen.length > known && status.height === height);
  });

  it('unsubscribe ends it by its number, and over HTTP there is none', async () => {
    const socket = await wire(served.url('consumer'), {
      authorization: `Bearer ${await served.token('consumer', 'read')}`,
    });
    const send = (id: string, method: string, params: object = {}) =>
      socket.send({ jsonrpc: '2.0', id, method, params });
    send('watch', 'watchStatus');
    expect(await socket.next()).toEqual({ jsonrpc: '2.0', id: 'watch', result: { subscription: 1 } });
    expect(await socket.next()).toMatchObject({ method: 'status', params: { subscription: 1 } });
    send('end', 'unsubscribe', { subscription: 1 });
    expect(await socket.next()).toEqual({ jsonrpc: '2.0', id: 'end', result: {} });
    await served.world.mine();
    await until(({ height, chainHeight }) => height === chainHeight);
    send('again', 'unsubscribe', { subscription: 1 });
    expect(await socket.next()).toMatchObject({
      id: 'again',
      error: { data: { name: 'unknownSubscription' } },
    });
    socket.socket.close();
  });
});
