import { effect } from '@preact/signals';
import { ROLES, type Role } from '../../../src/base/role.ts';
import { newRequestId } from '../ui/requestId.ts';
import type { Arbitration, Scene } from './scene.ts';

/** What the three put in, satoshi. */
export const CONSUMER_SAT = 40_000n;
export const PRODUCER_SAT = 20_000n;
export const UTILITY_SAT = 10_000n;

/** A unit of a tour is so large that one sees the money move, and the sun of a tour so fast that nobody waits. */
const WORLD = { unitEnergyWh: 1000, speed: 1800, hour: 9 };

const LIFE_BLOCKS = 1000;
/** Blocks in which a unit of a tour has to be delivered. */
export const DELIVERY_WINDOW = 6;
export const CONTEST_WINDOW = 3;

/** What a party should have free for a channel and the coins that it sets aside; else the faucet gives so much more. */
const FREE_SAT = 300_000n;

async function topUp(scene: Scene, role: Role): Promise<void> {
  const { wallet } = await scene.nodes[role].call('getBalance', {});
  if (BigInt(wallet.spendableSat) < FREE_SAT)
    await scene.lab.call('fund', { role, amountSat: String(FREE_SAT) });
}

/** What is left of a channel that a tour takes up: enough to buy with, and a stake to lose. */
const ENOUGH_MSAT = 15_000_000n;

/** Takes the newest open channel of this kind that has enough left, or proposes one. */
export async function openChannel(scene: Scene, arbitration: Arbitration): Promise<void> {
  const { consumer, producer, utility } = scene.nodes;
  for (const { channel, state, balances } of consumer.channels.value) {
    if (state !== 'open' || balances === null) continue;
    const least = [balances.consumerMsat, balances.producerMsat].map(BigInt);
    if (least.some((left) => left < ENOUGH_MSAT)) continue;
    const { params, deliveries } = (await consumer.call('getChannel', { channel })).channel;
    if (params?.arbitration === arbitration && params.bondPolicy === 'stake' && deliveries.length === 0)
      return scene.take(channel);
  }
  for (const role of ROLES) await topUp(scene, role);
  const [of, from] = [await producer.call('getInfo', {}), await utility.call('getInfo', {})];
  const { height } = await consumer.call('getInfo', {});
  const { channel } = await consumer.call('openChannel', {
    producer: of.nodeId,
    utility: from.nodeId,
    consumerSat: String(CONSUMER_SAT),
    producerSat: String(PRODUCER_SAT),
    utilitySat: String(UTILITY_SAT),
    settlementHeight: (height ?? 0) + LIFE_BLOCKS,
    params: {
      arbitration,
      consumerToSelfDelay: 6,
      producerToSelfDelay: 6,
      deliveryWindow: DELIVERY_WINDOW,
      resolutionMargin: 7,
      contestWindow: CONTEST_WINDOW,
    },
    requestId: newRequestId(),
  });
  consumer.refresh();
  scene.take(channel.channel);
}

/** One block after the other until the chain is so high. */
export async function mineTo(scene: Scene, height: number): Promise<void> {
  const missing = height - scene.height;
  if (missing > 0) await scene.lab.call('mine', { blocks: missing });
}

const MOST_BLOCKS = 6;
/** How long the nodes may take to see what a block brought, before another is mined. */
const PATIENCE_MS = 2_000;

/** Mines a block; more of them, one after the other, while what waits for a block has not got into one. */
export async function mineUntil(scene: Scene, done: (scene: Scene) => boolean): Promise<void> {
  for (let mined = 0; mined < MOST_BLOCKS; mined++) {
    await scene.lab.call('mine', { blocks: 1 });
    if (await within(PATIENCE_MS, () => done(scene))) return;
  }
}

/** Whether it comes true in this time. */
function within(ms: number, holds: () => boolean): Promise<boolean> {
  return new Promise((resolve) => {
    const answer = (held: boolean) => {
      clearTimeout(timer);
      queueMicrotask(() => stop());
      resolve(held);
    };
    const timer = setTimeout(() => answer(false), ms);
    const stop = effect(() => {
      if (holds()) answer(true);
    });
  });
}

/** The sun shines, the meter is honest, the utility names prices and the producer offers. */
export async function fairWeather(scene: Scene): Promise<void> {
  await scene.lab.call('setMeter', { behaviour: 'honest' });
  await scene.lab.call('setDelivery', { delivering: true });
  await scene.lab.call('setWorld', { ...WORLD, running: true, autoTariff: true, autoOffer: true });
}

/** Whether there is a price and an offer in the consumer's channel. */
export function canBuy(scene: Scene): boolean {
  const detail = scene.nodes.consumer.channel.value;
  if (detail === null || detail.channelId !== scene.channel('consumer')?.channelId) return false;
  return detail.offers.some(({ unitEnergyWh }) => unitEnergyWh === WORLD.unitEnergyWh);
}

export async function buy(scene: Scene, units: number): Promise<void> {
  await scene.nodes.consumer.call('buy', {
    channel: scene.key('consumer'),
    units,
    requestId: newRequestId(),
  });
}

/** The unit that is in flight: ordered, and not ended yet. */
export function inFlight(scene: Scene) {
  const ended = new Set(
    (['unitSettled', 'unitForfeited', 'unitCancelled'] as const).flatMap((type) =>
      scene.heard('consumer', type).map(({ data }) => data.delivery.unit),
    ),
  );
  return scene
    .heard('consumer', 'unitOrdered')
    .map(({ data }) => data.delivery)
    .findLast(({ unit }) => !ended.has(unit));
}

/** Sets back what a tour may have changed of the world, wherever it was left. */
export async function setBack(scene: Scene): Promise<void> {
  const { unitEnergyWh, speed } = scene.before;
  await scene.lab.call('setMeter', { behaviour: 'honest' });
  await scene.lab.call('setDelivery', { delivering: true });
  await scene.lab.call('setWorld', { running: true, autoTariff: true, autoOffer: true, unitEnergyWh, speed });
  const { stage } = await scene.lab.call('getStage', {});
  for (const role of ROLES) if (!stage.parties[role].running) await scene.lab.call('switchOn', { role });
}
