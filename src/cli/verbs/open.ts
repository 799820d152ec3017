import type { Sat } from '../../base/amount.ts';
import { ok, type Result } from '../../base/result.ts';
import type { MethodParams, MethodResult } from '../../rpc/methods.ts';
import { wantedParams } from '../../rpc/shapes/channel.ts';
import { OPENING_STATES } from '../../rpc/states.ts';
import { type ChannelSummary, channelNumber } from '../channels.ts';
import type { Daemon } from '../daemon.ts';
import { CliError, usageError } from '../exit.ts';
import { gaveUp, patience, pause } from '../following.ts';
import type { Io } from '../io.ts';
import { reason } from '../output/events.ts';
import { sats, shortId } from '../output/units.ts';
import { parseSat } from '../parse/amount.ts';
import { parsed } from '../parse/argument.ts';
import { type NodeUri, parseNodeId, parseNodeUri } from '../parse/nodeUri.ts';
import { parseCount, parseDuration, parseFeeRate } from '../parse/quantity.ts';
import { confirm } from '../prompt.ts';
import type { Verb } from '../session.ts';
import { feeRateOption, newRequestId } from './options.ts';

type Party = NodeUri | { readonly nodeId: string; readonly address?: undefined };

interface Options {
  readonly consumer: Sat;
  readonly producer: Sat;
  readonly utility: Sat;
  readonly settleAt?: number;
  readonly settleIn?: number;
  readonly set: readonly string[];
  readonly feeRate?: bigint;
  readonly requestId?: string;
  readonly timeout: number;
  readonly yes: boolean;
}

const USUAL_BLOCKS = 1008;
const USUAL_SECONDS = 60;
const OPENING: readonly ChannelSummary['state'][] = OPENING_STATES;
const SETTINGS = Object.keys(wantedParams.shape);

/** `open`: as the consumer, proposes a channel. */
export const openVerb: Verb = (program, cli) => {
  const party = (role: string) => parsed(role, parseParty);
  const command = program
    .command('open')
    .description('as the consumer: propose a channel to a producer and a utility')
    .argument('<producer>', 'nodeId@host:port, or the id of a known peer', party('producer'))
    .argument('<utility>', 'the same of the utility', party('utility'))
    .requiredOption(
      '--consumer <amount>',
      'what this node puts in, to pay with',
      parsed('--consumer', parseSat),
    )
    .requiredOption(
      '--producer <amount>',
      'what the producer puts in: its bond',
      parsed('--producer', parseSat),
    )
    .option('--utility <amount>', 'what the utility puts in', parsed('--utility', parseSat), 0n as Sat)
    .option('--settle-at <height>', 'the block by which it is settled', parsed('--settle-at', parseCount))
    .option(
      '--settle-in <blocks>',
      `the same, from now; default ${USUAL_BLOCKS}, a week`,
      parsed('--settle-in', parseCount),
    )
    .option('--set <name=value...>', 'a parameter of the channel, see below', [])
    .addOption(feeRateOption().argParser(parsed('--fee-rate', parseFeeRate)))
    .option('--request-id <id>', 'a name of your own: the same one again opens nothing twice')
    .option(
      '--timeout <time>',
      'at most so long for the others to answer',
      parsed('--timeout', parseDuration),
      USUAL_SECONDS,
    )
    .option('--yes', 'without a question', false)
    .addHelpText('after', `\nParameters (docs/protocol.md, section 2): ${SETTINGS.join(', ')}`);
  cli.action(command, async ({ io, output, daemon }, producer: Party, utility: Party, options: Options) => {
    const params = settingsOf(options.set);
    const node = await daemon();
    const settlementHeight = options.settleAt ?? (await heightOf(node)) + (options.settleIn ?? USUAL_BLOCKS);
    await confirm(
      io,
      [
        `producer    ${producer.nodeId}, puts in ${sats(options.producer)}`,
        `utility     ${utility.nodeId}, puts in ${sats(options.utility)}`,
        `this node   puts in ${sats(options.consumer)}, and pays the opening`,
        `settled by  block ${settlementHeight}`,
      ],
      'Propose this channel?',
      options.yes,
    );
    for (const { nodeId, address } of [producer, utility])
      if (address !== undefined) await node.call('connectPeer', { nodeId, address });
    const answer = await node.call('openChannel', {
      producer: producer.nodeId,
      utility: utility.nodeId,
      consumerSat: String(options.consumer),
      producerSat: String(options.producer),
      utilitySat: String(options.utility),
      settlementHeight,
      ...(params === undefined ? {} : { params }),
      ...(options.feeRate === undefined ? {} : { feeRateSatPerKvB: String(options.feeRate) }),
      requestId: options.requestId ?? newRequestId(),
    });
    const opened = await untilFunded(io, node, answer.channel.channel, options.timeout);
    output.result(opened, ({ channel: { channel, channelId, state } }) => [
      `channel ${channelNumber(channel)}${channelId === null ? '' : ` (${shortId(channelId)})`} is funded: ${state}`,
      `'wattlane wait open ${channelNumber(channel)}' tells when it is open`,
    ]);
  });
};

/** Until the three have signed the funding transaction, or one of them has said no. */
async function untilFunded(
  io: Io,
  node: Daemon,
  channel: string,
  timeout: number,
): Promise<MethodResult<'getChannel'>> {
  const signal = patience(io, timeout);
  for (;;) {
    const answer = await node.call('getChannel', { channel });
    const { state, why } = answer.channel;
    if (state === 'aborted')
      throw new CliError(
        'failed',
        'aborted',
        `there is no channel: ${why === null ? 'it was given up' : reason(why)}`,
        ['What they bring, and which channels they take, is for the others to say: ask them.'],
      );
    if (!OPENING.includes(state)) return answer;
    if (!(await pause(signal))) throw gaveUp(io, timeout, `the answer to channel ${channelNumber(channel)}`);
  }
}

function parseParty(text: string): Result<Party, string> {
  if (text.includes('@')) return parseNodeUri(text);
  const nodeId = parseNodeId(text);
  return nodeId.ok ? ok({ nodeId: nodeId.value }) : nodeId;
}

async function heightOf(node: Daemon): Promise<number> {
  const { height } = await node.call('getInfo', {});
  if (height !== null) return height;
  throw new CliError('failed', 'notSynced', 'the node has not seen the chain yet', [
    "Try again after 'wattlane wait synced'.",
  ]);
}

type Settings = NonNullable<MethodParams<'openChannel'>['params']>;

/** `maxInFlight=10` and so on, as the schema of the daemon has them. */
function settingsOf(texts: readonly string[]): Settings | undefined {
  if (texts.length === 0) return undefined;
  const values = Object.fromEntries(texts.map(settingOf));
  const checked = wantedParams.safeParse(values);
  if (checked.success) return checked.data;
  const problems = checked.error.issues.map(({ path, message }) => `${path.join('.')}: ${message}`);
  throw usageError('--set does not fit', ...problems, `There are ${SETTINGS.join(', ')}.`);
}

function settingOf(text: string): readonly [string, string | number] {
  const [name = '', value, ...more] = text.split('=');
  if (value === undefined || value === '' || more.length > 0)
    throw usageError(`--set '${text}' is not name=value`);
  if (!SETTINGS.includes(name))
    throw usageError(`--set '${text}': there is no such parameter`, `There are ${SETTINGS.join(', ')}.`);
  // amounts are decimal strings, everything else with digits is a number
  return [name, /^\d{1,15}$/.test(value) && !/(Sat|Msat)$/.test(name) ? Number(value) : value];
}
