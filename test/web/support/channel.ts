import { type PerRole, ROLES, type Role } from '../../../src/base/role.ts';
import type { Stage } from './stage.ts';

/** Blocks on top of the funding: more than a channel waits for. */
const CONFIRMED = 6;
const LOOK_AGAIN_MS = 25;

/** The consumer's open channel, of which each party's own key is told; opened where there is none. */
export async function openChannel(stage: Stage): Promise<PerRole<string>> {
  const { consumer } = stage.clients;
  const open = async () => (await consumer.call('listChannels', { states: ['open'] })).channels.at(-1);
  if ((await open()) === undefined) await propose(stage);
  const found = await until(open);
  const keyOf = (role: Role) =>
    until(async () => {
      const { channels } = await stage.clients[role].call('listChannels', { states: ['open', 'attesting'] });
      return channels.find(({ channelId }) => channelId === found.channelId)?.channel;
    });
  const [consumerKey, producer, utility] = await Promise.all(ROLES.map(keyOf));
  return { consumer: consumerKey ?? '', producer: producer ?? '', utility: utility ?? '' };
}

async function propose({ clients, parties, regtest }: Stage): Promise<void> {
  const { consumer } = clients;
  const { channel } = await consumer.call('openChannel', {
    producer: parties.producer.nodeId,
    utility: parties.utility.nodeId,
    consumerSat: '200000',
    producerSat: '50000',
    utilitySat: '20000',
    settlementHeight: (await regtest.height()) + 400,
  });
  await until(async () => {
    const { channel: detail } = await consumer.call('getChannel', { channel: channel.channel });
    return detail.state === 'awaitingFunding' ? true : undefined;
  });
  await regtest.mine(CONFIRMED);
}

/** Asks until there is an answer. */
async function until<T>(ask: () => Promise<T | undefined>): Promise<T> {
  for (;;) {
    const answer = await ask();
    if (answer !== undefined) return answer;
    await new Promise((resolve) => setTimeout(resolve, LOOK_AGAIN_MS));
  }
}
