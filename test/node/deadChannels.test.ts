import { afterEach, describe, expect, it } from 'vitest';
import type { Role } from '../../src/base/role.ts';
import { checkedStore } from '../../src/store/checked.ts';
import type { Connection, Transport } from '../../src/transport/port.ts';
import { decodeMessage, encodeMessage } from '../../src/wire/messages.ts';
import { FIRST_COINS, simulatedTestChain, startWorld, type World } from '../support/world.ts';

const entropy = (length: number) => crypto.getRandomValues(new Uint8Array(length));

let world: World;
afterEach(() => world.stop());

/** A node whose words are changed on the way, or go nowhere, though its connections stay. */
function saying(transport: Transport, change: (message: Uint8Array) => Uint8Array | undefined): Transport {
  const quiet = (connection: Connection): Connection => ({
    peer: connection.peer,
    send: (message) => {
      const said = change(message);
      if (said !== undefined) connection.send(said);
    },
    onMessage: (listener) => connection.onMessage(listener),
    onClose: (listener) => connection.onClose(listener),
    close: (reason) => connection.close(reason),
  });
  return {
    nodeId: transport.nodeId,
    connect: async (peer, address) => quiet(await transport.connect(peer, address)),
    listen: (listener) => transport.listen((connection) => listener(quiet(connection))),
    close: () => transport.close(),
  };
}

async function channelsIn(role: Role): Promise<readonly string[]> {
  return (await checkedStore(world.stores[role]).channels()).map(({ key }) => key);
}

const request = () => ({
  producer: world.nodes.producer.id,
  utility: world.nodes.utility.id,
  contributions: { consumer: 500_000n, producer: 100_000n, utility: 20_000n },
  settlementHeight: 3_000,
});

/** Blocks without a transaction, taken in by all. */
async function emptyBlocks(count: number): Promise<void> {
  for (let mined = 0; mined < count; mined++) await world.chain.mineExactly([]);
  await world.synced();
}

describe('an opening', () => {
  it('in which a peer stays connected and silent: ended by name after six blocks, the coins are free, nothing is kept', async () => {
    let mute = true;
    world = await startWorld(simulatedTestChain(), {
      wire: (role, transport) =>
        role === 'utility' ? saying(transport, (message) => (mute ? undefined : message)) : transport,
      node: () => ({ entropy }),
    });
    const handle = await world.nodes.consumer.open(request());
    await world.network.idle();
    expect(handle.state.type).toBe('awaitingAcceptance');
    expect(world.nodes.consumer.wallet.balance().reserved).toBeGreaterThan(0n);
    expect(world.nodes.producer.wallet.balance().reserved).toBeGreaterThan(0n);
    await emptyBlocks(7);
    expect(handle.state).toMatchObject({ type: 'aborted', why: { code: 'openingTooSlow' } });
    await emptyBlocks(2);
    for (const role of ['consumer', 'producer', 'utility'] as const) {
      expect(world.nodes[role].wallet.balance().reserved).toBe(0n);
      expect(world.nodes[role].channels()).toEqual([]);
      expect(await channelsIn(role)).toEqual([]);
    }
    expect(await handle.close()).toMatchObject({ ok: false });
    mute = false;
    await world.open(request());
    expect(await channelsIn('consumer')).toEqual(['00000001']);
  });

  it('that was refused, many times over: nothing is kept, and no key index is used twice', async () => {
    world = await startWorld(simulatedTestChain(), {
      policy: { reviewOpening: () => 'not today' },
      node: () => ({ entropy }),
    });
    for (let i = 0; i < 12; i++) {
      const handle = await world.nodes.consumer.open(request());
      await handle.until('aborted');
      await emptyBlocks(2);
    }
    for (const role of ['consumer', 'producer', 'utility'] as const) {
      expect(await channelsIn(role)).toEqual([]);
      expect(await checkedStore(world.stores[role]).value('nextChannel')).toBe('12');
    }
  });

  it('that names a meter which another node has named: refused by the utility', async () => {
    let lies = false;
    const lie = (bytes: Uint8Array): Uint8Array => {
      const message = decodeMessage(bytes);
      if (!lies || !message.ok || message.value.type !== 'open_channel') return bytes;
      const consumer = { ...message.value.consumer, meter: world.nodes.producer.meter };
      return encodeMessage({ ...message.value, consumer });
    };
    world = await startWorld(simulatedTestChain(), {
      wire: (role, transport) => (role === 'consumer' ? saying(transport, lie) : transport),
      node: () => ({ entropy, policy: { reviewOpening: () => null, anchorReserveFeeRate: 0n } }),
    });
    await world.open({ contributions: { consumer: 300_000n, producer: 0n, utility: 0n } });
    lies = true;
    const contributions = { consumer: 300_000n, producer: 0n, utility: 0n };
    const handle = await world.nodes.consumer.open({ ...request(), contributions });
    await handle.until('aborted');
    expect(handle.state).toMatchObject({ why: { code: 'refused', by: 'utility' } });
    expect(JSON.stringify(handle.state)).toContain(
      'meterRefused trader=consumer reason=another node named it',
    );
  });

  it('that names a meter which the utility’s application does not know: refused', async () => {
    world = await startWorld(simulatedTestChain(), {
      node: () => ({ policy: { reviewOpening: () => null, reviewMeter: () => 'no such meter' } }),
    });
    const handle = await world.nodes.consumer.open(request());
    await handle.until('aborted');
    expect(JSON.stringify(handle.state)).toContain('meterRefused trader=consumer reason=no such meter');
  });
});

