import type { NodeEvent } from '../../../node/journal.ts';
import type { RpcEvent } from '../../../rpc/shapes/event.ts';
import { type EventLog, oldestOf } from '../eventLog.ts';
import { failure } from '../failure.ts';
import type { Handlers, RpcHost } from '../host.ts';
import { eventOf } from '../map/event.ts';
import { channelOf } from './commands.ts';
import { USUAL_LIMIT } from './paging.ts';

/** Events that are looked at for one answer: a filter that takes few of them asks again. */
const MOST_READ = 10_000;
const PAGE = 1000;

export const EVENT_HANDLERS: Handlers<'listEvents'> = {
  listEvents: async ({ node, events: log }, { from, limit = USUAL_LIMIT, channel, types }) => {
    const key = channel === undefined ? undefined : channelOf(node, channel).key;
    const oldest = await oldestOf(log);
    const last = await log.last();
    checkPosition(from ?? oldest, oldest, last);
    const seen = idsOf(node);
    const events: RpcEvent[] = [];
    let next = from ?? oldest;
    for (let read = 0; read < MOST_READ && events.length < limit && next <= last; ) {
      const found = await log.events(next, Math.min(PAGE, limit));
      if (found.length === 0) break;
      for (const each of found) {
        if (events.length === limit) break;
        next = each.seq + 1;
        read++;
        if (key !== undefined && each.channel !== key) continue;
        const event = sentOf(each, seen);
        if (event !== undefined && (types === undefined || types.includes(event.type))) events.push(event);
      }
    }
    return { events, next, oldest, newest: last === 0 ? null : last };
  },
};

/** Whether the log can be read from there. */
export function checkPosition(from: number, oldest: number, last: number): void {
  if (from < oldest) throw failure('eventsPruned', { oldest });
  if (from > last + 1) throw failure('eventsInFuture', { next: last + 1 });
}

/** The first event of a new subscription. */
export async function startOf(log: EventLog, from: number | undefined): Promise<number> {
  const last = await log.last();
  if (from === undefined) return last + 1;
  checkPosition(from, await oldestOf(log), last);
  return from;
}

/** Channel ids by key. */
export function idsOf(node: Pick<RpcHost['node'], 'channels'>): ReadonlyMap<string, string | null> {
  return new Map(node.channels().map(({ key, channelId }) => [key, channelId ?? null]));
}

export function sentOf(
  { seq, channel, at, notice }: NodeEvent,
  ids: ReadonlyMap<string, string | null>,
): RpcEvent | undefined {
  return eventOf(notice, { sequence: seq, time: at, channel, channelId: ids.get(channel) ?? null });
}
