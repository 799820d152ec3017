import { counted, thousands } from '../format.ts';
import type { Screen } from '../screen.ts';
import { part, tellContributions } from '../story.ts';
import { COINS_SAT, CONTRIBUTIONS_SAT, FUNDING_FEE_RATE } from '../terms.ts';
import type { Stage } from './stage.ts';
import { until } from './stage.ts';

const UNIT_WH = 10;
const MSAT_PER_WH = 410n;
/** Satoshi per 1,000 virtual bytes. */
export const CLOSE_FEE_RATE = 2_000n;
/** Blocks from the opening to the height at which a channel must be settled: about a month. */
const LIFE = 4_320;
/** The traders give each other two blocks of grace before they sign a loss (protocol section 8). */
const GRACE = 2;
const SECONDS = 3_600;

/** What a unit costs, millisatoshi. */
export const PAYMENT_MSAT = MSAT_PER_WH * BigInt(UNIT_WH);

/** Everything that the story plays with. */
export interface Tale {
  readonly stage: Stage;
  readonly screen: Screen;
  /** Units that are delivered. */
  readonly units: number;
}

/** The consumer’s own name of the channel; each daemon has one channel. */
const CHANNEL = '00000000';

export async function open({ stage, screen }: Tale): Promise<void> {
  part(screen, 'Opening');
  tellContributions(screen, COINS_SAT, CONTRIBUTIONS_SAT);
  const { consumer, producer, utility } = stage.parties;
  const ids = {
    producer: (await producer.call('getInfo', {})).nodeId,
    utility: (await utility.call('getInfo', {})).nodeId,
  };
  await consumer.call('connectPeer', { nodeId: ids.producer, address: producer.place.address });
  await consumer.call('connectPeer', { nodeId: ids.utility, address: utility.place.address });
  await producer.call('connectPeer', { nodeId: ids.utility, address: utility.place.address });
  await consumer.call('openChannel', {
    ...ids,
    consumerSat: `${CONTRIBUTIONS_SAT.consumer}`,
    producerSat: `${CONTRIBUTIONS_SAT.producer}`,
    utilitySat: `${CONTRIBUTIONS_SAT.utility}`,
    settlementHeight: (await stage.height()) + LIFE,
    feeRateSatPerKvB: `${FUNDING_FEE_RATE}`,
    params: {
      consumerToSelfDelay: 6,
      producerToSelfDelay: 6,
      deliveryWindow: 6,
      resolutionMargin: 7,
      contestWindow: 3,
    },
    requestId: 'the-opening',
  });
  await stage.sent();
  await stage.mine(1);
  await Promise.all(Object.values(stage.parties).map((party) => party.told('opened')));
  screen.say('The three daemons have agreed, and the opening is in a block.', { indent: 2 });
}

/** Units, one after the other; in the middle the producer’s daemon is killed while a unit is on its way. */
export async function trade(tale: Tale): Promise<void> {
  const { stage, screen, units } = tale;
  const { consumer, producer } = stage.parties;
  part(screen, 'Trading');
  await beginSale(tale);
  const fatal = Math.ceil(units / 2);
  for (let unit = 1; unit <= units; unit++) {
    await producer.told('unitOrdered', unit);
    if (unit === fatal) await killAndStart(tale, unit);
    await producer.call('readMeter', { importWh: '0', exportWh: `${UNIT_WH * unit}` });
    await Promise.all([consumer.told('unitSettled', unit), producer.told('unitSettled', unit)]);
    screen.draw(`  ${unit}/${units} units delivered and paid`);
  }
  screen.say(`${counted(units, 'unit')} of ${UNIT_WH} Wh delivered and paid, ${satText()} each.`, {
    indent: 2,
  });
}

async function beginSale({ stage, units }: Tale): Promise<void> {
  const { consumer, producer, utility } = stage.parties;
  const now = Math.floor(Date.now() / 1000);
  const wanted = units + 1;
  await producer.call('readMeter', { importWh: '0', exportWh: '0' });
  await utility.call('publishTariff', {
    channel: CHANNEL,
    slot: 1,
    from: now - 60,
    until: now + SECONDS,
    msatPerWh: `${MSAT_PER_WH}`,
    unitEnergyWh: UNIT_WH,
    units: wanted,
    requestId: 'the-price',
  });
  await Promise.all([consumer.told('tariff'), producer.told('tariff')]);
  await producer.call('offer', {
    channel: CHANNEL,
    units: wanted,
    unitEnergyWh: UNIT_WH,
    until: now + SECONDS,
  });
  await consumer.told('offer');
  await consumer.call('buy', { channel: CHANNEL, units: wanted, requestId: 'the-order' });
}

async function killAndStart({ stage, screen }: Tale, unit: number): Promise<void> {
  const { producer } = stage.parties;
  const { pid } = producer;
  await producer.kill();
  screen.say(
    `Unit ${unit} is ordered. kill -9 ${pid}: the producer’s daemon is gone, with all that it had in memory.`,
    {
      indent: 2,
      tone: 'warn',
    },
  );
  await producer.start();
  screen.say(`Started again as ${producer.pid}: it reads its disk, and is connected by both others.`, {
    indent: 2,
  });
  const { channel } = await producer.call('getChannel', { channel: CHANNEL });
  screen.say(
    `Its channel is ${channel.state}, in state ${channel.balances?.n}, with unit ${unit} in flight. The energy comes.`,
    {
      indent: 2,
    },
  );
}

/** One more unit, which does not come: the utility refuses it, and the traders sign its loss. */
export async function withhold({ stage, screen, units }: Tale): Promise<void> {
  const { consumer, producer, utility } = stage.parties;
  part(screen, 'A unit that does not come');
  await producer.told('unitOrdered', units + 1);
  const deadline = producer.heard('unitOrdered').at(-1)?.data.delivery.deadline ?? 0;
  screen.say(`Unit ${units + 1} is ordered, due before block ${deadline}. The meter stands still.`, {
    indent: 2,
  });
  await stage.mine(deadline - (await stage.height()));
  await Promise.all([
    utility.told('unitRefused'),
    consumer.told('unitRefused'),
    producer.told('unitRefused'),
  ]);
  screen.say(`Block ${deadline}: the utility signs that nothing was delivered.`, { indent: 2 });
  await stage.mine(GRACE);
  await Promise.all([consumer.told('unitForfeited'), producer.told('unitForfeited')]);
  screen.say('The producer’s daemon signs the loss of its stake, as the consumer’s proposes: off-chain.', {
    indent: 2,
  });
}

export async function close({ stage, screen }: Tale): Promise<void> {
  const { parties } = stage;
  part(screen, 'Close');
  await parties.consumer.call('closeChannel', { channel: CHANNEL, feeRateSatPerKvB: `${CLOSE_FEE_RATE}` });
  await stage.sent();
  await stage.mine(1);
  await Promise.all(Object.values(parties).map((party) => party.told('fundingSpent')));
  await until(
    async () =>
      (await parties.consumer.call('getChannel', { channel: CHANNEL })).channel.state === 'settling',
    'the channel is closed',
  );
  const [spent] = parties.utility.heard('fundingSpent');
  screen.say(`Closed together, in block ${spent?.data.height}.`, { indent: 2 });
}

/** What the channel says of itself: the terms that the accounts rest on. */
export async function termsOf({ stage }: Tale) {
  const { channel } = await stage.parties.consumer.call('getChannel', { channel: CHANNEL });
  return channel;
}

function satText(): string {
  return `${thousands(PAYMENT_MSAT / 1000n)}.${String(PAYMENT_MSAT % 1000n).padStart(3, '0')} sat`;
}