describe('a funding that never confirms', () => {
  it('because its coins were spent otherwise, and that is deep: forgotten by all, and not before', async () => {
    world = await startWorld(simulatedTestChain(), { node: () => ({ entropy }) });
    const handle = await world.nodes.consumer.open(request());
    await handle.until('awaitingFunding');
    await world.synced();
    await emptyBlocks(145);
    const { wallet } = world.nodes.consumer;
    const spent = await wallet.send({ to: await wallet.newAddress(), amount: 'all', feeRate: 50_000n });
    if (!spent.ok) throw new Error(spent.error.code);
    await world.chain.mineExactly([spent.value.tx]);
    await world.synced();
    await emptyBlocks(143);
    for (const role of ['consumer', 'producer', 'utility'] as const)
      expect(world.channel(role).state.type).toBe('awaitingFunding');
    await emptyBlocks(1);
    await emptyBlocks(2);
    for (const role of ['consumer', 'producer', 'utility'] as const) {
      expect(world.channel(role).state).toMatchObject({
        type: 'aborted',
        why: { code: 'fundingImpossible' },
      });
      expect(await channelsIn(role)).toEqual([]);
      expect(world.nodes[role].wallet.balance().reserved).toBe(0n);
    }
    expect(world.coins().producer).toBe(FIRST_COINS);
  });

  it('nobody spends its coins: whoever put nothing in forgets it after 2,016 blocks, the others keep it', async () => {
    world = await startWorld(simulatedTestChain(), { node: () => ({ entropy }) });
    const handle = await world.nodes.consumer.open({
      ...request(),
      contributions: { consumer: 500_000n, producer: 0n, utility: 0n },
    });
    await handle.until('awaitingFunding');
    await world.synced();
    await world.nodes.producer.stop();
    await world.nodes.consumer.stop();
    for (let mined = 0; mined < 2_015; mined++) await world.chain.mineExactly([]);
    await world.nodes.utility.synced();
    expect(world.channel('utility').state.type).toBe('awaitingFunding');
    for (let mined = 0; mined < 3; mined++) {
      await world.chain.mineExactly([]);
      await world.nodes.utility.synced();
    }
    expect(await channelsIn('utility')).toEqual([]);
    expect(await channelsIn('consumer')).toHaveLength(1);
  });

  it('that confirmed while a node was away for longer than any patience: the node opens the channel, and forgets nothing', async () => {
    world = await startWorld(simulatedTestChain(), { node: () => ({ entropy }) });
    const handle = await world.nodes.consumer.open({
      ...request(),
      contributions: { consumer: 500_000n, producer: 100_000n, utility: 0n },
    });
    await handle.until('awaitingFunding');
    await world.synced();
    for (const role of ['consumer', 'utility'] as const) await world.nodes[role].stop();
    for (let mined = 0; mined < 2_100; mined++) await world.chain.mineExactly([]);
    await world.chain.mine(1);
    for (let mined = 0; mined < 5; mined++) await world.chain.mineExactly([]);
    for (const role of ['consumer', 'utility'] as const) await world.restart(role);
    await world.synced();
    await world.channel('consumer').until('open');
    await world.channel('utility').until('attesting');
    expect(await channelsIn('consumer')).toHaveLength(1);
    expect(await channelsIn('utility')).toHaveLength(1);
  });
});
