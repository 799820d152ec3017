/** A producer takes an order, delivers nothing and falls silent: it loses its stake. Run: npx tsx examples/non-delivery.ts */
import { finalAmounts } from '../src/index.ts';
import { startParties } from './parties.ts';

const world = await startParties();
const { consumer, producer, utility } = world;

const asked = [producer.nextChannel(), utility.nextChannel()] as const;
const channel = await consumer.open({
  producer: producer.id,
  utility: utility.id,
  contributions: { consumer: 500_000n, producer: 100_000n, utility: 20_000n },
  settlementHeight: (await world.height()) + 1000,
  // what stands behind an order, and how many blocks the producer has for it
  params: { bondPolicy: { type: 'stake' }, deliveryWindow: 6 },
});
await channel.notice('broadcast');
const [sale, grid] = await Promise.all(asked);
await world.mine();
await Promise.all([channel.until('open'), sale.until('open'), grid.until('attesting')]);

const [from, until] = [world.now(), world.now() + 1800];
await sale.readMeter({ importWh: 0n, exportWh: 0n });
await grid.publishTariff({ slot: 0, from, until, msatPerWh: 400n, unitEnergyWh: 10, units: 1 });
await sale.offer({ units: 1, unitEnergyWh: 10, until });
const ordered = sale.notice('unitOrdered');
await channel.buy(1);
const { delivery } = await ordered;
console.log(
  `ordered: ${delivery.paymentMsat} msat, and ${delivery.bondMsat} msat of the producer's behind it`,
);

// The meter stands still, and the producer cannot be reached any more.
world.network.offline(producer.id);

// What follows needs nobody's help: at the deadline the utility says that nothing came; when no answer comes, the
// consumer publishes the newest state; payment and stake in it are the utility's from the expiry on.
channel.onNotice((notice) => {
  if (notice.type === 'unitRefused') console.log(`the utility: unit ${notice.unit} was not delivered`);
  if (notice.type === 'settling') console.log(`the consumer goes to the chain: ${notice.why.code}`);
});
grid.onNotice((notice) => {
  if (notice.type === 'claiming') console.log(`the utility claims ${notice.purpose}`);
});
while ((await world.height()) <= delivery.expiry) await world.mine();

const { monitor, knowledge } = grid;
const amounts = monitor && knowledge && finalAmounts(monitor, knowledge);
console.log(`the utility has ${amounts?.taken.utility} sat, the producer ${amounts?.taken.producer} sat`);
await world.stop();
