/** A consumer publishes an old state of its channel, and loses everything in it. Run: npx tsx examples/breach-and-justice.ts */
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
});
await channel.notice('broadcast');
const [sale, grid] = await Promise.all(asked);
await world.mine();
await Promise.all([channel.until('open'), sale.until('open'), grid.until('attesting')]);

// The cheat keeps a copy of its disk: in the state of this moment it has paid nothing yet.
const old = world.copyOfDisk(consumer);

const [from, until] = [world.now(), world.now() + 1800];
let exportWh = 0n;
await sale.readMeter({ importWh: 0n, exportWh });
await grid.publishTariff({ slot: 0, from, until, msatPerWh: 1_000_000n, unitEnergyWh: 10, units: 5 });
await sale.offer({ units: 5, unitEnergyWh: 10, until });
sale.onNotice(async (notice) => {
  if (notice.type !== 'unitOrdered') return;
  world.pass(60);
  exportWh += notice.delivery.energyWh;
  await sale.readMeter({ importWh: 0n, exportWh });
});
const last = sale.notice('unitSettled', ({ delivery }) => delivery.unit === 4n);
await channel.buy(5);
await last;
console.log(`five units are paid: the producer has ${sale.ledger?.producerMsat} msat`);

// With each new state the consumer gave the old one up, by a secret that the producer now has. Its node would never
// publish that state; one that is started from the old copy, and kept from talking to anybody, knows no better.
world.network.offline(consumer.id);
const cheat = await world.restart(consumer, old);
await cheat.channels()[0]?.forceClose();
console.log('the consumer publishes the first state, in which it had paid nothing');

// The producer's node needs nobody's help, and no command.
sale.onNotice((notice) => {
  if (notice.type === 'breach') console.log(`the producer sees state ${notice.n}, which was given up`);
  if (notice.type === 'claiming') console.log(`the producer claims ${notice.purpose}`);
});
await world.mine();
await world.mine();

const { monitor, knowledge } = sale;
const amounts = monitor && knowledge && finalAmounts(monitor, knowledge);
console.log(`the producer has ${amounts?.taken.producer} sat, the consumer ${amounts?.taken.consumer} sat`);
await world.stop();
