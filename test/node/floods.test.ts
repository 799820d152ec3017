import { afterEach, describe, expect, it } from 'vitest';
import { utf8 } from '../../src/base/bytes.ts';
import { ROLES } from '../../src/base/role.ts';
import { USELESS_MESSAGES } from '../../src/node/patience.ts';
import { checkedStore } from '../../src/store/checked.ts';
import type { Connection, Transport } from '../../src/transport/port.ts';
import { webSocketTransport } from '../../src/transport/websocket/ws.ts';
import { encodeMessage, type Message } from '../../src/wire/messages.ts';
import { nodeIdOf, secp } from '../support/channelHarness.ts';
import { socketNetwork } from '../support/socketNetwork.ts';
import { startWorld, type World } from '../support/world.ts';

let world: World;
afterEach(() => world.stop());

/** A world in which one unit was paid, and the wires between its nodes. */
async function trading(): Promise<Connection[]> {
  const wires: Connection[] = [];
  const tapped = (transport: Transport): Transport => ({
    nodeId: transport.nodeId,
    connect: async (peer, address) => {
      const connection = await transport.connect(peer, address);
      wires.push(connection);
      return connection;
    },
    listen: (listener) => transport.listen(listener),
    close: () => transport.close(),
  });
  world = await startWorld(undefined, {
    wire: (role, transport) => (role === 'producer' ? tapped(transport) : transport),
    node: () => ({ entropy: (length) => crypto.getRandomValues(new Uint8Array(length)) }),
  });
  await world.open();
  const paid = world.channel('consumer').notice('unitSettled');
  await world.trade({ units: 1 });
  await paid;
  return wires;
}

const closed = (connection: Connection) => new Promise<string>((resolve) => connection.onClose(resolve));

async function stranger(): Promise<Connection> {
  return world.network.join(nodeIdOf('consumer')).connect(world.nodes.utility.id);
}

/** The others go on as if nothing were. */
async function expectTrade(): Promise<void> {
  const paid = world.channel('consumer').notice('unitSettled');
  await world.channel('consumer').buy(1);
  await paid;
  for (const role of ROLES)
    expect(world.nodes[role].channels()[0]?.state.type).toBe(role === 'utility' ? 'attesting' : 'open');
}

function flood(connection: Connection, message: (n: number) => Message): void {
  for (let n = 0; n < 2 * USELESS_MESSAGES; n++) connection.send(encodeMessage(message(n)));
}

describe('a peer that floods', () => {
  it('with channels that nobody knows: cut off by name, the others trade on', async () => {
    await trading();
    const connection = await stranger();
    const reason = closed(connection);
    flood(connection, () => ({ type: 'channel_ready', channelId: new Uint8Array(32).fill(3) }));
    expect(await reason).toBe('too many messages that came to nothing');
    await expectTrade();
  });

  it('with openings for others: cut off by name, nothing of them is stored', async () => {
    await trading();
    const connection = await stranger();
    const reason = closed(connection);
    const opening = world.nodes.utility.channels()[0];
    if (opening?.contract === undefined) throw new Error('no channel');
    const { contributions, params } = opening.contract;
    const key = nodeIdOf('consumer');
    const part = { inputs: [], change: null };
    const keys = { funding: key, revocation: key, payment: key, delayed: key };
    const consumer = {
      keys,
      firstPoint: key,
      secondPoint: key,
      part,
      payoutScript: new Uint8Array(22),
      nodeId: key,
      meter: key,
    };
    flood(connection, (n) => ({
      type: 'open_channel',
      temporaryId: new Uint8Array(32).fill(n & 0xff),
      params,
      contributions,
      feeRateSatPerKvB: 1000n,
      consumer,
      producerNodeId: key,
      utilityNodeId: key,
    }));
    expect(await reason).toBe('too many messages that came to nothing');
    expect(await checkedStore(world.stores.utility).channels()).toHaveLength(1);
    await expectTrade();
  });

  it('with openings that it gives up at once: no more than 64 of them are kept', async () => {
    await trading();
    const connection = await stranger();
    const key = nodeIdOf('consumer');
    const contract = world.channel('utility').contract;
    if (contract === undefined) throw new Error('no channel');
    const { contributions, params } = contract;
    const part = { inputs: [], change: null };
    const keys = { funding: key, revocation: key, payment: key, delayed: key };
    for (let n = 0; n < 200; n++) {
      const temporaryId = new Uint8Array(32).fill(n);
      const consumer = {
        keys,
        firstPoint: key,
        secondPoint: key,
        part,
        payoutScript: new Uint8Array(22),
        nodeId: key,
        meter: key,
      };
      const opening = { temporaryId, params, contributions, feeRateSatPerKvB: 1000n, consumer } as const;
      const named = { producerNodeId: key, utilityNodeId: world.nodes.utility.id };
      connection.send(encodeMessage({ type: 'open_channel', ...opening, ...named }));
      connection.send(encodeMessage({ type: 'error', channelId: temporaryId, data: utf8('no') }));
      if (n % 4 === 0) await world.synced();
    }
    await world.synced();
    expect((await checkedStore(world.stores.utility).channels()).length).toBeLessThanOrEqual(65);
    await expectTrade();
    await world.mine(1);
    await world.mine(1);
    expect(await checkedStore(world.stores.utility).channels()).toHaveLength(1);
  });

  it('of a channel, with state proofs that do not hold: cut off by name, and its channel goes on after', async () => {
    const wires = await trading();
    const channel = world.channel('producer');
    const { ledger, state } = channel;
    const toUtility = wires.find(({ peer }) => peer.every((byte, at) => byte === world.nodes.utility.id[at]));
    if (ledger === undefined || !('identity' in state) || toUtility === undefined)
      throw new Error('no channel');
    const reason = closed(toUtility);
    const { n, consumerMsat, producerMsat, utilityMsat, deliveries } = ledger;
    flood(toUtility, (i) => ({
      type: 'state_proof',
      channelId: state.identity.channelId,
      proof: {
        broadcaster: 'producer',
        ledger: { n: n + BigInt(i), consumerMsat, producerMsat, utilityMsat, deliveries },
        point: nodeIdOf('producer'),
        signature: new Uint8Array(64).fill(1),
      },
    }));
    expect(await reason).toBe('too many messages that came to nothing');
    await expectTrade();
  });
});

describe('over sockets, a peer that floods', () => {
  const SECRET = new Uint8Array(32).fill(5);

  it('with readings of a meter that is none, faster than they are looked at: cut off, the others trade on meanwhile', async () => {
    const sockets = socketNetwork();
    world = await startWorld(undefined, { sockets });
    await world.open();
    const paid = world.channel('consumer').notice('unitSettled');
    await world.trade({ units: 1 });
    await paid;
    const chainHash = await (await world.chain.connect()).genesisHash();
    const identity = { ecdh: (point: Uint8Array) => secp.ecdh(point, SECRET), chainHash };
    const transport = webSocketTransport()(secp.publicKey(SECRET), identity);
    try {
      const connection = await transport.connect(world.nodes.utility.id, sockets.address('utility'));
      const reason = closed(connection);
      const channelId = new Uint8Array(32).fill(9);
      const signed = { body: new Uint8Array(100), signature: new Uint8Array(64) };
      flood(connection, () => ({ type: 'meter_reading', channelId, signed }));
      const trade = expectTrade();
      expect(await reason).toBe('closed by the peer');
      await trade;
    } finally {
      await transport.close();
    }
  });
});
