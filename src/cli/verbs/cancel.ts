import type { MethodResult } from '../../rpc/methods.ts';
import { chosenChannel } from '../channels.ts';
import { CliError } from '../exit.ts';
import { parsed } from '../parse/argument.ts';
import { parseCount } from '../parse/quantity.ts';
import type { Verb } from '../session.ts';
import { CHANNEL_ARGUMENT } from './options.ts';

/** `cancel`: gives a unit in flight up; both sides have to. */
export const cancelVerb: Verb = (program, cli) => {
  const command = program
    .command('cancel')
    .description(
      'give up a unit in flight: first the seller, then the buyer, and both get back what they put into it',
    )
    .argument(
      '<unit>',
      'its number',
      parsed('unit', (text) => parseCount(text, 0)),
    )
    .argument('[channel]', CHANNEL_ARGUMENT);
  cli.action(command, async ({ output, daemon }, unit: number, reference: string | undefined) => {
    const node = await daemon();
    const { channel, role } = await chosenChannel(node, reference);
    const { deliveries } = (await node.call('getChannel', { channel })).channel;
    const { deliveryId, seller } = inFlight(deliveries, unit);
    await node.call('cancelDelivery', { channel, deliveryId });
    output.result({ channel, unit: String(unit), deliveryId }, () => [
      role === seller
        ? `the buyer may cancel unit ${unit} now`
        : `unit ${unit} is cancelled with the next round`,
    ]);
  });
};

type Delivery = MethodResult<'getChannel'>['channel']['deliveries'][number];

function inFlight(deliveries: readonly Delivery[], unit: number): Delivery {
  const found = deliveries.find((each) => each.unit === String(unit));
  if (found !== undefined) return found;
  throw new CliError('notFound', 'unknownUnit', `unit ${unit} is not in flight`, [
    deliveries.length === 0 ? 'Nothing is.' : `In flight: ${deliveries.map((each) => each.unit).join(', ')}`,
  ]);
}
