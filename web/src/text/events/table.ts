import type { EventData, EventType } from '../../../../src/rpc/shapes/event.ts';
import type { Explanation } from '../explanation.ts';
import type { Voice } from '../voice.ts';

/** Explains the events of some types, as the party of a voice sees them. */
export type EventTable<T extends EventType> = {
  readonly [K in T]: (data: EventData<K>, voice: Voice) => Explanation;
};
