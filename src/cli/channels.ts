import type { MethodResult } from '../rpc/methods.ts';
import type { Daemon } from './daemon.ts';
import { CliError, usageError } from './exit.ts';
import { shortId } from './output/units.ts';

export type ChannelSummary = MethodResult<'listChannels'>['channels'][number];

const MOST_ROWS = 1000;
const LEAST_DIGITS = 4;

/** All channels, oldest first. */
export async function allChannels(daemon: Daemon): Promise<readonly ChannelSummary[]> {
  const channels: ChannelSummary[] = [];
  let after: string | undefined;
  do {
    const answer = await daemon.call('listChannels', {
      limit: MOST_ROWS,
      ...(after === undefined ? {} : { after }),
    });
    channels.push(...answer.channels);
    after = answer.next ?? undefined;
  } while (after !== undefined);
  return channels;
}

/** The number of a channel as people say it: without the zeros in front. */
export function channelNumber(key: string): string {
  return key.replace(/^0+(?=\d)/, '');
}

/** Whether something can still happen in it. */
export function isLive({ state }: Pick<ChannelSummary, 'state'>): boolean {
  return state !== 'closed' && state !== 'aborted';
}

/**
 * The channel that `reference` names (its number, its id or the first digits of its id); without one the only live
 * channel. Anything else ends the command with a list of what there is.
 */
export async function chosenChannel(daemon: Daemon, reference: string | undefined): Promise<ChannelSummary> {
  const all = await allChannels(daemon);
  return reference === undefined ? onlyOf(all.filter(isLive), all) : namedOf(all, reference);
}

function onlyOf(live: readonly ChannelSummary[], all: readonly ChannelSummary[]): ChannelSummary {
  const [only, ...more] = live;
  if (only === undefined)
    throw new CliError('notFound', 'noChannel', 'there is no live channel', [
      ...(all.length > 0 ? ['Name one of the past:', ...listed(all)] : []),
      "A consumer opens one with 'wattlane open'.",
    ]);
  if (more.length > 0) throw usageError('there are several channels: name one', ...listed(live));
  return only;
}

function namedOf(all: readonly ChannelSummary[], reference: string): ChannelSummary {
  const text = reference.toLowerCase();
  const found =
    all.find(({ channel }) => channelNumber(channel) === channelNumber(text)) ??
    onlyOne(all.filter(({ channelId }) => text.length >= LEAST_DIGITS && channelId?.startsWith(text)));
  if (found !== undefined) return found;
  throw new CliError(
    'notFound',
    'unknownChannel',
    `there is no channel '${reference}'`,
    all.length > 0
      ? ['These are there:', ...listed(all)]
      : ["There is none at all. A consumer opens one with 'wattlane open'."],
  );
}

function onlyOne<T>(values: readonly T[]): T | undefined {
  return values.length === 1 ? values[0] : undefined;
}

function listed(channels: readonly ChannelSummary[]): readonly string[] {
  return channels.map(
    ({ channel, channelId, role, state }) =>
      `${channelNumber(channel)}  ${channelId === null ? 'not funded yet' : shortId(channelId)}  ${role}, ${state}`,
  );
}
