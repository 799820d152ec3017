import { useState } from 'preact/hooks';
import { RpcError, type RpcEvent } from '../../../../src/client/index.ts';
import type { EventType } from '../../../../src/rpc/shapes/event.ts';
import type { NodeModel } from '../../nodes/node.ts';
import { explainEvent } from '../../text/events.ts';
import { timeText } from '../../text/times.ts';
import { Card } from '../../ui/Card.tsx';
import { Failure } from '../../ui/Notice.tsx';
import { SectionLink } from '../../ui/SectionLink.tsx';
import { Term } from '../../ui/Term.tsx';
import { useRefreshed } from './useRefreshed.ts';

/** What somebody loses or lost coins by. */
const TYPES: readonly EventType[] = ['unitRefused', 'unitForfeited', 'breach', 'verdict', 'closeRequested'];
const MOST_SHOWN = 20;
const PAGE = 1000;

/** Refused and forfeited units, breaches and verdicts, newest first. */
export function PenaltiesCard({ node }: { readonly node: NodeModel }) {
  const [penaltiesOf] = useState(() => new Penalties(node));
  const { answer, problem } = useRefreshed(() => penaltiesOf.read(), node.channelVersion);
  const penalties = answer ?? [];
  return (
    <Card title="Penalties" aside={<SectionLink section="non-delivery-three-routes" />}>
      <p>
        What is not delivered is <Term name="forfeit">forfeited</Term>: the utility supplies instead. Who
        publishes an old state commits a <Term name="breach" />.
      </p>
      {penalties.length === 0 && problem === null && <p class="hint">Nobody has been punished so far.</p>}
      <ol class="desk-list">
        {penalties.slice(0, MOST_SHOWN).map((event) => {
          const { what, why } = explainEvent(event, 'utility', 'names');
          return (
            <li key={event.sequence} data-event={event.type}>
              <p>{what}</p>
              <p class="hint">
                {why} Channel {event.channel}, {timeText(event.time)} UTC.
              </p>
            </li>
          );
        })}
      </ol>
      {penalties.length > MOST_SHOWN && <p class="hint">… and {penalties.length - MOST_SHOWN} earlier.</p>}
      <Failure problem={problem} />
    </Card>
  );
}

/** Reads on from the last one that was read, so that a long history is read once. */
class Penalties {
  readonly #node: NodeModel;
  #events: readonly RpcEvent[] = [];
  #from = 1;

  constructor(node: NodeModel) {
    this.#node = node;
  }

  /** All of them, newest first. */
  async read(): Promise<readonly RpcEvent[]> {
    for (;;) {
      const { events, next, newest } = await this.#ask();
      this.#from = next;
      if (events.length > 0) this.#events = [...events.toReversed(), ...this.#events];
      if (newest === null || next > newest) return this.#events;
    }
  }

  async #ask() {
    try {
      return await this.#node.call('listEvents', { from: this.#from, types: [...TYPES], limit: PAGE });
    } catch (error) {
      if (!(error instanceof RpcError) || !['eventsPruned', 'eventsInFuture'].includes(error.error))
        throw error;
      // old events were let go, or the store is another one
      if (error.error === 'eventsInFuture') this.#events = [];
      return this.#node.call('listEvents', { types: [...TYPES], limit: PAGE });
    }
  }
}
