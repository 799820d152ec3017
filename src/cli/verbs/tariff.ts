import { chosenChannel } from '../channels.ts';
import type { Daemon } from '../daemon.ts';
import { energy, price, relativeTime } from '../output/units.ts';
import { parsed } from '../parse/argument.ts';
import { parseCount, parseDuration, parseEnergy, parsePrice, parseTime } from '../parse/quantity.ts';
import type { Verb } from '../session.ts';
import { CHANNEL_ARGUMENT, newRequestId } from './options.ts';

interface Options {
  readonly units: number;
  readonly unit: bigint;
  readonly for: number;
  readonly from?: number;
  readonly slot?: number;
}

/** `tariff`: as the utility, the price of a slot. */
export const tariffVerb: Verb = (program, cli) => {
  const command = program
    .command('tariff')
    .description('as the utility: publish the price of a slot')
    .argument('<price>', 'msat per Wh, or 400msat/Wh, 0.4sat/Wh, 400sat/kWh', parsed('price', parsePrice))
    .argument('[channel]', CHANNEL_ARGUMENT)
    .requiredOption('--units <count>', 'how many units', parsed('--units', parseCount))
    .requiredOption('--unit <energy>', 'energy of a unit: 10Wh, 0.5kWh', parsed('--unit', parseEnergy))
    .requiredOption('--for <time>', 'how long it holds: 90s, 30m, 2h, 1d', parsed('--for', parseDuration))
    .option('--from <time>', 'when it begins, UTC; default now', parsed('--from', parseTime))
    .option(
      '--slot <number>',
      'default the one after the last',
      parsed('--slot', (text) => parseCount(text, 0)),
    );
  cli.action(
    command,
    async ({ io, output, daemon }, msatPerWh: bigint, reference: string | undefined, options: Options) => {
      const node = await daemon();
      const { channel } = await chosenChannel(node, reference);
      const from = options.from ?? io.now();
      const answer = await node.call('publishTariff', {
        channel,
        slot: options.slot ?? (await nextSlot(node, channel)),
        from,
        until: from + options.for,
        msatPerWh: String(msatPerWh),
        unitEnergyWh: Number(options.unit),
        units: options.units,
        requestId: newRequestId(),
      });
      output.result(answer, ({ tariff }) => [
        `slot ${tariff.slot}: ${price(tariff.msatPerWh)}, ${tariff.units} units of ${energy(tariff.unitEnergyWh)} from number ${tariff.firstUnit} on, ends ${relativeTime(tariff.until, output.now)}`,
      ]);
    },
  );
};

async function nextSlot(daemon: Daemon, channel: string): Promise<number> {
  const { tariffs } = await daemon.call('listTariffs', { channel });
  return Math.max(-1, ...tariffs.map(({ slot }) => slot)) + 1;
}
