import { DEMO_TERMS } from '../../../lab/terms.ts';
import { ROLES, type Role } from '../../../src/base/role.ts';
import type { RpcClient, RpcEvent } from '../../../src/client/index.ts';
import type { Stage } from './stage.ts';

/** The first event of a type that a node tells from the event `from` on, of which `wanted` holds. */
export async function told<T extends RpcEvent['type']>(
  client: RpcClient,
  type: T,
  {
    from = 1,
    wanted = () => true,
  }: { from?: number; wanted?: (event: Extract<RpcEvent, { type: T }>) => boolean } = {},
): Promise<Extract<RpcEvent, { type: T }>> {
  for await (const event of client.subscribe({ from }))
    if (event.type === type && wanted(event as never)) return event as never;
  throw new Error('the client was closed');
}

/** The number that the next event of a node has. */
export async function nextEvent(client: RpcClient): Promise<number> {
  return ((await client.call('getInfo', {})).newestEvent ?? 0) + 1;
}

/** Coins from the faucet; resolves when the party may spend them. */
async function fund({ clients, lab }: Stage, role: Role, sat: bigint): Promise<void> {
  const spendable = async () => BigInt((await clients[role].call('getBalance', {})).wallet.spendableSat);
  const before = await spendable();
  await lab('fund', { role, amountSat: `${sat}` });
  for await (const _ of clients[role].watchStatus()) if ((await spendable()) > before) return;
}

/** Opens a channel on the terms of the demo. Resolves with the consumer's key when one can buy in it. */
export async function openTradingChannel(stage: Stage): Promise<string> {
  const { consumer, producer, utility } = stage.clients;
  const { settledWithinBlocks, ...terms } = DEMO_TERMS;
  for (const role of ROLES) await fund(stage, role, 1_000_000n);
  const { height, parties } = stage.state();
  const from = {
    consumer: await nextEvent(consumer),
    producer: await nextEvent(producer),
    utility: await nextEvent(utility),
  };
  const {
    channel: { channel },
  } = await consumer.call('openChannel', {
    ...terms,
    producer: parties.producer.nodeId,
    utility: parties.utility.nodeId,
    settlementHeight: height + settledWithinBlocks,
  });
  await awaitFunding(consumer, channel);
  await stage.lab('mine', { blocks: 1 });
  await Promise.all([
    told(consumer, 'opened', { from: from.consumer }),
    told(producer, 'opened', { from: from.producer }),
    told(utility, 'opened', { from: from.utility }),
  ]);
  await told(consumer, 'offer', { from: from.consumer });
  return channel;
}

async function awaitFunding(client: RpcClient, channel: string): Promise<void> {
  for await (const _ of client.watchStatus()) {
    const { state } = (await client.call('getChannel', { channel })).channel;
    if (state === 'awaitingFunding' || state === 'open') return;
  }
}

/** Buys units; resolves when each of them was settled at the buyer. */
export async function buySettled(
  { clients: { consumer } }: Stage,
  channel: string,
  units: number,
): Promise<void> {
  const from = await nextEvent(consumer);
  let left = units;
  const settled = told(consumer, 'unitSettled', {
    from,
    wanted: (event) => event.channel === channel && --left === 0,
  });
  await consumer.call('buy', { channel, units });
  await settled;
}

/** Buys a unit that does not come: mined past its deadline, it is forfeited. */
export async function buyForfeited(stage: Stage, channel: string): Promise<void> {
  const { consumer, producer } = stage.clients;
  const [from, fromSeller] = await Promise.all([nextEvent(consumer), nextEvent(producer)]);
  await stage.lab('setDelivery', { delivering: false });
  await consumer.call('buy', { channel, units: 1 });
  await told(producer, 'unitOrdered', { from: fromSeller });
  const { deliveryWindow } = DEMO_TERMS.params;
  await stage.lab('mine', { blocks: deliveryWindow });
  await told(consumer, 'unitRefused', { from });
  await stage.lab('mine', { blocks: 2 });
  await told(consumer, 'unitForfeited', { from });
  await stage.lab('setDelivery', { delivering: true });
}
