import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { toHex } from '../../../src/base/bytes.ts';
import { METHODS } from '../../../src/rpc/methods.ts';
import { simulatedTestChain } from '../../support/world.ts';
import { type ServedWorld, serveWorld } from './support.ts';

describe('what a utility sees of its meters and its watchtower', () => {
  let served: ServedWorld;
  beforeAll(async () => {
    served = await serveWorld(simulatedTestChain());
    const { world } = served;
    await world.open();
    const last = world.channel('producer').notice('unitOrdered', ({ delivery: { unit } }) => unit === 3n);
    await world.trade({ units: 4, meter: (unit) => unit < 3n });
    await last;
    await world.synced();
  });
  afterAll(() => served.stop());

  it('each meter: what was ordered is attested, refused or waits, and the register is the meter’s; also after a restart', async () => {
    const { world, clients } = served;
    const rows = async () => {
      const answer = await clients.utility.call('getMeterBook', {});
      expect(METHODS.getMeterBook.result.parse(answer)).toEqual(answer);
      return answer.meters;
    };
    const sold = {
      meter: toHex(world.nodes.producer.meter),
      nodeId: toHex(world.nodes.producer.id),
      channel: '00000000',
      newest: expect.objectContaining({ exportWh: '30', importWh: '0' }),
      ordered: { units: 4, energyWh: '40' },
      attested: { units: 3, energyWh: '30' },
      refused: { units: 0, energyWh: '0' },
      waiting: { units: 1, energyWh: '10' },
    };
    expect((await rows()).find(({ meter }) => meter === sold.meter)).toEqual(sold);
    const { deadline } = world.channel('producer').ledger?.deliveries[0] ?? {};
    await world.mine((deadline ?? 0) - (await world.chain.height()));
    await served.restartServer('utility');
    const over = { ...sold, refused: sold.waiting, waiting: { units: 0, energyWh: '0' } };
    expect((await rows()).find(({ meter }) => meter === sold.meter)).toEqual(over);
    expect((await clients.producer.call('getMeterBook', {})).meters).toEqual([]);
  });

  it('the watchtower: as many blobs of each trader as it has revoked states', async () => {
    const { world, clients } = served;
    await world.synced();
    const { channels } = await clients.utility.call('getWatchtower', {});
    expect(METHODS.getWatchtower.result.parse({ channels })).toEqual({ channels });
    for (const of of ['consumer', 'producer'] as const) {
      const { commitments } = (await clients[of].call('getChannel', { channel: '00000000' })).channel;
      const row = channels.find((each) => each.of === of);
      expect(row).toMatchObject({ blobs: Number(commitments?.remote), breach: null, answered: 0 });
      expect(row?.newestN).toBe(`${BigInt(commitments?.remote ?? 0) - 1n}`);
      expect(row?.bytes).toBeGreaterThan(0);
    }
    expect((await clients.consumer.call('getWatchtower', {})).channels).toEqual([]);
  });
});
