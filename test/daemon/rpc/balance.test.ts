import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { ROLES, type Role } from '../../../src/base/role.ts';
import { simulatedTestChain } from '../../support/world.ts';
import { type ServedWorld, serveWorld } from './support.ts';

const PUT_IN = { consumer: 500_000_000n, producer: 100_000_000n, utility: 20_000_000n };

describe('what a node has: coins and what is in channels, nothing twice', () => {
  let served: ServedWorld;
  beforeEach(async () => {
    served = await serveWorld(simulatedTestChain());
  });
  afterEach(() => served.stop());

  const inChannels = async (role: Role) => {
    const { channels } = await served.clients[role].call('getBalance', {});
    return [role, BigInt(channels.ownMsat), BigInt(channels.inFlightMsat)];
  };

  it('a funding that is not in a block: still coins; in a block, each has in the channel what it put in', async () => {
    const { world } = served;
    const handle = await world.nodes.consumer.open({
      producer: world.nodes.producer.id,
      utility: world.nodes.utility.id,
      contributions: { consumer: 500_000n, producer: 100_000n, utility: 20_000n },
      settlementHeight: (await world.chain.height()) + 400,
    });
    await handle.until('awaitingFunding');
    await world.synced();
    for (const role of ROLES) expect(await inChannels(role)).toEqual([role, 0n, 0n]);
    await world.mine();
    for (const role of ROLES) expect(await inChannels(role)).toEqual([role, PUT_IN[role], 0n]);
  });

  it('closed together and still settling: the coin of the close counts, the channel does not; spent, the event names whose it was', async () => {
    const { world, clients } = served;
    await world.open();
    await world.channel('consumer').close();
    await world.synced();
    for (const role of ROLES) expect(await inChannels(role)).toEqual([role, PUT_IN[role], 0n]);
    await world.mine();
    for (const role of ROLES) {
      expect(world.channel(role).state.type).toBe('settling');
      expect(await inChannels(role)).toEqual([role, 0n, 0n]);
    }
    const address = await world.nodes.producer.wallet.newAddress();
    await clients.consumer.call('sendCoins', { address, amountSat: 'all' });
    await world.mine();
    const { events } = await clients.consumer.call('listEvents', { types: ['outputSpent'] });
    expect(events.map(({ data }) => data)).toMatchObject([{ by: 'consumer', how: 'payout' }]);
  });

  it('closed alone: what is still to be fetched counts, until it is fetched', async () => {
    const { world } = served;
    await world.open();
    await world.channel('consumer').forceClose();
    await world.synced();
    await world.mine();
    for (const role of ROLES) expect(await inChannels(role)).toEqual([role, PUT_IN[role], 0n]);
    await world.mine();
    expect(await inChannels('consumer')).toEqual(['consumer', PUT_IN.consumer, 0n]);
    for (const role of ['producer', 'utility'] as const)
      expect(await inChannels(role)).toEqual([role, 0n, 0n]);
  });
});
