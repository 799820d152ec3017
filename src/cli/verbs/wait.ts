import { Argument } from 'commander';
import type { Sat } from '../../base/amount.ts';
import type { MethodResult } from '../../rpc/methods.ts';
import { EVENT_DATA, type EventType } from '../../rpc/shapes/event.ts';
import { allChannels, type ChannelSummary, channelNumber, chosenChannel } from '../channels.ts';
import type { Daemon } from '../daemon.ts';
import { CliError } from '../exit.ts';
import { followUntil, gaveUp, patience, pause } from '../following.ts';
import { eventInWords } from '../output/events.ts';
import { facts } from '../output/table.ts';
import { parseSat } from '../parse/amount.ts';
import { parsed } from '../parse/argument.ts';
import { parseCount, parseDuration } from '../parse/quantity.ts';
import type { Session, Verb } from '../session.ts';

const GOALS = ['synced', 'coins', 'peers', 'channel', 'open'] as const;
type Goal = (typeof GOALS)[number];
const EVENTS = (Object.keys(EVENT_DATA) as EventType[]).filter((type) => !isGoal(type));

interface Options {
  readonly timeout?: number;
  readonly sat: Sat;
  readonly count: number;
  readonly times: number;
}

const MEANING = `
  synced     the node has followed the chain to its end
  coins      --sat satoshi can be spent
  peers      --count peers are connected
  channel    there is a live channel
  open       the channel is open: units can be traded
  EVENT      the channel has told this event, --times times, before or now: settling when its end is on the way
             to the chain, closed when nothing is left to do, unitOrdered, unitSettled, verdict, …
`;

/** `wait`: for scripts, until something holds. */
export const waitVerb: Verb = (program, cli) => {
  const command = program
    .command('wait')
    .description('for scripts: until something holds')
    .addArgument(new Argument('<goal>', 'a goal below, or a type of event').choices([...GOALS, ...EVENTS]))
    .argument('[channel]', 'for goals of a channel')
    .option('--sat <amount>', 'with coins: how much', parsed('--sat', parseSat), 1n as Sat)
    .option('--count <number>', 'with peers: how many', parsed('--count', parseCount), 1)
    .option('--times <number>', 'with an event: how often', parsed('--times', parseCount), 1)
    .option('--timeout <time>', 'at most so long: 90s, 30m', parsed('--timeout', parseDuration))
    .addHelpText('after', MEANING);
  cli.action(
    command,
    async (session: Session, goal: string, reference: string | undefined, options: Options) => {
      const reached = isGoal(goal)
        ? await untilReached(session, goal, reference, options)
        : await untilTold(session, goal as EventType, reference, options);
      session.output.result(reached, (value) => facts(pairsOf(value)));
    },
  );
};

function isGoal(text: string): text is Goal {
  return (GOALS as readonly string[]).includes(text);
}

async function untilReached(
  { io, daemon }: Session,
  goal: Goal,
  reference: string | undefined,
  options: Options,
): Promise<Reached> {
  const node = await daemon();
  const signal = patience(io, options.timeout);
  for (;;) {
    const reached = await REACHED[goal](node, options, reference);
    if (reached !== undefined) return { goal, ...reached };
    if (!(await pause(signal))) throw gaveUp(io, options.timeout, `'${goal}'`);
  }
}

/** Until the channel has told an event so many times, those that were told before included. */
async function untilTold(
  { io, output, daemon }: Session,
  type: EventType,
  reference: string | undefined,
  { times, timeout }: Options,
): Promise<Reached> {
  const node = await daemon();
  const { channel } = await channelOf(node, reference);
  const { oldest } = await node.call('listEvents', { limit: 1 });
  let [told, sequence] = [0, oldest];
  const done = await followUntil(node, oldest, patience(io, timeout), (event) => {
    if (event.channel !== channel || event.type !== type) return false;
    output.progress(eventInWords(event));
    sequence = event.sequence;
    return ++told === times;
  });
  if (!done) throw gaveUp(io, timeout, `event ${type}`);
  return { channel, event: type, times, sequence };
}

type Reached = Readonly<Record<string, string | number>>;
type Look = (node: Daemon, options: Options, reference: string | undefined) => Promise<Reached | undefined>;

const REACHED: { readonly [G in Goal]: Look } = {
  synced: async (node) => {
    const { height, chainHeight } = await node.call('getInfo', {});
    return height !== null && height === chainHeight ? { height } : undefined;
  },
  coins: async (node, { sat }) => {
    const { spendableSat } = (await node.call('getBalance', {})).wallet;
    return BigInt(spendableSat) >= sat ? { spendableSat } : undefined;
  },
  peers: async (node, { count }) => {
    const { peersConnected } = await node.call('getInfo', {});
    return peersConnected >= count ? { peersConnected } : undefined;
  },
  channel: async (node) => {
    const live = (await allChannels(node)).findLast(({ state }) => state !== 'closed' && state !== 'aborted');
    return live === undefined ? undefined : { channel: live.channel, state: live.state };
  },
  open: (node, _, reference) =>
    state(node, reference, ['open', 'attesting'], ['settling', 'closed', 'aborted']),
};

type State = MethodResult<'getChannel'>['channel']['state'];

/** Reached when the channel is in one of the states; fails when it never will be. */
async function state(
  node: Daemon,
  reference: string | undefined,
  wanted: readonly State[],
  over: readonly State[],
): Promise<Reached | undefined> {
  const { channel, state: now } = await channelOf(node, reference);
  if (wanted.includes(now)) return { channel, state: now };
  if (over.includes(now))
    throw new CliError('failed', 'channelEnded', `channel ${channelNumber(channel)} is ${now}`);
  return undefined;
}

/** Without a name the newest: the one that was waited for may be over by now. */
async function channelOf(node: Daemon, reference: string | undefined): Promise<ChannelSummary> {
  const newest = reference === undefined ? (await allChannels(node)).at(-1) : undefined;
  return newest ?? chosenChannel(node, reference);
}

function pairsOf(value: Reached): readonly [string, string][] {
  return Object.entries(value).map(([name, each]) => [name, String(each)]);
}
