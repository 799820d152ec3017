import { Option } from 'commander';
import type { MethodResult } from '../../rpc/methods.ts';
import { EVENT_DATA, type EventType, type RpcEvent } from '../../rpc/shapes/event.ts';
import { channelNumber, chosenChannel } from '../channels.ts';
import type { Daemon } from '../daemon.ts';
import { nextEvent } from '../following.ts';
import { eventInWords } from '../output/events.ts';
import type { Output, Tone } from '../output/output.ts';
import { printable } from '../output/printable.ts';
import { utcTime } from '../output/units.ts';
import { parsed } from '../parse/argument.ts';
import { parseCount } from '../parse/quantity.ts';
import { interrupted } from '../prompt.ts';
import type { Session, Verb } from '../session.ts';

interface Options {
  readonly follow: boolean;
  readonly from?: number;
  readonly limit: number;
  readonly type?: readonly EventType[];
}

const BAD: ReadonlySet<EventType> = new Set<EventType>([
  'aborted',
  'halted',
  'breach',
  'unitForfeited',
  'unitRefused',
  'refused',
]);
const USUAL_LIMIT = 50;

/** `events`: what happened, and what happens. */
export const eventsVerb: Verb = (program, cli) => {
  const command = program
    .command('events')
    .description('what happened in the channels; with --json a line of JSON for each event')
    .argument('[channel]', 'default all')
    .option('--follow', 'go on with what happens, until Ctrl-C', false)
    .option(
      '--from <number>',
      'from this event on: one more than the last one seen; default the last ones',
      parsed('--from', parseCount),
    )
    .option(
      '--limit <count>',
      'without --follow: at most so many',
      parsed('--limit', parseCount),
      USUAL_LIMIT,
    )
    .addOption(new Option('--type <types...>', 'only these').choices(Object.keys(EVENT_DATA)));
  cli.action(command, async (session: Session, reference: string | undefined, options: Options) => {
    const node = await session.daemon();
    const channel = reference === undefined ? undefined : (await chosenChannel(node, reference)).channel;
    const wanted = (event: RpcEvent) =>
      (channel === undefined || event.channel === channel) && (options.type?.includes(event.type) ?? true);
    const show = (event: RpcEvent) => session.output.item(event, lineOf);
    if (options.follow) await follow(session, node, options, wanted, show);
    else await list(node, options, wanted, show);
  });
};

type Wanted = (event: RpcEvent) => boolean;
type Show = (event: RpcEvent) => void;

async function follow(
  { io }: Session,
  node: Daemon,
  { from }: Options,
  wanted: Wanted,
  show: Show,
): Promise<void> {
  const first = from ?? (await nextEvent(node));
  for await (const event of node.follow(first, io.interrupted)) if (wanted(event)) show(event);
  throw interrupted();
}

/** From a number on the first ones, else the last ones. */
async function list(node: Daemon, { from, limit }: Options, wanted: Wanted, show: Show): Promise<void> {
  let shown = 0;
  let next: number | undefined = from ?? Math.max(1, (await nextEvent(node)) - limit);
  while (next !== undefined && shown < limit) {
    const answer: MethodResult<'listEvents'> = await node.call('listEvents', {
      from: await keptFrom(node, next, from),
      limit: 1000,
    });
    for (const event of answer.events.filter(wanted).slice(0, limit - shown)) {
      show(event);
      shown++;
    }
    next = answer.newest === null || answer.next > answer.newest ? undefined : answer.next;
  }
}

/** Old events may be gone: who did not ask for a number gets what is there. */
async function keptFrom(node: Daemon, next: number, asked: number | undefined): Promise<number> {
  if (asked !== undefined) return next;
  const { oldest } = await node.call('listEvents', { limit: 1 });
  return Math.max(next, oldest);
}

function lineOf(event: RpcEvent, output: Output): readonly string[] {
  const tone: Tone = BAD.has(event.type) ? 'bad' : 'plain';
  const place = `${String(event.sequence).padStart(6)}  ${utcTime(event.time)}  ${channelNumber(event.channel).padStart(3)}  `;
  return [`${output.paint(place, 'dim')}${output.paint(printable(eventInWords(event)), tone)}`];
}
