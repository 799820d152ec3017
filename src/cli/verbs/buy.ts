import { channelNumber, chosenChannel } from '../channels.ts';
import { CliError } from '../exit.ts';
import { followUntil, gaveUp, nextEvent, patience } from '../following.ts';
import { eventInWords } from '../output/events.ts';
import { counted, msats } from '../output/units.ts';
import { parsed } from '../parse/argument.ts';
import { parseCount, parseDuration } from '../parse/quantity.ts';
import type { Session, Verb } from '../session.ts';
import { CHANNEL_ARGUMENT, newRequestId } from './options.ts';

interface Options {
  readonly wait: boolean;
  readonly timeout?: number;
  readonly requestId?: string;
}

/** `buy`: orders units, as offers and tariffs allow. */
export const buyVerb: Verb = (program, cli) => {
  const command = program
    .command('buy')
    .description('buy so many units from now on, as offers and tariffs allow; 0 stops buying')
    .argument(
      '<units>',
      'how many',
      parsed('units', (text) => parseCount(text, 0)),
    )
    .argument('[channel]', CHANNEL_ARGUMENT)
    .option('--wait', 'until so many units have ended, each told as it does', false)
    .option('--timeout <time>', 'with --wait: at most so long', parsed('--timeout', parseDuration))
    .option('--request-id <id>', 'a name of your own: the same one again buys nothing twice');
  cli.action(
    command,
    async (session: Session, units: number, reference: string | undefined, options: Options) => {
      const { output, daemon } = session;
      const node = await daemon();
      const { channel } = await chosenChannel(node, reference);
      const from = await nextEvent(node);
      const answer = await node.call('buy', {
        channel,
        units,
        requestId: options.requestId ?? newRequestId(),
      });
      if (!options.wait) {
        output.result({ channel, ...answer }, ({ wantedUnits }) => [
          `buying in channel ${channelNumber(channel)}: ${counted(wantedUnits, 'unit')} still to be ordered`,
        ]);
        return;
      }
      output.result(await untilEnded(session, channel, units, from, options.timeout), (made) => [
        `${counted(made.settled, 'unit')} paid, ${msats(made.paidMsat)}; ${made.forfeited} forfeited, ${made.cancelled} cancelled`,
      ]);
    },
  );
};

interface Bought {
  readonly channel: string;
  readonly settled: number;
  readonly forfeited: number;
  readonly cancelled: number;
  readonly paidMsat: string;
}

async function untilEnded(
  { io, output, daemon }: Session,
  channel: string,
  units: number,
  from: number,
  timeout: number | undefined,
): Promise<Bought> {
  let [settled, forfeited, cancelled, paidMsat] = [0, 0, 0, 0n];
  const signal = patience(io, timeout);
  const done = await followUntil(await daemon(), from, signal, (event) => {
    if (event.channel !== channel) return false;
    if (event.type === 'settling' || event.type === 'closed' || event.type === 'halted')
      throw new CliError(
        'failed',
        'channelEnded',
        `channel ${channelNumber(channel)}: ${eventInWords(event)}`,
      );
    if (event.type === 'unitSettled') {
      settled++;
      paidMsat += BigInt(event.data.delivery.paymentMsat);
    } else if (event.type === 'unitForfeited') forfeited++;
    else if (event.type === 'unitCancelled') cancelled++;
    else if (event.type !== 'unitOrdered' && event.type !== 'refused') return false;
    output.progress(eventInWords(event));
    return settled + forfeited + cancelled >= units;
  });
  if (!done && units > 0) throw gaveUp(io, timeout, `the end of ${counted(units, 'unit')}`);
  return { channel, settled, forfeited, cancelled, paidMsat: String(paidMsat) };
}
