import { channelNumber, chosenChannel } from '../channels.ts';
import { energy } from '../output/units.ts';
import { parsed } from '../parse/argument.ts';
import { parseEnergy } from '../parse/quantity.ts';
import type { Verb } from '../session.ts';

interface Options {
  readonly import: bigint;
  readonly export: bigint;
}

/** `meter`: reads this node's own meter, and tells the utility. */
export const meterVerb: Verb = (program, cli) => {
  const command = program
    .command('meter')
    .description("sign what this node's own meter shows now, and tell the utility")
    .argument('[channel]', 'default every channel in which this node trades')
    .requiredOption(
      '--import <energy>',
      'drawn from the grid since the meter was built',
      parsed('--import', parseEnergy),
    )
    .requiredOption(
      '--export <energy>',
      'given to the grid since the meter was built',
      parsed('--export', parseEnergy),
    );
  cli.action(command, async ({ output, daemon }, reference: string | undefined, options: Options) => {
    const node = await daemon();
    const channel =
      reference === undefined ? {} : { channel: (await chosenChannel(node, reference)).channel };
    const reading = await node.call('readMeter', {
      ...channel,
      importWh: String(options.import),
      exportWh: String(options.export),
    });
    output.result(reading, ({ sequence, importWh, exportWh, channels }) => [
      `reading ${sequence}: import ${energy(importWh)}, export ${energy(exportWh)}; told the utility of ${channels.length === 0 ? 'no channel' : `channel ${channels.map(channelNumber).join(', ')}`}`,
    ]);
  });
};
