import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { RpcError } from '../../../src/client/errors.ts';
import type { MethodParams } from '../../../src/rpc/methods.ts';
import { simulatedTestChain } from '../../support/world.ts';
import { type ServedWorld, serveWorld } from './support.ts';

describe('a payment that is previewed', () => {
  let served: ServedWorld;
  beforeAll(async () => {
    served = await serveWorld(simulatedTestChain());
    const { world } = served;
    for (const value of [30_000n, 70_000n, 5_000n])
      await world.chain.fund(await world.nodes.consumer.wallet.newAddress(), value);
    await world.mine();
  });
  afterAll(() => served.stop());

  const payments: readonly Omit<MethodParams<'sendCoins'>, 'address'>[] = [
    { amountSat: '1000' },
    { amountSat: '20000', feeRateSatPerKvB: '7300' },
    { amountSat: '25000', feeRateSatPerKvB: '2500', subtractFee: true },
    { amountSat: 'all', feeRateSatPerKvB: '1111' },
  ];

  it.each(payments)(
    '%j: nothing is changed by it, and what is then sent is that to the satoshi',
    async (payment) => {
      const { world, clients } = served;
      const { wallet } = world.nodes.consumer;
      const address = await world.nodes.producer.wallet.newAddress();
      const before = wallet.state();
      const reader = await served.client('consumer', 'read');
      const preview = await reader.call('previewPayment', { address, ...payment });
      expect(wallet.state()).toBe(before);
      const sent = await clients.consumer.call('sendCoins', { address, ...payment });
      const { decoded } = await clients.producer.call('decode', { data: sent.hex });
      if (decoded.type !== 'transaction') throw new Error(decoded.type);
      const paid = decoded.outputs.filter(({ isOurs }) => isOurs);
      const change = decoded.outputs.filter(({ isOurs }) => !isOurs);
      expect(preview).toEqual({
        amountSat: paid[0]?.valueSat,
        feeSat: sent.feeSat,
        feeRateSatPerKvB: payment.feeRateSatPerKvB ?? '1000',
        vsize: decoded.vbytes,
        inputs: decoded.inputs.map(({ txid, vout }) => ({ txid, vout, valueSat: expect.any(String) })),
        changeSat: change[0]?.valueSat ?? '0',
      });
      const spent = preview.inputs.reduce((sum, { valueSat }) => sum + BigInt(valueSat), 0n);
      expect(spent).toBe(BigInt(preview.amountSat) + BigInt(preview.feeSat) + BigInt(preview.changeSat));
      await world.mine();
    },
  );

  it('what cannot be paid is refused as sendCoins refuses it', async () => {
    const { clients } = served;
    const address = await served.world.nodes.consumer.wallet.newAddress();
    const hopeless: readonly [MethodParams<'previewPayment'>, string][] = [
      [{ address: 'bcrt1qqqqqqqqqqqqqqqqqqqq', amountSat: '1000' }, 'badAddress'],
      [{ address, amountSat: '1000' }, 'notEnoughCoins'],
      [{ address, amountSat: '1' }, 'cannotPay'],
    ];
    for (const [params, name] of hopeless) {
      const error = await clients.consumer.call('previewPayment', params).catch((each: unknown) => each);
      expect(error).toBeInstanceOf(RpcError);
      expect((error as RpcError).error).toBe(name);
    }
  });
});
