import { chosenChannel } from '../channels.ts';
import { energy, price, relativeTime } from '../output/units.ts';
import type { Verb } from '../session.ts';
import { CHANNEL_ARGUMENT } from './options.ts';

/** `tariffs`: the utility's prices that hold or may be in use. */
export const tariffsVerb: Verb = (program, cli) => {
  const command = program
    .command('tariffs')
    .description("the utility's prices that hold or may be in use")
    .argument('[channel]', CHANNEL_ARGUMENT);
  cli.action(command, async ({ output, daemon }, reference: string | undefined) => {
    const node = await daemon();
    const { channel } = await chosenChannel(node, reference);
    output.result(await node.call('listTariffs', { channel }), ({ tariffs }) =>
      tariffs.length === 0
        ? ["no tariff yet: the utility publishes one with 'wattlane tariff'"]
        : output.table(
            [
              { title: 'SLOT', align: 'right' },
              { title: 'PRICE', align: 'right' },
              { title: 'UNIT', align: 'right' },
              { title: 'UNITS', align: 'right' },
              { title: 'NUMBERS' },
              { title: 'BEGINS', align: 'right', optional: true },
              { title: 'ENDS', align: 'right' },
            ],
            tariffs.map((each) => [
              String(each.slot),
              price(each.msatPerWh),
              energy(each.unitEnergyWh),
              String(each.units),
              `${each.firstUnit} to ${BigInt(each.firstUnit) + BigInt(each.units) - 1n}`,
              relativeTime(each.from, output.now),
              relativeTime(each.until, output.now),
            ]),
          ),
    );
  });
};
