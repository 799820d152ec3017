import type { Role } from '../../../src/base/role.ts';
import type { EventData, EventType } from '../../../src/rpc/shapes/event.ts';
import { CHAIN_EVENTS } from './events/chain.ts';
import { DISPUTE_EVENTS } from './events/disputes.ts';
import { LIFE_EVENTS } from './events/life.ts';
import type { EventTable } from './events/table.ts';
import { UNIT_EVENTS } from './events/units.ts';
import type { Explanation } from './explanation.ts';
import { Voice } from './voice.ts';

/** What is explained: an event without its place. */
export type Explained = { [T in EventType]: { readonly type: T; readonly data: EventData<T> } }[EventType];

/** Every type of event; a new one in the program is a type error here. */
const EVENTS: EventTable<EventType> = { ...LIFE_EVENTS, ...UNIT_EVENTS, ...DISPUTE_EVENTS, ...CHAIN_EVENTS };

/**
 * What an event of a node means: what happened, why, and the section of the protocol. `role` is whose node told it; it is
 * called “you”, or with `names` by its name, where events of several parties stand together.
 */
export function explainEvent(
  { type, data }: Explained,
  role: Role,
  style: 'you' | 'names' = 'you',
): Explanation {
  const explain = EVENTS[type] as (data: unknown, voice: Voice) => Explanation;
  return explain(data, new Voice(role, style));
}
