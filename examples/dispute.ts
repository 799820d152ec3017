/** A buyer falls silent and owes for a unit that came; the utility decides. Run: npx tsx examples/dispute.ts */
import { verifyEvidence } from '../src/index.ts';
import { startParties } from './parties.ts';

const world = await startParties();
const { consumer, producer, utility } = world;

const asked = [producer.nextChannel(), utility.nextChannel()] as const;
const channel = await consumer.open({
  producer: producer.id,
  utility: utility.id,
  contributions: { consumer: 500_000n, producer: 100_000n, utility: 20_000n },
  settlementHeight: (await world.height()) + 1000,
  // the utility may decide at any time; blocks in which the other side may show what it has
  params: { arbitration: { type: 'immediate' }, contestWindow: 3 },
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
await ordered;

// The buyer disappears. The unit is delivered all the same, and the utility says so.
world.network.offline(consumer.id);
world.pass(60);
const attested = sale.notice('unitAttested');
await sale.readMeter({ importWh: 0n, exportWh: 10n });
console.log(`the utility: unit ${(await attested).unit} was delivered`);

// The producer asks the utility for an end of the channel; the fee comes out of the reserve that the consumer set aside.
const decided = sale.notice('verdict');
const paid = sale.notice('broadcast', ({ purpose }) => purpose === 'penalty');
await sale.requestArbitration(500n);
for (let blocks = 0; blocks < 4; blocks++) await world.mine();
const { statement } = await decided;
for (const { unit, outcome } of statement.outcomes) console.log(`verdict: unit ${unit} ${outcome}`);
console.log(`one transaction pays everyone: ${(await paid).result.accepted}`);

// Whoever doubts it can judge again, from a file alone: no node, no chain, no word of anybody.
const report = verifyEvidence(await grid.exportEvidence());
if (report.ok) console.log(`the signed verdict is ${report.value.signed.answer}`);
await world.stop();
