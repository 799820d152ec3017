import { chosenChannel } from '../channels.ts';
import type { Daemon } from '../daemon.ts';
import { usageError } from '../exit.ts';
import { energy, price, relativeTime } from '../output/units.ts';
import { parsed } from '../parse/argument.ts';
import { parseCount, parseDuration, parseEnergy, parsePrice } from '../parse/quantity.ts';
import type { Verb } from '../session.ts';
import { CHANNEL_ARGUMENT } from './options.ts';

interface Options {
  readonly unit?: bigint;
  readonly minPrice: bigint;
  readonly for: number;
}

/** `offer`: as a seller, the word that it sells. */
export const offerVerb: Verb = (program, cli) => {
  const command = program
    .command('offer')
    .description('as a seller: offer units; takes the place of an earlier offer')
    .argument('<units>', 'how many', parsed('units', parseCount))
    .argument('[channel]', CHANNEL_ARGUMENT)
    .requiredOption('--for <time>', 'how long it holds: 90s, 30m, 2h, 1d', parsed('--for', parseDuration))
    .option('--unit <energy>', "energy of a unit; default the tariff's", parsed('--unit', parseEnergy))
    .option(
      '--min-price <price>',
      'msat per Wh; below it nothing is sold',
      parsed('--min-price', parsePrice),
      0n,
    );
  cli.action(
    command,
    async ({ io, output, daemon }, units: number, reference: string | undefined, options: Options) => {
      const node = await daemon();
      const { channel } = await chosenChannel(node, reference);
      const offer = {
        channel,
        units,
        unitEnergyWh:
          options.unit === undefined ? await energyOfTariffs(node, channel) : Number(options.unit),
        minMsatPerWh: String(options.minPrice),
        until: io.now() + options.for,
      };
      const answer = await node.call('offer', offer);
      output.result({ ...answer, ...offer }, (made) => [
        `offer ${made.offerId}: ${units} units of ${energy(made.unitEnergyWh)}, at least ${price(made.minMsatPerWh)}, ends ${relativeTime(made.until, output.now)}`,
      ]);
    },
  );
};

/** The energy of a unit, where the tariffs leave no doubt. */
async function energyOfTariffs(daemon: Daemon, channel: string): Promise<number> {
  const { tariffs } = await daemon.call('listTariffs', { channel });
  const [only, ...more] = new Set(tariffs.map(({ unitEnergyWh }) => unitEnergyWh));
  if (only === undefined) throw usageError('there is no tariff yet: say the energy of a unit with --unit');
  if (more.length > 0)
    throw usageError(`tariffs have units of ${[only, ...more].join(', ')} Wh: choose one with --unit`);
  return only;
}
