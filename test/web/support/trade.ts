import { ROLES } from '../../../src/base/role.ts';
import type { RpcClient } from '../../../src/client/client.ts';
import type { MethodResult } from '../../../src/rpc/methods.ts';
import type { Stage } from './stage.ts';

/** A channel in full. */
export type ChannelDetail = MethodResult<'getChannel'>['channel'];

/** What the three put into a channel of a test, satoshi. */
export const PUT_IN = { consumer: 200_000n, producer: 100_000n, utility: 20_000n };
/** What does not happen by then does not happen. */
const LONGEST_MS = 30_000;
/** Blocks in which a unit has to be delivered, and in which a dispute may be contested. */
export const DELIVERY_WINDOW = 6;
export const CONTEST_WINDOW = 3;

/** With so much in its wallet a party can put its part in, and set coins aside for the channel, satoshi. */
const ENOUGH = 500_000n;

/** Gives each party that has little coins from the faucet. Resolves when its wallet has them. */
async function topUp({ clients, lab }: Stage): Promise<void> {
  for (const role of ROLES) {
    const { [role]: client } = clients;
    const isRich = async () => {
      const { wallet } = await client.call('getBalance', {});
      return BigInt(wallet.spendableSat) >= ENOUGH;
    };
    if (await isRich()) continue;
    await lab('fund', { role, amountSat: `${2n * ENOUGH}` });
    for await (const _ of client.watchStatus({ signal: AbortSignal.timeout(LONGEST_MS) }))
      if (await isRich()) break;
  }
}

/** Proposes a channel whose deadlines are near. Resolves with the consumer's key. */
export async function propose(stage: Stage): Promise<string> {
  await topUp(stage);
  const { clients } = stage;
  const { consumer, producer, utility } = clients;
  const [{ height }, of, from] = (await Promise.all(
    [consumer, producer, utility].map((client) => client.call('getInfo', {})),
  )) as [Info, Info, Info];
  const { channel } = await consumer.call('openChannel', {
    producer: of.nodeId,
    utility: from.nodeId,
    consumerSat: `${PUT_IN.consumer}`,
    producerSat: `${PUT_IN.producer}`,
    utilitySat: `${PUT_IN.utility}`,
    settlementHeight: (height ?? 0) + 500,
    params: {
      arbitration: 'immediate',
      consumerToSelfDelay: 6,
      producerToSelfDelay: 6,
      deliveryWindow: DELIVERY_WINDOW,
      resolutionMargin: 7,
      contestWindow: CONTEST_WINDOW,
      gridFeePpm: 50_000,
      bondPpm: 1_000_000_000,
      maxInFlight: 4,
    },
  });
  return channel.channel;
}

type Info = Awaited<ReturnType<typeof infoOf>>;
const infoOf = (client: RpcClient) => client.call('getInfo', {});

/** Resolves with the channel when it is as wanted: looked at whenever its node says that something changed. */
export async function channelWhen(
  client: RpcClient,
  channel: string,
  isSo: (channel: ChannelDetail) => boolean,
): Promise<ChannelDetail> {
  const look = async () => (await client.call('getChannel', { channel })).channel;
  for await (const _ of client.watchStatus({ signal: AbortSignal.timeout(LONGEST_MS) })) {
    const found = await look();
    if (isSo(found)) return found;
  }
  throw new Error(`the channel is not as wanted: ${JSON.stringify(await look())}`);
}
