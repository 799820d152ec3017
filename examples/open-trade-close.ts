/** A consumer buys five units of solar energy from a producer; a utility meters them. Run: npx tsx examples/open-trade-close.ts */
import { txid } from '../src/index.ts';
import { startParties } from './parties.ts';

const world = await startParties();
const { consumer, producer, utility } = world;
const before = consumer.wallet.balance().confirmed;

// The consumer proposes; the others' nodes decide by their policies. The three fund one output together.
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
console.log(`channel ${channel.channelId} is open`);

// The utility names a price for half an hour, the producer offers what its roof will give.
const [from, until] = [world.now(), world.now() + 1800];
let exportWh = 0n;
await sale.readMeter({ importWh: 0n, exportWh });
await grid.publishTariff({ slot: 0, from, until, msatPerWh: 400n, unitEnergyWh: 10, units: 5 });
await sale.offer({ units: 5, unitEnergyWh: 10, until });

// The producer delivers what is ordered. Its meter tells the utility, which vouches; then the unit is paid.
sale.onNotice(async (notice) => {
  if (notice.type !== 'unitOrdered') return;
  world.pass(60);
  exportWh += notice.delivery.energyWh;
  await sale.readMeter({ importWh: 0n, exportWh });
});
channel.onNotice((notice) => {
  if (notice.type === 'unitSettled')
    console.log(`unit ${notice.delivery.unit}: paid ${notice.delivery.paymentMsat} msat`);
});
const last = channel.notice('unitSettled', ({ delivery }) => delivery.unit === 4n);
await channel.buy(5);
await last;

// Nothing of that is on the chain. One more transaction pays everyone out.
const closing = channel.notice('broadcast');
await channel.close();
console.log(`closed by ${txid((await closing).tx)}`);
await world.mine();
console.log(`the consumer has spent ${before - consumer.wallet.balance().confirmed} sat, fees included`);
await world.stop();
