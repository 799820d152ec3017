import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { toHex } from '../../../src/base/bytes.ts';
import type { Role } from '../../../src/base/role.ts';
import type { RpcClient } from '../../../src/client/client.ts';
import { RpcError } from '../../../src/client/errors.ts';
import { METHODS, type MethodName, type MethodParams, type MethodResult } from '../../../src/rpc/methods.ts';
import { BOTH_CHAINS, START_TIME, simulatedTestChain, UNIT_WH, type World } from '../../support/world.ts';
import { type ServedWorld, serveWorld } from './support.ts';

/** Every answer, as it was sent. */
const said: string[] = [];

/** What the nodes keep to themselves, hexadecimal: preimages, and the secrets of revoked commitments. */
async function secretsOf({ stores }: World): Promise<readonly string[]> {
  const found = new Set<string>();
  for (const store of Object.values(stores)) {
    const states = (await store.channels()).map(({ state }) => state);
    for (const text of [...states, ...(await store.records('00000000'))])
      for (const [, hex] of text.matchAll(/"(?:preimage|secret)":\{"\$b":"([0-9a-f]{64})"/g))
        found.add(hex as string);
  }
  return [...found];
}

/** Asks, and checks the answer against its schema. */
async function ask<M extends MethodName>(
  client: RpcClient,
  method: M,
  params: MethodParams<M>,
): Promise<MethodResult<M>> {
  const result = await client.call(method, params);
  said.push(JSON.stringify(result));
  const checked = METHODS[method].result.safeParse(result);
  if (!checked.success) throw new Error(`${method}: ${checked.error.message}\n${JSON.stringify(result)}`);
  return result;
}

describe.each(BOTH_CHAINS)('three nodes on %s, over RPC alone', (_, makeChain) => {
  let served: ServedWorld;
  beforeEach(async () => {
    served = await serveWorld(await makeChain());
  });
  afterEach(() => served.stop());

  it('a channel is opened, used and closed', async () => {
    const { world, clients } = served;
    const { consumer, producer, utility } = clients;
    const ids = {
      producer: (await ask(producer, 'getInfo', {})).nodeId,
      utility: (await ask(utility, 'getInfo', {})).nodeId,
    };
    const height = (await ask(consumer, 'getInfo', {})).height ?? 0;
    const { channel } = await ask(consumer, 'openChannel', {
      ...ids,
      consumerSat: '500000',
      producerSat: '100000',
      utilitySat: '20000',
      settlementHeight: height + 400,
      requestId: 'first',
    });
    expect(channel.channel).toBe('00000000');
    expect(channel.role).toBe('consumer');
    await world.channel('consumer').until('awaitingFunding');
    await world.synced();
    await world.mine();
    await Promise.all([
      world.channel('consumer').until('open'),
      world.channel('producer').until('open'),
      world.channel('utility').until('attesting'),
    ]);
    const key = '00000000';
    await ask(producer, 'readMeter', { importWh: '0', exportWh: '0' });
    const until = START_TIME + 100_000;
    const priced = world.channel('consumer').notice('tariff');
    const offered = world.channel('consumer').notice('offer');
    await ask(utility, 'publishTariff', {
      channel: key,
      slot: 1,
      from: START_TIME - 100,
      until,
      msatPerWh: '100000',
      unitEnergyWh: UNIT_WH,
      units: 100,
    });
    await ask(producer, 'offer', { channel: key, units: 100, unitEnergyWh: UNIT_WH, until });
    await Promise.all([priced, offered]);
    const ordered = world.channel('producer').notice('unitOrdered');
    await ask(consumer, 'buy', { channel: key, units: 2, requestId: 'two' });
    await ordered;
    for (const role of ['consumer', 'producer', 'utility'] as const) {
      const { units } = await ask(clients[role], 'listUnits', { channel: key });
      expect(units).toMatchObject([{ unit: '0', status: 'inFlight', paymentMsat: '1000000' }]);
    }
    const settled = world.channel('consumer').notice('unitSettled');
    const second = world.channel('producer').notice('unitOrdered');
    world.clock.pass(60);
    await ask(producer, 'readMeter', { channel: key, importWh: '0', exportWh: '10' });
    await settled;
    await second;
    const { units } = await ask(consumer, 'listUnits', { channel: key });
    expect(units).toMatchObject([
      { unit: '0', status: 'settled', gridFeeMsat: '20000' },
      { unit: '1', status: 'inFlight' },
    ]);
    const { events } = await ask(consumer, 'listEvents', {});
    expect(events.map(({ type }) => type)).toContain('unitSettled');
    const detail = (await ask(consumer, 'getChannel', { channel: key })).channel;
    expect(detail.deliveries).toHaveLength(1);
    expect(detail.offers).toMatchObject([{ seller: 'producer', units: 100, orderedUnits: 2 }]);
    expect(await ask(producer, 'getChannel', { channel: detail.channelId ?? '' })).toMatchObject({
      channel: { channelId: detail.channelId, role: 'producer' },
    });
    await ask(producer, 'cancelDelivery', { channel: key, deliveryId: '1' });
    await world.network.idle();
    await world.synced();
    await ask(consumer, 'cancelDelivery', { channel: key, deliveryId: '1' });
    await world.synced();
    await ask(consumer, 'transfer', { channel: key, amountMsat: '5000', requestId: 't' });
    await world.synced();
    const { fundingDescriptor, fundingScript, commitments } = (
      await ask(utility, 'getChannel', { channel: key })
    ).channel;
    expect([fundingDescriptor?.slice(0, 4), fundingScript?.slice(0, 4), commitments]).toEqual([
      ...['wsh(', '0020', null],
    ]);
    const { n } = (await ask(consumer, 'getChannel', { channel: key })).channel.balances ?? {};
    expect((await ask(producer, 'getChannel', { channel: key })).channel.commitments).toEqual({
      local: n,
      remote: n,
    });
    const { cooperative } = await ask(consumer, 'previewClose', { channel: key });
    await ask(consumer, 'closeChannel', { channel: key });
    await world.synced();
    const [, close] = (await ask(consumer, 'listChannelTransactions', { channel: key })).transactions;
    expect(close?.feeSat).toBe(cooperative?.feeSat);
    await world.mine();
    await world.channel('consumer').until('settling');
    for (const role of ['consumer', 'producer', 'utility'] as const) await readAll(clients[role], key);
    expect(served.faults).toEqual([]);
    const secrets = await secretsOf(world);
    expect(secrets.length).toBeGreaterThan(3);
    for (const text of said) for (const secret of secrets) expect(text).not.toContain(secret);
  });

  async function readAll(client: RpcClient, key: string): Promise<void> {
    await ask(client, 'getInfo', {});
    await ask(client, 'listPeers', {});
    await ask(client, 'getBalance', {});
    await ask(client, 'listCoins', {});
    await ask(client, 'listTransactions', {});
    await ask(client, 'exportDescriptors', {});
    await ask(client, 'exportLabels', {});
    await ask(client, 'estimateFee', {});
    await ask(client, 'listChannels', {});
    await ask(client, 'getChannel', { channel: key });
    const { transactions } = await ask(client, 'listChannelTransactions', { channel: key });
    expect(transactions.map(({ kind, status }) => [kind, status])).toEqual([
      ['funding', 'confirmed'],
      ['close', 'confirmed'],
    ]);
    for (const { hex, txid, vsize } of transactions)
      expect((await ask(client, 'decode', { data: hex })).decoded).toMatchObject({ txid, vbytes: vsize });
    await ask(client, 'listTariffs', { channel: key });
    await ask(client, 'listUnits', { channel: key });
    await ask(client, 'listDisputes', {});
    await ask(client, 'listEvents', {});
    await ask(client, 'exportBackup', {});
    const { evidence } = await ask(client, 'exportEvidence', { channel: key });
    await ask(client, 'verifyEvidence', { evidence });
    await ask(client, 'rpc.discover', {});
  }

  it('the wallet is asked and told', async () => {
    const { world, clients } = served;
    const { consumer } = clients;
    const { address } = await ask(consumer, 'newAddress', { scheme: 'bip84', label: 'till' });
    expect(await ask(consumer, 'decode', { data: address })).toMatchObject({
      decoded: { type: 'address', isOurs: true },
    });
    const to = (await ask(clients.producer, 'newAddress', {})).address;
    const preview = await ask(consumer, 'previewPayment', { address: to, amountSat: '50000' });
    const sent = await ask(consumer, 'sendCoins', {
      address: to,
      amountSat: '50000',
      label: 'rent',
      requestId: 'rent-1',
    });
    expect(preview.feeSat).toBe(sent.feeSat);
    const again = await ask(consumer, 'sendCoins', {
      address: to,
      amountSat: '50000',
      label: 'rent',
      requestId: 'rent-1',
    });
    expect(again).toEqual(sent);
    expect((await ask(consumer, 'decode', { data: sent.hex })).decoded).toMatchObject({
      type: 'transaction',
      txid: sent.txid,
    });
    const bumped = await ask(consumer, 'bumpFee', { txid: sent.txid, feeRateSatPerKvB: '5000' });
    expect(BigInt(bumped.feeSat)).toBeGreaterThan(BigInt(sent.feeSat));
    await world.mine();
    const { transactions } = await ask(consumer, 'listTransactions', {});
    expect(transactions).toContainEqual(expect.objectContaining({ txid: bumped.txid, label: 'rent' }));
    const newest = { newestFirst: true, after: 1, limit: 1 };
    expect((await ask(consumer, 'listTransactions', newest)).transactions).toEqual([transactions.at(-2)]);
    const { psbt } = await ask(consumer, 'preparePsbt', {
      address: to,
      amountSat: '1000',
      purpose: 'a test',
    });
    expect((await ask(consumer, 'decode', { data: psbt })).decoded.type).toBe('psbt');
    expect(await ask(consumer, 'signPsbt', { psbt })).toMatchObject({ signedInputs: 1, complete: true });
    await ask(consumer, 'releaseCoins', { purpose: 'a test' });
    await ask(consumer, 'setLabel', { target: { txid: sent.txid, vout: 0 }, label: 'note' });
    const { labels } = await ask(consumer, 'exportLabels', {});
    await ask(consumer, 'importLabels', { labels });
    expect((await ask(consumer, 'decode', { data: toHex(world.nodes.producer.id) })).decoded).toMatchObject({
      type: 'publicKey',
      is: 'other',
    });
    expect(await refusalOf(consumer.call('broadcastTransaction', { transaction: '00' }))).toBe('badData');
    await ask(consumer, 'broadcastTransaction', { transaction: bumped.hex });
  });
});

describe('nodes on the simulated chain, over RPC', () => {
  let served: ServedWorld;
  beforeEach(async () => {
    served = await serveWorld(simulatedTestChain());
  });
  afterEach(() => served.stop());

  it('peers are connected and let go', async () => {
    const { world, clients } = served;
    const nodeId = toHex(world.nodes.producer.id);
    const { peer } = await ask(clients.consumer, 'connectPeer', { nodeId });
    expect(peer).toMatchObject({ nodeId, connected: true, direction: 'outgoing' });
    expect(await ask(clients.consumer, 'disconnectPeer', { nodeId })).toEqual({ disconnected: true });
    expect(await ask(clients.consumer, 'disconnectPeer', { nodeId })).toEqual({ disconnected: false });
    await world.open();
    expect(await refusalOf(clients.consumer.call('disconnectPeer', { nodeId }))).toBe('channelInUse');
    const nobody = `02${'11'.repeat(32)}`;
    expect(await refusalOf(clients.consumer.call('connectPeer', { nodeId: nobody }))).toBe(
      'peerNotConnected',
    );
  });

  it('a channel goes to the chain, and the utility is asked to decide', async () => {
    const { world, clients } = served;
    await world.open();
    const key = '00000000';
    await world.trade({ units: 1, meter: () => false });
    await world.synced();
    const feeSat = '1000';
    expect(await ask(clients.consumer, 'requestArbitration', { channel: key, feeSat })).toEqual({
      state: 'settling',
    });
    await world.synced();
    expect((await ask(clients.utility, 'listDisputes', {})).disputes).toMatchObject([
      { channel: key, dispute: { claimant: 'consumer', feeSat } },
    ]);
    expect((await ask(clients.consumer, 'listDisputes', {})).disputes).toHaveLength(1);
    const { evidence } = await ask(clients.utility, 'exportEvidence', { channel: key });
    const { report } = await ask(clients.utility, 'verifyEvidence', { evidence });
    expect(report.claim?.claimant).toBe('consumer');
    expect((await ask(clients.utility, 'decode', { data: evidence })).decoded.type).toBe('evidence');
    expect(await ask(clients.producer, 'forceClose', { channel: key })).toEqual({ state: 'settling' });
    for (const role of ['consumer', 'producer', 'utility'] as const)
      await ask(clients[role], 'listUnits', { channel: key });
  });

  it('a command that is refused is an error that says what happened and what to do', async () => {
    const { world, clients } = served;
    await world.open();
    await world.chain.fund(await world.nodes.consumer.wallet.newAddress(), 1_000_000n);
    await world.mine();
    const channel = '00000000';
    const failures = [
      ['consumer', 'buy', { channel: '00000009', units: 1 }, 'unknownChannel'],
      ['utility', 'buy', { channel, units: 1 }, 'wrongRole'],
      [
        'consumer',
        'publishTariff',
        { channel, slot: 1, from: 1, until: 2, msatPerWh: '1', unitEnergyWh: 1, units: 1 },
        'wrongRole',
      ],
      [
        'utility',
        'publishTariff',
        { channel, slot: 1, from: 2, until: 1, msatPerWh: '1', unitEnergyWh: 1, units: 1 },
        'refused',
      ],
      ['consumer', 'transfer', { channel, amountMsat: '999999999999' }, 'refused'],
      ['consumer', 'cancelDelivery', { channel, deliveryId: '7' }, 'refused'],
      ['consumer', 'closeChannel', { channel, feeRateSatPerKvB: '1' }, 'refused'],
      ['consumer', 'closeChannel', { channel, payoutAddress: 'bcrt1qqqqqqqqqqqqqqqqqqqq' }, 'badAddress'],
      [
        'consumer',
        'openChannel',
        {
          producer: toHex(world.nodes.producer.id),
          utility: toHex(world.nodes.utility.id),
          consumerSat: '99999999',
          producerSat: '0',
          utilitySat: '0',
          settlementHeight: 600,
        },
        'notEnoughCoins',
      ],
      [
        'consumer',
        'openChannel',
        {
          producer: toHex(world.nodes.producer.id),
          utility: toHex(world.nodes.utility.id),
          consumerSat: '10000',
          producerSat: '0',
          utilitySat: '0',
          settlementHeight: 5,
        },
        'openRefused',
      ],
      ['consumer', 'sendCoins', { address: 'bcrt1qqqqqqqqqqqqqqqqqqqq', amountSat: '1000' }, 'badAddress'],
      ['consumer', 'bumpFee', { txid: '11'.repeat(32), feeRateSatPerKvB: '5000' }, 'unknownTransaction'],
      ['consumer', 'decode', { data: 'abandon abandon abandon abandon abandon abandon' }, 'badData'],
      ['consumer', 'stop', {}, 'notAvailable'],
    ] as const;
    for (const [role, method, params, name] of failures) {
      const error = await errorOf(clients[role as Role].call(method as never, params as never));
      expect([method, error.error]).toEqual([method, name]);
      expect(error.advice).not.toBe('');
      expect(error.data).not.toHaveProperty('stack');
    }
    await ask(clients.consumer, 'closeChannel', { channel });
    expect(
      await refusalOf(clients.consumer.call('offer', { channel, units: 1, unitEnergyWh: 1, until: 9e9 })),
    ).toBe('wrongState');
  });
});

async function errorOf(call: Promise<unknown>) {
  const error: unknown = await call.then(
    () => undefined,
    (each: unknown) => each,
  );
  if (!(error instanceof RpcError)) throw error ?? new Error('the call was answered');
  return error;
}

async function refusalOf(call: Promise<unknown>): Promise<string> {
  return (await errorOf(call)).error;
}
